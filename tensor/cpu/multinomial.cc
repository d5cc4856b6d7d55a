// Draws with given probabilities. All random numbers come from tensors of them, so that an index
// depends on seed, position and its row alone.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tensor/random.h"
#include "tensor/scan.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

/// Rows of k probabilities in double, checked, and what is known of each.
struct Chances {
  Tensor p;  // contiguous
  std::int64_t rows, k;

  Chances(const Tensor& given, std::int64_t n, bool replacement) {
    if (!is_floating(given.dtype())) {
      throw DTypeError("[multinomial] p: " + std::string(name(given.dtype())) +
                       "; expected a floating dtype");
    }
    if (given.rank() == 0) {
      throw ShapeError("[multinomial] p: shape []; expected at least one axis");
    }
    if (n < 0) throw ConfigError("[multinomial] n: " + std::to_string(n) + "; expected n >= 0");
    p = given.to(kFloat64).contiguous();
    k = p.dim(-1);
    rows = 1;
    for (int axis = 0; axis < p.rank() - 1; ++axis) rows *= p.shape()[axis];
    for (std::int64_t row = 0; row < rows; ++row) check_row(row, n, replacement);
  }
  const double* row(std::int64_t i) const { return p.data<double>() + i * k; }

 private:
  void check_row(std::int64_t i, std::int64_t n, bool replacement) const {
    double sum = 0;
    std::int64_t positive = 0;
    for (std::int64_t j = 0; j < k; ++j) {
      const double chance = row(i)[j];
      if (!(chance >= 0) || std::isinf(chance)) throw_chance(i * k + j);
      sum += chance;
      positive += chance > 0;
    }
    if (!(sum > 0) || std::isinf(sum)) {
      throw ConfigError("[multinomial] p: row " + std::to_string(i) + " sums to " + to_text(sum) +
                        "; expected a positive, finite sum");
    }
    if (!replacement && n > positive) {
      throw ConfigError("[multinomial] n: " + std::to_string(n) + "; expected 0.." +
                        std::to_string(positive) + ", the positive probabilities in row " +
                        std::to_string(i) + "; or draw with replacement");
    }
  }
  [[noreturn]] void throw_chance(std::int64_t element) const {
    Dims index = p.shape();
    const double chance = p.data<double>()[element];
    for (int axis = p.rank() - 1; axis >= 0; --axis) {
      index[axis] = element % p.shape()[axis];
      element /= p.shape()[axis];
    }
    throw ConfigError("[multinomial] p: " + to_text(chance) + " at " + to_string(index) +
                      "; expected finite numbers >= 0");
  }
};

/// By inversion: the first index at which the running sum exceeds a uniform part of the whole.
void draw_with_replacement(const Chances& chances, const Tensor& indices, Generator& generator) {
  const std::int64_t n = indices.dim(-1), k = chances.k;
  const Tensor running = cumsum(chances.p, -1);
  const Tensor uniforms = uniform(indices.shape(), 0, 1, generator, kFloat64);
  const double *sums = running.data<double>(), *u = uniforms.data<double>();
  std::int64_t* index = indices.data<std::int64_t>();
  parallel_pieces(indices.numel(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const double* first = sums + i / n * k;
      const double whole = first[k - 1];
      // The product may round up to the whole, which no running sum exceeds.
      const double part = std::min(u[i] * whole, std::nextafter(whole, 0.0));
      index[i] = std::upper_bound(first, first + k, part) - first;
    }
  });
}

/// As a race: of exponential times with the rates p the smallest come first. That is drawing one
/// after the other, since what is left of such times is again exponential with the same rates.
/// Source: Efraimidis, Spirakis 2006, "Weighted random sampling with a reservoir".
void draw_without_replacement(const Chances& chances, const Tensor& indices, Generator& generator) {
  const std::int64_t n = indices.dim(-1), k = chances.k;
  const Tensor times = exponential({chances.rows, k}, 1, generator, kFloat64);
  parallel_for(chances.rows, [&](std::int64_t row) {
    const double *time = times.data<double>() + row * k, *p = chances.row(row);
    // Logarithms, since time / p may overflow or vanish.
    std::vector<std::pair<double, std::int64_t>> order;
    for (std::int64_t j = 0; j < k; ++j) {
      if (p[j] > 0) order.emplace_back(std::log(time[j]) - std::log(p[j]), j);
    }
    std::partial_sort(order.begin(), order.begin() + n, order.end());
    for (std::int64_t i = 0; i < n; ++i) {
      indices.data<std::int64_t>()[row * n + i] = order[i].second;
    }
  });
}

}  // namespace

Tensor multinomial(const Tensor& p, std::int64_t n, bool replacement, Generator& generator) {
  check_defined("multinomial", "p", p);
  // Each draw is a search or a sort of one row: the host's, with its bits.
  if (!p.on_cpu()) return multinomial(p.to(kCpu), n, replacement, generator).to(p.device());
  const Chances chances(p, n, replacement);
  Shape shape = p.shape();
  shape[shape.rank() - 1] = n;
  check_sizes("multinomial", shape);
  const Tensor indices = Tensor::empty(shape, kInt64);
  if (indices.numel() == 0) return indices;
  (replacement ? draw_with_replacement : draw_without_replacement)(chances, indices, generator);
  return indices;
}

}  // namespace gradus
