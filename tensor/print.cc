// Prints tensors in PyTorch's layout.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <string>

#include "tensor/tensor.h"

namespace gradus {
namespace {

// How all elements of one tensor are written: the same width and notation for each.
class ElementFormat {
 public:
  ElementFormat(const Tensor& x, const PrintOptions& options)
      : dtype_(x.dtype()), precision_(options.precision) {
    bool whole = true;
    double largest = 0, smallest = HUGE_VAL;
    const std::vector<double> values = x.to_vector();
    for (double v : values) {
      if (!std::isfinite(v)) continue;
      whole = whole && v == std::floor(v);
      largest = std::max(largest, std::fabs(v));
      if (v != 0) smallest = std::min(smallest, std::fabs(v));
    }
    whole_ = whole && is_floating(dtype_) && largest < 1e8;
    scientific_ = is_floating(dtype_) && !whole_ &&
                  (largest >= 1e8 || smallest < 1e-4 || largest / smallest > 1000);
    for (double v : values) width_ = std::max(width_, static_cast<int>(raw(v).size()));
  }

  std::string operator()(double v) const {
    const std::string text = raw(v);
    return std::string(width_ - text.size(), ' ') + text;
  }

 private:
  std::string raw(double v) const {
    if (dtype_ == kBool) return v != 0 ? "true" : "false";
    if (std::isnan(v)) return "nan";
    if (std::isinf(v)) return v > 0 ? "inf" : "-inf";
    char text[400];
    if (dtype_ == kInt64 || whole_) {
      std::snprintf(text, sizeof text, dtype_ == kInt64 ? "%.0f" : "%.0f.", v);
    } else {
      std::snprintf(text, sizeof text, scientific_ ? "%.*e" : "%.*f", precision_, v);
    }
    return text;
  }

  DType dtype_;
  int precision_, width_ = 0;
  bool whole_ = false, scientific_ = false;
};

void print(std::ostream& out, const Tensor& x, const ElementFormat& format, int edge, int indent) {
  if (x.rank() == 0) {
    out << format(x.item());
    return;
  }
  const std::int64_t n = x.dim(0);
  const bool shortened = edge >= 0 && n > 2 * edge;
  out << '[';
  for (std::int64_t i = 0; i < n; ++i) {
    if (i > 0) {
      out << ',';
      if (x.rank() == 1) {
        out << ' ';
      } else {
        out << std::string(x.rank() - 1, '\n') << std::string(indent + 1, ' ');
      }
    }
    if (shortened && i == edge) {
      out << "...";
      i = n - edge - 1;
      continue;
    }
    print(out, x.select(0, i), format, edge, indent + 1);
  }
  out << ']';
}

}  // namespace

std::string to_string(const Tensor& x, const PrintOptions& options) {
  if (!x.defined()) return "tensor(undefined)";
  std::ostringstream out;
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
  out << "tensor(";
  print(out, x, ElementFormat(shown, options), shorten ? options.edge_items : -1, 7);
  if (x.numel() == 0 && x.rank() != 1) out << ", size=" << x.shape();
  if (x.dtype() != kFloat32 && x.dtype() != kBool && (x.dtype() != kInt64 || x.numel() == 0)) {
    out << ", dtype=" << name(x.dtype());
  }
  out << ')';
  return out.str();
}

std::ostream& operator<<(std::ostream& out, const Tensor& x) { return out << to_string(x); }

}  // namespace gradus
