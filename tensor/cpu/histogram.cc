#include "tensor/histogram.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tensor/cuda/ops/histogram.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"
#include "tensor/reduce.h"
#include "tensor/sort.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

/// The order of sort: NaN last.
template <class T>
bool before(T a, T b) {
  return a < b || (b != b && a == a);
}

void check_weights(std::string_view op, const Tensor& weights, const Tensor& x) {
  if (!weights.defined()) return;
  check_same_device(op, "x", x, "weights", weights);
  if (weights.shape() == x.shape()) return;
  throw ShapeError("[" + std::string(op) + "] weights: shape " + to_string(weights.shape()) +
                   "; expected " + to_string(x.shape()) + ", that of x");
}

/// In how many fixed parts n elements are added, one after another.
std::int64_t parts_of(std::int64_t n, std::int64_t bins) {
  return std::clamp<std::int64_t>(n / std::max(kPieceSize, bins), 1, 16);
}

/// Adds the weights (or ones) of n elements to the bins that bin_of gives; -1 stands for none.
/// Large inputs are added in up to 16 fixed parts, which are then added up in order.
template <class Count, class BinOf>
void count_bins(std::int64_t n, std::int64_t bins, const double* weights, Count* counts,
                const BinOf& bin_of) {
  const std::int64_t parts = parts_of(n, bins);
  std::vector<Count> partial(parts * bins);
  parallel_for(parts, [&](std::int64_t part) {
    Count* mine = partial.data() + part * bins;
    for (std::int64_t i = n * part / parts; i < n * (part + 1) / parts; ++i) {
      const std::int64_t bin = bin_of(i);
      if (bin >= 0) mine[bin] += weights == nullptr ? Count(1) : static_cast<Count>(weights[i]);
    }
  });
  std::fill_n(counts, bins, Count(0));
  for (std::int64_t i = 0; i < parts * bins; ++i) counts[i % bins] += partial[i];
}

/// Counts, or sums of weights, in their dtypes.
template <class BinOf>
Tensor binned(std::int64_t n, std::int64_t bins, const Tensor& weights, const BinOf& bin_of) {
  if (!weights.defined()) {
    const Tensor counts = Tensor::empty({bins}, kInt64);
    count_bins(n, bins, nullptr, counts.data<std::int64_t>(), bin_of);
    return counts;
  }
  const Tensor w = weights.to(kFloat64).contiguous(), sums = Tensor::empty({bins}, kFloat64);
  count_bins(n, bins, w.data<double>(), sums.data<double>(), bin_of);
  return is_floating(weights.dtype()) ? sums.to(weights.dtype()) : sums;
}

/// {0, -1} of no elements.
std::pair<std::int64_t, std::int64_t> least_and_most(const Tensor& x) {
  if (x.numel() == 0) return {0, -1};
  if (!x.on_cpu()) return {min(x).item<std::int64_t>(), max(x).item<std::int64_t>()};
  const std::int64_t* v = x.data<std::int64_t>();
  const auto [least, most] = std::minmax_element(v, v + x.numel());
  return {*least, *most};
}

/// Counts or sums on a device, for the bin of each element.
Tensor binned_there(const Tensor& bin, std::int64_t bins, const Tensor& weights) {
  if (!weights.defined()) return gpu::binned(bin, bins, {}, 1);
  const Tensor sums = gpu::binned(bin, bins, weights.to(kFloat64), parts_of(bin.numel(), bins));
  return is_floating(weights.dtype()) ? sums.to(weights.dtype()) : sums;
}

}  // namespace

Histogram histogram(const Tensor& x, std::int64_t bins, double low, double high,
                    const Tensor& weights) {
  check_defined("histogram", "x", x);
  if (bins < 1) {
    throw ConfigError("[histogram] bins: " + std::to_string(bins) + "; expected at least 1");
  }
  check_sizes("histogram", {bins});
  if (!(low <= high) || !std::isfinite(high - low)) {
    throw ConfigError("[histogram] low, high: " + to_text(low) + ", " + to_text(high) +
                      "; expected finite numbers, low <= high");
  }
  check_weights("histogram", weights, x);
  if (low == high) low -= 0.5, high += 0.5;
  const Tensor exact = Tensor::empty({bins + 1}, kFloat64);
  const double width = (high - low) / static_cast<double>(bins);
  for (std::int64_t i = 0; i < bins; ++i) {
    exact.data<double>()[i] = low + static_cast<double>(i) * width;
  }
  exact.data<double>()[bins] = high;
  const bool wide = x.dtype() == kFloat64 || !is_floating(x.dtype());
  const Tensor edges = exact.to(wide ? kFloat64 : kFloat32);
  // Elements are compared with the edges that are handed out.
  const Tensor compared = edges.to(kFloat64), input = x.to(compute_dtype(x.dtype())).contiguous();
  if (!x.on_cpu()) [[unlikely]] {
    const Tensor bin = gpu::bins_of(input, compared.to(x.device()));
    return {binned_there(bin, bins, weights), edges.to(x.device())};
  }
  const double* edge = compared.data<double>();
  const double first = edge[0], last = edge[bins],
               per_width = static_cast<double>(bins) / (last - first);
  Tensor counts;
  dispatch_compute(input.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* values = input.data<T>();
    counts = binned(x.numel(), bins, weights, [=](std::int64_t i) -> std::int64_t {
      const double v = static_cast<double>(values[i]);
      if (!(v >= first && v <= last)) return -1;
      const double guess = (v - first) * per_width;
      std::int64_t bin =
          guess < static_cast<double>(bins) ? static_cast<std::int64_t>(guess) : bins - 1;
      while (bin > 0 && v < edge[bin]) --bin;
      while (bin < bins - 1 && v >= edge[bin + 1]) ++bin;
      return bin;
    });
  });
  return {counts, edges};
}

Histogram histogram(const Tensor& x, std::int64_t bins, const Tensor& weights) {
  check_defined("histogram", "x", x);
  if (x.numel() == 0) return histogram(x, bins, 0, 1, weights);
  return histogram(x, bins, min(x).item(), max(x).item(), weights);
}

Tensor density(const Histogram& histogram) {
  const Tensor &counts = histogram.counts, &edges = histogram.edges;
  check_defined("density", "counts", counts);
  check_defined("density", "edges", edges);
  if (counts.rank() != 1 || edges.shape() != Shape{counts.dim(0) + 1}) {
    throw ShapeError("[density] counts, edges: shapes " + to_string(counts.shape()) + ", " +
                     to_string(edges.shape()) + "; expected [bins], [bins + 1]");
  }
  const Tensor number = counts.to(kFloat64), ends = edges.to(kFloat64);
  const Tensor widths = sub(ends.slice(0, {1}), ends.slice(0, {0, -1}));
  return div(number, mul(widths, sum(number))).to(edges.dtype());
}

Tensor bincount(const Tensor& x, const Tensor& weights, std::int64_t minlength) {
  check_defined("bincount", "x", x);
  if (!is_integral(x.dtype())) {
    throw DTypeError("[bincount] x: " + std::string(name(x.dtype())) +
                     "; expected uint8, int32 or int64");
  }
  if (x.rank() != 1) {
    throw ShapeError("[bincount] x: shape " + to_string(x.shape()) + "; expected [n]");
  }
  if (minlength < 0) {
    throw ConfigError("[bincount] minlength: " + std::to_string(minlength) +
                      "; expected at least 0");
  }
  check_weights("bincount", weights, x);
  const Tensor input = x.to(kInt64).contiguous();
  const auto [least, most] = least_and_most(input);
  if (least < 0) {
    throw IndexError("[bincount] x: " + std::to_string(least) + "; expected elements >= 0");
  }
  const std::int64_t bins = std::max(minlength, std::min(most, INT64_MAX - 1) + 1);
  check_sizes("bincount", {bins});
  if (!x.on_cpu()) [[unlikely]]
    return binned_there(input, bins, weights);
  const std::int64_t* v = input.data<std::int64_t>();
  return binned(x.numel(), bins, weights, [=](std::int64_t i) { return v[i]; });
}

Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right) {
  check_defined("searchsorted", "sorted", sorted);
  check_defined("searchsorted", "values", values);
  bool fits = sorted.rank() == 1 || (sorted.rank() > 0 && sorted.rank() == values.rank());
  for (int i = 0; fits && sorted.rank() > 1 && i < sorted.rank() - 1; ++i) {
    fits = sorted.shape()[i] == values.shape()[i];
  }
  check_same_device("searchsorted", "sorted", sorted, "values", values);
  if (!fits) {
    throw ShapeError("[searchsorted] sorted: shape " + to_string(sorted.shape()) +
                     "; expected [n], or the leading axes of values " + to_string(values.shape()));
  }
  const DType dtype = compute_dtype(result_type(sorted, values));
  const Tensor lines = sorted.to(dtype).contiguous(), wanted = values.to(dtype).contiguous();
  if (!sorted.on_cpu()) [[unlikely]]
    return gpu::searchsorted(lines, wanted, right);
  const Tensor places = Tensor::empty(values.shape(), kInt64);
  const std::int64_t n = lines.dim(-1);
  // Each line of `sorted` serves this many values.
  const std::int64_t each = sorted.rank() == 1 ? values.numel() : values.dim(-1);
  dispatch_compute(dtype, [&]<class T>(std::type_identity<T>) {
    const T *s = lines.data<T>(), *v = wanted.data<T>();
    std::int64_t* place = places.data<std::int64_t>();
    parallel_pieces(values.numel(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const T* line = s + i / each * n;
        place[i] = right ? std::upper_bound(line, line + n, v[i], before<T>) - line
                         : std::lower_bound(line, line + n, v[i], before<T>) - line;
      }
    });
  });
  return places;
}

Tensor bucketize(const Tensor& x, const Tensor& boundaries, bool right) {
  check_defined("bucketize", "x", x);
  check_defined("bucketize", "boundaries", boundaries);
  if (boundaries.rank() != 1) {
    throw ShapeError("[bucketize] boundaries: shape " + to_string(boundaries.shape()) +
                     "; expected [n]");
  }
  return searchsorted(boundaries, x, right);
}

}  // namespace gradus
