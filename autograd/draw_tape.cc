#include "autograd/draw_tape.h"

#include <algorithm>
#include <cstdio>
#include <unordered_map>
#include <vector>

#include "autograd/node.h"
#include "autograd/print_tape.h"

namespace gradus {
namespace {

// What is drawn, without the tape.
struct Box {
  std::string title, text, line;  // "matmul", "f32[10,1] "h"", "train.cc:42"
  bool is_operation = false, is_parameter = false;
  bool cut = false;  // has inputs that are not drawn
  std::vector<std::size_t> inputs;
};

struct Drawing {
  std::vector<Box> boxes;    // inputs before results
  std::size_t left_out = 0;  // older results
};

Drawing drawing_of(const char* name, const Variable& y, std::int64_t limit) {
  check_defined(name, "y", y.value());
  std::vector<Node*> tape = tape_of(y);
  const std::size_t kept =
      std::min(tape.size(), static_cast<std::size_t>(std::max<std::int64_t>(limit, 1)));
  Drawing drawing;
  drawing.left_out = tape.size() - kept;
  tape.erase(tape.begin(), tape.end() - static_cast<std::ptrdiff_t>(kept));
  std::unordered_map<const Node*, std::size_t> index;
  for (Node* node : tape) {
    Box box;
    box.title = op_text(*node);
    box.text = kind_and_name(*node);
    box.is_operation = node->op() != nullptr;
    box.is_parameter = !box.is_operation && node->requires_grad();
    if (box.is_operation) box.line = to_string(node->where());
    for (const Edge& edge : node->inputs()) {
      const auto found = index.find(edge.node());
      if (found == index.end()) {
        box.cut = true;
      } else {
        box.inputs.push_back(found->second);
      }
    }
    index.emplace(node, drawing.boxes.size());
    drawing.boxes.push_back(std::move(box));
  }
  return drawing;
}

std::string left_out_text(const Drawing& drawing) {
  return std::to_string(drawing.left_out) + " older results are not drawn";
}

std::string escaped_for_dot(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string escaped_for_xml(const std::string& text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

const char* color_of(const Box& box) {
  if (box.is_operation) return "#ffffff";
  return box.is_parameter ? "#dbe9f9" : "#eeeeee";
}

// Places of the boxes: one row after the other, each result below all of its inputs.
struct Layout {
  static constexpr double kHeight = 46, kRowGap = 34, kColumnGap = 18, kMargin = 16;
  std::vector<double> x, width;  // x: of the middle
  std::vector<std::size_t> row;
  double total_width = 0, total_height = 0;

  explicit Layout(const std::vector<Box>& boxes) {
    const std::size_t n = boxes.size();
    row.assign(n, 0);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t input : boxes[i].inputs) row[i] = std::max(row[i], row[input] + 1);
    }
    // What is nobody's result moves down to the row above its first use.
    std::vector<std::size_t> first_use(n, SIZE_MAX);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t input : boxes[i].inputs) {
        first_use[input] = std::min(first_use[input], row[i]);
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      if (boxes[i].inputs.empty() && first_use[i] != SIZE_MAX) row[i] = first_use[i] - 1;
    }

    for (const Box& box : boxes) {
      const std::size_t longest = std::max({box.title.size(), box.text.size(), box.line.size()});
      width.push_back(std::max(70.0, 6.6 * static_cast<double>(longest) + 16));
    }
    std::vector<std::vector<std::size_t>> rows;
    for (std::size_t i = 0; i < n; ++i) {
      if (rows.size() <= row[i]) rows.resize(row[i] + 1);
      rows[row[i]].push_back(i);
    }
    order(boxes, rows);
    place(rows);
  }

  double top(std::size_t i) const {
    return kMargin + static_cast<double>(row[i]) * (kHeight + kRowGap);
  }

 private:
  // Each box goes to the mean place of its neighbours in the row before: a few sweeps down and up
  // leave few crossings.
  void order(const std::vector<Box>& boxes, std::vector<std::vector<std::size_t>>& rows) {
    std::vector<std::vector<std::size_t>> results(boxes.size());
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      for (std::size_t input : boxes[i].inputs) results[input].push_back(i);
    }
    std::vector<double> place(boxes.size());
    const auto number = [&](const std::vector<std::size_t>& members) {
      for (std::size_t k = 0; k < members.size(); ++k) {
        place[members[k]] = static_cast<double>(k) - static_cast<double>(members.size() - 1) / 2;
      }
    };
    for (const auto& members : rows) number(members);
    // Inputs of one result stand in their order, so that their arrows do not cross.
    const auto tip_of = [&](std::size_t input, std::size_t result) {
      const std::vector<std::size_t>& inputs = boxes[result].inputs;
      const auto found = std::find(inputs.begin(), inputs.end(), input);
      if (found == inputs.end()) return 0.0;
      return 0.1 * (static_cast<double>(found - inputs.begin() + 1) /
                        static_cast<double>(inputs.size() + 1) -
                    0.5);
    };
    const auto sort_by = [&](std::vector<std::size_t>& members, auto&& neighbours) {
      std::vector<std::pair<double, std::size_t>> keyed;
      for (std::size_t i : members) {
        double sum = 0;
        for (std::size_t other : neighbours(i)) sum += place[other] + tip_of(i, other);
        const auto count = static_cast<double>(neighbours(i).size());
        keyed.emplace_back(count == 0 ? place[i] : sum / count, i);
      }
      std::stable_sort(keyed.begin(), keyed.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
      for (std::size_t k = 0; k < members.size(); ++k) members[k] = keyed[k].second;
      number(members);
    };
    const auto above = [&](std::size_t i) -> const auto& { return boxes[i].inputs; };
    const auto below = [&](std::size_t i) -> const auto& { return results[i]; };
    for (int sweep = 0; sweep < 4; ++sweep) {
      for (auto& members : rows) sort_by(members, above);
      for (auto members = rows.rbegin(); members != rows.rend(); ++members) {
        sort_by(*members, below);
      }
    }
  }

  void place(const std::vector<std::vector<std::size_t>>& rows) {
    std::vector<double> row_width;
    for (const auto& members : rows) {
      double sum = kColumnGap * static_cast<double>(members.size() - 1);
      for (std::size_t i : members) sum += width[i];
      row_width.push_back(sum);
      total_width = std::max(total_width, sum + 2 * kMargin);
    }
    x.assign(width.size(), 0);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      double left = (total_width - row_width[r]) / 2;
      for (std::size_t i : rows[r]) {
        x[i] = left + width[i] / 2;
        left += width[i] + kColumnGap;
      }
    }
    total_height = 2 * kMargin + static_cast<double>(rows.size()) * (kHeight + kRowGap) - kRowGap;
  }
};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

}  // namespace

std::string to_dot(const Variable& y, std::int64_t limit) {
  const Drawing drawing = drawing_of("to_dot", y, limit);
  std::string text =
      "digraph tape {\n  node [shape=box, style=\"filled,rounded\", fontname=\"monospace\", "
      "fontsize=10];\n";
  if (drawing.left_out > 0) text += "  label=\"" + left_out_text(drawing) + "\";\n";
  for (std::size_t i = 0; i < drawing.boxes.size(); ++i) {
    const Box& box = drawing.boxes[i];
    const std::string name = "n" + std::to_string(i + 1);
    text += "  " + name + " [fillcolor=\"" + color_of(box) + "\", label=\"" +
            escaped_for_dot(box.title) + "\\n" + escaped_for_dot(box.text) +
            (box.line.empty() ? "" : "\\n" + escaped_for_dot(box.line)) + "\"];\n";
    if (box.cut) {
      text += "  cut" + std::to_string(i + 1) + " [shape=point];\n  cut" + std::to_string(i + 1) +
              " -> " + name + " [style=dashed];\n";
    }
    for (std::size_t input : box.inputs) {
      text += "  n" + std::to_string(input + 1) + " -> " + name + ";\n";
    }
  }
  return text + "}\n";
}

std::string to_svg(const Variable& y, std::int64_t limit) {
  const Drawing drawing = drawing_of("to_svg", y, limit);
  const Layout layout(drawing.boxes);
  const double note = drawing.left_out > 0 ? 20 : 0;
  const std::string w = number(std::max(layout.total_width, note > 0 ? 260.0 : 0.0)),
                    h = number(layout.total_height + note);
  std::string text = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + w + "\" height=\"" + h +
                     "\" viewBox=\"0 0 " + w + " " + h +
                     "\" font-family=\"monospace\" font-size=\"10.5\">\n"
                     "<defs><marker id=\"tip\" markerWidth=\"8\" markerHeight=\"8\" refX=\"7\" "
                     "refY=\"4\" orient=\"auto\"><path d=\"M0,1 L7,4 L0,7 z\" "
                     "fill=\"#555555\"/></marker></defs>\n"
                     "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
  const std::string stroke = "\" fill=\"none\" stroke=\"#555555\" marker-end=\"url(#tip)\"";
  for (std::size_t i = 0; i < drawing.boxes.size(); ++i) {
    const Box& box = drawing.boxes[i];
    for (std::size_t k = 0; k < box.inputs.size(); ++k) {
      const std::size_t from = box.inputs[k];
      // Arrows end side by side, in the order of the inputs.
      const double part =
          (static_cast<double>(k) + 1) / (static_cast<double>(box.inputs.size()) + 1);
      const double x0 = layout.x[from], y0 = layout.top(from) + Layout::kHeight;
      const double x1 = layout.x[i] + (part - 0.5) * layout.width[i] * 0.6, y1 = layout.top(i) - 1;
      const double middle = (y0 + y1) / 2;
      text += "<path d=\"M" + number(x0) + "," + number(y0) + " C" + number(x0) + "," +
              number(middle) + " " + number(x1) + "," + number(middle) + " " + number(x1) + "," +
              number(y1) + stroke + "/>\n";
    }
    if (box.cut) {
      text += "<path d=\"M" + number(layout.x[i]) + "," + number(layout.top(i) - 14) + " L" +
              number(layout.x[i]) + "," + number(layout.top(i) - 1) + stroke +
              " stroke-dasharray=\"2,2\"/>\n";
    }
  }
  for (std::size_t i = 0; i < drawing.boxes.size(); ++i) {
    const Box& box = drawing.boxes[i];
    const double left = layout.x[i] - layout.width[i] / 2, top = layout.top(i);
    text += "<rect x=\"" + number(left) + "\" y=\"" + number(top) + "\" width=\"" +
            number(layout.width[i]) + "\" height=\"" + number(Layout::kHeight) +
            "\" rx=\"5\" stroke=\"#555555\" fill=\"" + color_of(box) + "\"/>\n";
    const auto write = [&](const std::string& line, double below, const char* style) {
      text += "<text x=\"" + number(layout.x[i]) + "\" y=\"" + number(top + below) +
              "\" text-anchor=\"middle\"" + style + ">" + escaped_for_xml(line) + "</text>\n";
    };
    write(box.title, box.line.empty() ? 20 : 14, " font-weight=\"bold\"");
    write(box.text, box.line.empty() ? 35 : 27, "");
    if (!box.line.empty()) write(box.line, 40, " fill=\"#777777\"");
  }
  if (drawing.left_out > 0) {
    text += "<text x=\"16\" y=\"" + number(layout.total_height + 8) + "\" fill=\"#777777\">" +
            left_out_text(drawing) + "</text>\n";
  }
  return text + "</svg>\n";
}

}  // namespace gradus
