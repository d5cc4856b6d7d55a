// Reads the equation and checks it against the operands; contract() computes.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "tensor/contract.h"
#include "tensor/products.h"

namespace gradus {
namespace {

constexpr char kEllipsis = '.';

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

[[noreturn]] void refuse_equation(std::string_view equation, const std::string& what) {
  throw ConfigError("[einsum] equation: " + quoted(equation) + " " + what);
}

// Letters, with '.' for "...".
struct Equation {
  std::vector<std::string> terms{""};
  std::optional<std::string> output;
};

Equation parse(std::string_view text) {
  Equation found;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto at = [&] { return " at position " + std::to_string(i); };
    std::string& current = found.output ? *found.output : found.terms.back();
    if (text[i] == ' ') {
      continue;
    } else if (is_letter(text[i])) {
      current += text[i];
    } else if (text.substr(i, 3) == "...") {
      if (current.find(kEllipsis) != std::string::npos) {
        refuse_equation(text, "has a second \"...\" in one term" + at() + "; expected at most one");
      }
      current += kEllipsis;
      i += 2;
    } else if (text[i] == ',' && !found.output) {
      found.terms.emplace_back();
    } else if (text.substr(i, 2) == "->" && !found.output) {
      found.output = "";
      i += 1;
    } else {
      refuse_equation(text, "has " + std::string{'\'', text[i], '\''} + at() +
                                "; expected letters, spaces, \"...\", \",\" between operands and "
                                "one \"->\" before the output");
    }
  }
  return found;
}

// Labels of the axes that an ellipsis stands for: digits, counted from the last.
std::string ellipsis(std::size_t axes) {
  std::string labels;
  while (axes-- > 0) labels += static_cast<char>('0' + axes);
  return labels;
}

std::string operand_text(std::size_t i, const Tensor& x) {
  return "operand " + std::to_string(i) + " is " + to_string(x.shape());
}

std::string label_text(char label) {
  if (is_letter(label)) return std::string("letter '") + label + "'";
  return "axis -" + std::to_string(label - '0' + 1) + " of the ellipsis";
}

// The labels of an operand: the ellipsis becomes the axes that are left over.
std::string labels_of(const std::string& term, std::size_t i, const Tensor& x) {
  const std::size_t dots = term.find(kEllipsis), rank = static_cast<std::size_t>(x.rank());
  const bool open = dots != std::string::npos;
  const std::size_t letters = term.size() - (open ? 1 : 0);
  if (open ? rank < letters : rank != letters) {
    throw ShapeError("[einsum] " + operand_text(i, x) + ": " + std::to_string(rank) +
                     (rank == 1 ? " axis" : " axes") + "; expected " + (open ? "at least " : "") +
                     std::to_string(letters) + " for the letters " +
                     quoted(open ? term.substr(0, dots) + "..." + term.substr(dots + 1) : term));
  }
  return open ? term.substr(0, dots) + ellipsis(rank - letters) + term.substr(dots + 1) : term;
}

// The size of each label; checks that they fit.
std::array<std::int64_t, 128> sizes_of(const std::vector<Labelled>& terms) {
  std::array<std::int64_t, 128> size{};
  std::array<std::size_t, 128> owner{};
  std::array<bool, 128> seen{};
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const auto& [x, labels] = terms[i];
    for (std::size_t axis = 0; axis < labels.size(); ++axis) {
      const char label = labels[axis];
      const auto slot = static_cast<std::size_t>(label);
      const std::int64_t n = x.shape()[static_cast<int>(axis)];
      const std::int64_t before = x.shape()[static_cast<int>(labels.find(label))];
      const auto sizes = [&](std::int64_t first) {
        return ": sizes " + std::to_string(first) + " and " + std::to_string(n) + " of ";
      };
      if (n != before) {
        throw ShapeError("[einsum] " + operand_text(i, x) + sizes(before) + "the repeated " +
                         label_text(label) + " differ; expected equal sizes");
      }
      if (!seen[slot] || size[slot] == 1) {
        size[slot] = n, owner[slot] = i, seen[slot] = true;
      } else if (n != size[slot] && n != 1) {
        throw ShapeError("[einsum] " + operand_text(owner[slot], terms[owner[slot]].x) + " and " +
                         operand_text(i, x) + sizes(size[slot]) + label_text(label) +
                         " differ; expected equal sizes, or 1");
      }
    }
  }
  return size;
}

// The labels of the result.
std::string output_of(std::string_view text, const Equation& equation,
                      const std::vector<Labelled>& terms) {
  std::string all;
  std::size_t broadcast = 0;  // axes under the ellipses
  for (const Labelled& term : terms) {
    all += term.labels;
    const auto letters = std::count_if(term.labels.begin(), term.labels.end(), is_letter);
    broadcast = std::max(broadcast, term.labels.size() - static_cast<std::size_t>(letters));
  }
  std::string output;
  if (equation.output) {
    for (char c : *equation.output) {
      if (c == kEllipsis) {
        output += ellipsis(broadcast);
        continue;
      }
      const std::string letter = std::string("has the output letter '") + c + "' ";
      if (all.find(c) == std::string::npos) {
        refuse_equation(text, letter + "that no operand has; expected letters of the operands");
      }
      if (output.find(c) != std::string::npos) {
        refuse_equation(text, letter + "twice; expected each at most once");
      }
      output += c;
    }
  } else {
    output = ellipsis(broadcast);
    std::sort(all.begin(), all.end());
    for (char c : all) {
      if (is_letter(c) && std::count(all.begin(), all.end(), c) == 1) output += c;
    }
  }
  if (output.size() > Dims::kMaxRank) {
    throw ShapeError("[einsum] result: " + std::to_string(output.size()) + " axes for " +
                     quoted(text) + "; expected at most 8");
  }
  return output;
}

}  // namespace

Tensor einsum(std::string_view text, std::span<const Tensor> operands) {
  const Equation equation = parse(text);
  if (equation.terms.size() != operands.size()) {
    throw ConfigError("[einsum] operands: " + std::to_string(operands.size()) +
                      " given; expected " + std::to_string(equation.terms.size()) +
                      ", one for each term of " + quoted(text));
  }
  std::vector<Labelled> terms;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    check_defined("einsum", "operand " + std::to_string(i), operands[i]);
    terms.push_back({operands[i], labels_of(equation.terms[i], i, operands[i])});
  }
  const auto size = sizes_of(terms);
  const std::string output = output_of(text, equation, terms);
  return contract("einsum", std::move(terms), output, size);
}

Tensor einsum(std::string_view equation, std::initializer_list<Tensor> operands) {
  return einsum(equation, std::span<const Tensor>(operands.begin(), operands.size()));
}

}  // namespace gradus
