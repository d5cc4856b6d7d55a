// Prints tensors in PyTorch's layout.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <string>

#include "tensor/tensor.h"

namespace gradus {
namespace {

void check_options(const PrintOptions& o) {
  const auto check = [](const char* option, std::int64_t value, std::int64_t low,
                        std::int64_t high) {
    if (value >= low && value <= high) return;
    throw ConfigError("[to_string] " + std::string(option) + ": " + std::to_string(value) +
                      "; expected " + std::to_string(low) + ".." + std::to_string(high));
  };
  check("precision", o.precision, 0, 100);
  check("edge_items", o.edge_items, 0, 1 << 20);
  check("threshold", o.threshold, 0, INT64_MAX);
  check("linewidth", o.linewidth, 1, 1 << 20);
}

// The texts of all elements that are shown, in row-major order and of one width.
class Elements {
 public:
  Elements(const Tensor& shown, const PrintOptions& options) : options_(options) {
    is_floating(shown.dtype()) ? write(shown.to_vector()) : write_whole(shown);
  }

  std::size_t width() const { return width_; }
  std::string operator[](std::int64_t i) const {
    const std::string& text = texts_[i];
    return std::string(width_ - std::min(width_, text.size()), ' ') + text;
  }

 private:
  void write_whole(const Tensor& shown) {
    for (std::int64_t v : shown.to_vector<std::int64_t>()) {
      texts_.push_back(shown.dtype() != kBool ? std::to_string(v) : v != 0 ? "True" : "False");
      width_ = std::max(width_, texts_.back().size());
    }
  }

  void write(const std::vector<double>& values) {
    double largest = 0, smallest = HUGE_VAL;
    bool whole = true;
    const auto counts = [](double v) { return std::isfinite(v) && v != 0; };
    for (double v : values) {
      if (!counts(v)) continue;
      whole = whole && v == std::floor(v);
      largest = std::max(largest, std::fabs(v));
      smallest = std::min(smallest, std::fabs(v));
    }
    const bool needs_exponent =
        largest > 0 && (largest / smallest > 1000 || largest > 1e8 || (!whole && smallest < 1e-4));
    const bool exponent = options_.sci_mode.value_or(needs_exponent);
    for (double v : values) {
      texts_.push_back(text(v, exponent, whole));
      // As in PyTorch, nan, inf and 0 do not widen the columns.
      if (counts(v)) width_ = std::max(width_, texts_.back().size());
    }
  }

  std::string text(double v, bool exponent, bool whole) const {
    if (std::isnan(v)) return "nan";
    if (std::isinf(v)) return v > 0 ? "inf" : "-inf";
    char text[512];  // 310 digits before the point, 100 behind it
    if (exponent) {
      std::snprintf(text, sizeof text, "%.*e", options_.precision, v);
    } else if (whole) {
      std::snprintf(text, sizeof text, "%.0f.", v);
    } else {
      std::snprintf(text, sizeof text, "%.*f", options_.precision, v);
    }
    return text;
  }

  const PrintOptions& options_;
  std::vector<std::string> texts_;
  std::size_t width_ = 1;
};

class Printer {
 public:
  Printer(const Tensor& x, const PrintOptions& options)
      : options_(options),
        full_(x.shape()),
        summarize_(x.numel() > options.threshold),
        shown_(summarize_ ? corners(x) : x),
        elements_(shown_, options) {}

  std::string text() {
    if (shown_.rank() == 0) return elements_[0];
    print(0, 7);
    return out_.str();
  }

 private:
  bool shortened(int axis) const { return summarize_ && full_[axis] > 2 * options_.edge_items; }

  // The entries at both ends of every long axis; only what is shown decides about the width.
  Tensor corners(const Tensor& x) const {
    Shape shape = full_;
    for (int axis = 0; axis < x.rank(); ++axis) {
      if (shortened(axis)) shape[axis] = 2 * options_.edge_items;
    }
    const Tensor out = Tensor::empty(shape, x.dtype());
    copy_corners(x, out, 0);
    return out;
  }

  void copy_corners(const Tensor& x, const Tensor& out, int axis) const {
    while (axis < x.rank() && !shortened(axis)) ++axis;
    if (axis == x.rank()) return out.copy_from(x);
    const std::int64_t edge = options_.edge_items, n = full_[axis];
    copy_corners(x.slice(axis, {0, edge}), out.slice(axis, {0, edge}), axis + 1);
    copy_corners(x.slice(axis, {n - edge, n}), out.slice(axis, {edge, 2 * edge}), axis + 1);
  }

  void print(int axis, int indent) {
    out_ << '[';
    const bool last = axis == full_.rank() - 1, gap = shortened(axis);
    const std::int64_t edge = options_.edge_items;
    const std::int64_t entries = gap ? 2 * edge + 1 : full_[axis];
    const auto room =
        (options_.linewidth - indent) / static_cast<std::int64_t>(elements_.width() + 2);
    const std::int64_t per_line = std::max<std::int64_t>(1, room);
    const std::string lines(last ? 1 : full_.rank() - 1 - axis, '\n');
    for (std::int64_t i = 0; i < entries; ++i) {
      if (i > 0 && last && i % per_line != 0) {
        out_ << ", ";
      } else if (i > 0) {
        out_ << ',' << lines << std::string(indent + 1, ' ');
      }
      if (gap && i == edge) {
        out_ << (last && edge > 0 ? " ..." : "...");
      } else if (last) {
        out_ << elements_[next_++];
      } else {
        print(axis + 1, indent + 1);
      }
    }
    out_ << ']';
  }

  const PrintOptions& options_;
  Shape full_;
  bool summarize_;
  Tensor shown_;
  Elements elements_;
  std::int64_t next_ = 0;
  std::ostringstream out_;
};

// What stands behind the elements, on a line of its own where it does not fit.
std::string with_suffixes(std::string text, const std::vector<std::string>& suffixes,
                          int linewidth) {
  const std::size_t line = text.rfind('\n');
  std::size_t column = text.size() - (line == std::string::npos ? 0 : line + 1) + 2;
  for (const std::string& suffix : suffixes) {
    const bool fits = column + suffix.size() + 2 <= static_cast<std::size_t>(linewidth);
    text += fits ? ", " : ",\n" + std::string(7, ' ');
    text += suffix;
    column = fits ? column + suffix.size() + 2 : 7 + suffix.size();
  }
  return text + ")";
}

}  // namespace

std::string to_string(const Tensor& x, const PrintOptions& options) {
  check_options(options);
  if (!x.defined()) return "tensor(undefined)";
  if (!x.on_cpu()) {
    const std::string text = to_string(x.to(kCpu), options);
    return with_suffixes(text.substr(0, text.size() - 1), {"device=" + to_string(x.device())},
                         options.linewidth);
  }
  std::string text = "tensor(";
  std::vector<std::string> suffixes;
  text += x.numel() == 0 ? "[]" : Printer(x, options).text();
  if (x.numel() == 0 ? x.rank() != 1 : options.edge_items == 0) {
    const std::string sizes = to_string(x.shape());  // "[12]" is "(12,)" in Python
    suffixes.push_back("size=(" + sizes.substr(1, sizes.size() - 2) + (x.rank() == 1 ? ",)" : ")"));
  }
  const bool shows_itself = x.numel() > 0 && (x.dtype() == kBool || x.dtype() == kInt64);
  if (x.dtype() != kFloat32 && !shows_itself) {
    suffixes.push_back("dtype=" + std::string(name(x.dtype())));
  }
  return with_suffixes(std::move(text), suffixes, options.linewidth);
}

std::ostream& operator<<(std::ostream& out, const Tensor& x) { return out << to_string(x); }

std::string describe(const Tensor& x) {
  if (!x.defined()) return "undefined tensor";
  return std::string(name(x.dtype())) + " " + to_string(x.shape()) + " strides " +
         to_string(x.strides()) + (x.on_cpu() ? "" : " on " + to_string(x.device()));
}

}  // namespace gradus
