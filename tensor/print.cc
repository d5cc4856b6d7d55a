// Prints tensors in PyTorch's layout.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <string>

#include "tensor/tensor.h"

namespace gradus {
namespace {

constexpr int kLineWidth = 80;

// How all elements of one tensor are written: the same width and notation for each.
class ElementFormat {
 public:
  ElementFormat(const Tensor& shown, const PrintOptions& options) : precision_(options.precision) {
    if (is_floating(shown.dtype())) choose_notation(shown.to_vector());
    const Tensor x = shown.reshape({-1});
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const Tensor element = x.select(0, i);
      // As in PyTorch, nan, inf and 0 do not widen the columns.
      const double v = element.item();
      if (is_floating(x.dtype()) && (!std::isfinite(v) || v == 0)) continue;
      width_ = std::max(width_, raw(element).size());
    }
  }

  std::size_t width() const { return width_; }

  std::string operator()(const Tensor& element) const {
    const std::string text = raw(element);
    return std::string(width_ - std::min(width_, text.size()), ' ') + text;
  }

 private:
  void choose_notation(const std::vector<double>& values) {
    double largest = 0, smallest = HUGE_VAL;
    for (double v : values) {
      if (!std::isfinite(v) || v == 0) continue;
      whole_ = whole_ && v == std::floor(v);
      largest = std::max(largest, std::fabs(v));
      smallest = std::min(smallest, std::fabs(v));
    }
    scientific_ = largest > 0 && (largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4);
  }

  std::string raw(const Tensor& element) const {
    if (element.dtype() == kInt64) return std::to_string(*element.data<std::int64_t>());
    const double v = element.item();
    if (element.dtype() == kBool) return v != 0 ? "True" : "False";
    if (std::isnan(v)) return "nan";
    if (std::isinf(v)) return v > 0 ? "inf" : "-inf";
    char text[400];
    if (scientific_) {
      std::snprintf(text, sizeof text, "%.*e", precision_, v);
    } else if (whole_) {
      std::snprintf(text, sizeof text, "%.0f.", v);
    } else {
      std::snprintf(text, sizeof text, "%.*f", precision_, v);
    }
    return text;
  }

  int precision_;
  std::size_t width_ = 1;
  bool whole_ = true, scientific_ = false;
};

// The last axis: as many entries to a line as fit.
void print_row(std::ostream& out, const Tensor& x, const ElementFormat& format, int edge,
               int indent) {
  const std::int64_t n = x.dim(0);
  const std::int64_t room = (kLineWidth - indent) / static_cast<std::int64_t>(format.width() + 2);
  const std::int64_t per_line = std::max<std::int64_t>(1, room);
  const bool shortened = edge >= 0 && n > 2 * edge;
  const std::int64_t entries = shortened ? 2 * edge + 1 : n;
  for (std::int64_t i = 0; i < entries; ++i) {
    if (i > 0) out << (i % per_line == 0 ? ",\n" + std::string(indent + 1, ' ') : ", ");
    if (shortened && i == edge) {
      out << " ...";
    } else {
      out << format(x.select(0, shortened && i > edge ? i - entries : i));
    }
  }
}

void print(std::ostream& out, const Tensor& x, const ElementFormat& format, int edge, int indent) {
  if (x.rank() == 0) {
    out << format(x);
    return;
  }
  out << '[';
  if (x.rank() == 1) {
    print_row(out, x, format, edge, indent);
  } else {
    const std::int64_t n = x.dim(0);
    const bool shortened = edge >= 0 && n > 2 * edge;
    for (std::int64_t i = 0; i < n; ++i) {
      if (i > 0) out << ',' << std::string(x.rank() - 1, '\n') << std::string(indent + 1, ' ');
      if (shortened && i == edge) {
        out << "...";
        i = n - edge - 1;
      } else {
        print(out, x.select(0, i), format, edge, indent + 1);
      }
    }
  }
  out << ']';
}

// What stands behind the elements, on a line of its own where it does not fit.
std::string with_suffixes(std::string text, const std::vector<std::string>& suffixes) {
  const std::size_t line = text.rfind('\n');
  std::size_t column = text.size() - (line == std::string::npos ? 0 : line + 1) + 2;
  for (const std::string& suffix : suffixes) {
    const bool fits = column + suffix.size() + 2 <= kLineWidth;
    text += fits ? ", " : ",\n" + std::string(7, ' ');
    text += suffix;
    column = fits ? column + suffix.size() + 2 : 7 + suffix.size();
  }
  return text + ")";
}

}  // namespace

std::string to_string(const Tensor& x, const PrintOptions& options) {
  if (!x.defined()) return "tensor(undefined)";
  // Only what is shown decides about the width; a shortened tensor shows its corners.
  Tensor shown = x;
  const bool shorten = x.numel() > options.threshold;
  for (int axis = 0; shorten && axis < x.rank(); ++axis) {
    const std::int64_t n = shown.dim(axis);
    if (n <= 2 * options.edge_items) continue;
    Tensor index = Tensor::empty({2 * options.edge_items}, kInt64);
    for (int i = 0; i < 2 * options.edge_items; ++i) {
      index.data<std::int64_t>()[i] = i < options.edge_items ? i : i - 2 * options.edge_items;
    }
    shown = shown.transpose(0, axis).index_select(index).transpose(0, axis);
  }
  std::ostringstream out;
  out << "tensor(";
  std::vector<std::string> suffixes;
  if (x.numel() == 0) {
    out << "[]";
    const std::string shape = to_string(x.shape());
    if (x.rank() != 1) suffixes.push_back("size=(" + shape.substr(1, shape.size() - 2) + ")");
  } else {
    print(out, x, ElementFormat(shown, options), shorten ? options.edge_items : -1, 7);
  }
  const bool shows_itself = x.numel() > 0 && (x.dtype() == kBool || x.dtype() == kInt64);
  if (x.dtype() != kFloat32 && !shows_itself) {
    suffixes.push_back("dtype=" + std::string(name(x.dtype())));
  }
  return with_suffixes(out.str(), suffixes);
}

std::ostream& operator<<(std::ostream& out, const Tensor& x) { return out << to_string(x); }

}  // namespace gradus
