#pragma once
// Random cases of reductions and matrix products.
#include <limits>

#include "tensor/matmul.h"
#include "tensor/reduce.h"
#include "tensor/scan.h"
#include "tests/tensor/random_operations.h"

namespace gradus::testing {

using Line = std::vector<Real>;

inline Real sum_of(const Line& x) { return std::accumulate(x.begin(), x.end(), Real{0}); }
inline Real mean_of(const Line& x) { return sum_of(x) / static_cast<Real>(x.size()); }
inline Real variance_of(const Line& x) {
  const Real mean = mean_of(x);
  Real squares = 0;
  for (const Real value : x) squares += (value - mean) * (value - mean);
  return x.size() < 2 ? Real{NAN} : squares / static_cast<Real>(x.size() - 1);
}
inline std::size_t place_of_largest(const Line& x, int sign) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < x.size() && !std::isnan(x[best]); ++i) {
    if (std::isnan(x[i]) || sign * x[i] > sign * x[best]) best = i;
  }
  return best;
}

struct Lines {
  Shape shape;  // without the reduced axes, or with 1 there
  std::vector<Line> lines;
};

/// The elements of x that share a position on the axes that stay.
inline Lines lines_of(const Plain& x, const std::vector<bool>& reduced, bool keepdim) {
  Shape ones = x.shape, shape;
  for (int axis = 0; axis < x.shape.rank(); ++axis) {
    if (reduced[axis]) ones[axis] = 1;
    if (!reduced[axis] || keepdim) shape.push_back(ones[axis]);
  }
  Lines found{shape, std::vector<Line>(numel(ones))};
  for_each_index(x.shape, [&](const Dims& index) {
    found.lines[row_major(ones, broadcast_index(ones, index))].push_back(
        x.values[row_major(x.shape, index)]);
  });
  return found;
}

// The dtypes of results.
inline DType same(DType d) { return d; }
inline DType sum_dtype(DType d) { return is_floating(d) ? d : kInt64; }
inline DType mean_dtype(DType d) { return is_floating(d) ? d : kFloat32; }
template <DType dtype>
DType always(DType) {
  return dtype;
}

/// Over random axes, in any order, counted from either end.
inline Operation reduction(const std::string& name,
                           Tensor (*call)(const Tensor&, const Axes&, bool), DType (*dtype)(DType),
                           Real (*f)(const Line&), int ulps, bool of_nothing = true) {
  return {name, 3, [=](Rng& rng, Trial& trial) {
            Shape shape;
            std::vector<bool> reduced;
            Axes axes;
            std::int64_t together = 1;
            do {
              shape = draw_shape(rng);
              axes = Axes();
              together = 1;
              reduced.assign(shape.rank(), false);
              for (int n = static_cast<int>(rng.below(shape.rank() + 1)); n > 0; --n) {
                const int axis = static_cast<int>(rng.below(shape.rank()));
                if (reduced[axis]) continue;
                reduced[axis] = true;
                axes.push_back(rng.once_in(2) ? axis : axis - shape.rank());
              }
              if (axes.rank() == 0) reduced.assign(shape.rank(), true);
              for (int axis = 0; axis < shape.rank(); ++axis) {
                if (reduced[axis]) together *= shape[axis];
              }
            } while (together == 0 && !of_nothing);
            const bool keepdim = rng.once_in(2);
            const Drawn& x = trial.add(draw(rng, shape, draw_dtype(rng), small_or_special(rng)));
            trial.args = "axes " + to_string(axes) + (keepdim ? ", keepdim" : "");
            const Lines lines = lines_of(x.plain, reduced, keepdim);
            trial.expected = {dtype(x.plain.dtype), lines.shape, {}};
            for (const Line& line : lines.lines) trial.expected.values.push_back(f(line));
            trial.ulps = ulps;
            trial.zero_signs = false;
            trial.got = call(x.tensor, axes, keepdim);
          }};
}

/// Positions of extreme elements along one axis or, without, among all.
inline Operation position_of(const std::string& name,
                             Tensor (*call)(const Tensor&, std::optional<int>, bool), int sign) {
  return {name, 3, [=](Rng& rng, Trial& trial) {
            Shape shape;
            do shape = draw_shape(rng, 1);
            while (numel(shape) == 0);
            std::optional<int> axis;
            std::vector<bool> reduced(shape.rank(), true);
            if (rng.once_in(2)) {
              axis = static_cast<int>(rng.below(shape.rank()));
              reduced.assign(shape.rank(), false);
              reduced[*axis] = true;
            }
            const bool keepdim = rng.once_in(2);
            const Drawn& x = trial.add(draw(rng, shape, draw_dtype(rng), small_or_special(rng)));
            trial.args = "axis " + (axis ? std::to_string(*axis) : "none");
            const Lines lines = lines_of(x.plain, reduced, keepdim);
            trial.expected = {kInt64, lines.shape, {}};
            for (const Line& line : lines.lines) {
              trial.expected.values.push_back(static_cast<Real>(place_of_largest(line, sign)));
            }
            trial.got = call(x.tensor, axis, keepdim);
          }};
}

inline void running_sum(Rng& rng, Trial& trial) {
  const Shape shape = draw_shape(rng, 1);
  const int axis = static_cast<int>(rng.below(shape.rank()));
  const Drawn& x = trial.add(draw(rng, shape, draw_dtype(rng), small_or_special(rng)));
  trial.args = "axis " + std::to_string(axis);
  trial.expected = {sum_dtype(x.plain.dtype), shape, x.plain.values};
  for_each_index(shape, [&](Dims index) {
    const auto at = row_major(shape, index);
    if (index[axis]-- == 0) return;
    trial.expected.values[at] += trial.expected.values[row_major(shape, index)];
  });
  trial.ulps = 1;
  trial.got = cumsum(x.tensor, axis);
}

/// Products of matrices, or of a row or column, with broadcast batches.
inline void product(Rng& rng, Trial& trial) {
  const auto size = [&] {
    static constexpr std::int64_t kSizes[] = {0, 1, 2, 3, 3, 17, 17, 33};
    return rng.pick(kSizes);
  };
  const std::int64_t n = size(), k = size(), m = size();
  const auto numbers = [](DType d) { return d != kBool; };
  const DType a_dtype = draw_dtype(rng, numbers);
  const DType b_dtype = draw_dtype(
      rng, [&](DType d) { return numbers(d) && is_floating(d) == is_floating(a_dtype); });
  Shape batch = draw_shape(rng, 0, n * k * m > 2000 ? 6 : 40);
  while (batch.rank() > 6) batch.erase(0);
  const bool row = rng.once_in(8), column = rng.once_in(8);
  Shape a_shape = row ? Shape() : draw_part(rng, batch);
  Shape b_shape = column ? Shape() : draw_part(rng, batch);
  if (!row) a_shape.push_back(n);
  a_shape.push_back(k);
  b_shape.push_back(k);
  if (!column) b_shape.push_back(m);
  const Values values = small_or_special(rng);
  trial.add(draw(rng, a_shape, a_dtype, values));
  trial.add(draw(rng, b_shape, b_dtype, values));
  const Plain &a = trial.in[0].plain, &b = trial.in[1].plain;

  // As matrices: a row is [1, k], a column [k, 1], and the result lacks those axes.
  Shape a_matrix = a_shape, b_matrix = b_shape;
  if (row) a_matrix.insert(0, 1);
  if (column) b_matrix.push_back(1);
  const auto leading = [](Shape shape) {
    shape.erase(shape.rank() - 1);
    shape.erase(shape.rank() - 1);
    return shape;
  };
  const Shape a_batch = leading(a_matrix), b_batch = leading(b_matrix);
  Shape y_batch = a_batch;
  while (y_batch.rank() < b_batch.rank()) y_batch.insert(0, 1);
  for (int i = 1; i <= b_batch.rank(); ++i) {
    auto& both = y_batch[y_batch.rank() - i];
    if (both == 1) both = b_batch[b_batch.rank() - i];
  }
  const std::int64_t rows = row ? 1 : n, columns = column ? 1 : m;
  trial.expected = {a_dtype == b_dtype ? a_dtype : common_dtype(trial.in), y_batch, {}};
  if (!row) trial.expected.shape.push_back(n);
  if (!column) trial.expected.shape.push_back(m);
  for_each_index(y_batch, [&](const Dims& index) {
    const std::int64_t a_first = row_major(a_batch, broadcast_index(a_batch, index)) * rows * k;
    const std::int64_t b_first = row_major(b_batch, broadcast_index(b_batch, index)) * k * columns;
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < columns; ++j) {
        Real sum = 0;
        for (std::int64_t p = 0; p < k; ++p) {
          sum += a.values[a_first + i * k + p] * b.values[b_first + p * columns + j];
        }
        trial.expected.values.push_back(sum);
      }
    }
  });
  trial.ulps = 1;
  trial.got = matmul(trial.in[0].tensor, trial.in[1].tensor);
}

inline void add_reductions(std::vector<Operation>& operations) {
  using L = const Line&;
  // Sums of small numbers are exact, so one rounding at the end is all. A mean or variance has a
  // division more, and the variance of equal numbers is exact.
  operations.push_back(reduction("sum", sum, sum_dtype, sum_of, 1));
  operations.push_back(reduction("mean", mean, mean_dtype, mean_of, 2));
  operations.push_back(reduction(
      "max", max, same, [](L x) { return x[place_of_largest(x, 1)]; }, 0, false));
  operations.push_back(reduction(
      "min", min, same, [](L x) { return x[place_of_largest(x, -1)]; }, 0, false));
  operations.push_back(reduction(
      "any", any, always<kBool>,
      [](L x) { return Real(std::any_of(x.begin(), x.end(), [](Real v) { return v != 0; })); }, 0));
  operations.push_back(reduction(
      "all", all, always<kBool>,
      [](L x) { return Real(std::all_of(x.begin(), x.end(), [](Real v) { return v != 0; })); }, 0));
  operations.push_back(reduction(
      "count_nonzero", count_nonzero, always<kInt64>,
      [](L x) { return Real(x.size() - std::count(x.begin(), x.end(), 0)); }, 0));
  operations.push_back(reduction(
      "var",
      [](const Tensor& x, const Axes& axes, bool keepdim) { return var(x, axes, 1, keepdim); },
      mean_dtype, variance_of, 4));
  operations.push_back(position_of("argmax", argmax, 1));
  operations.push_back(position_of("argmin", argmin, -1));
  operations.push_back({"cumsum", 3, running_sum});
  operations.push_back({"matmul", 8, product});
}

}  // namespace gradus::testing
