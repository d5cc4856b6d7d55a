#pragma once
#include <cstdint>

#include "tensor/tensor.h"

namespace gradus {

/// The results of histogram().
struct Histogram {
  Tensor counts;  ///< [bins]: int64; with weights the dtype of weights if floating, else float64
  Tensor edges;   ///< [bins + 1]: dtype of x for float32 and float64, float32 for half types, else
                  ///< float64
};

/// How many elements of x lie in each of `bins` intervals of equal width from low to high:
/// edges[i] <= v < edges[i + 1], the last one with its right end, as in NumPy. Elements outside and
/// NaN are not counted. low = high stands for low - 0.5 to high + 0.5. `weights`, of the shape of
/// x, are summed in double instead of ones.
/// Throws ConfigError: "[histogram] bins: 0; expected at least 1",
///   "[histogram] low, high: 1, 0; expected finite numbers, low <= high",
/// ShapeError: "[histogram] weights: shape [2]; expected [3], that of x".
Histogram histogram(const Tensor& x, std::int64_t bins, double low, double high,
                    const Tensor& weights = {});

/// The same from the smallest element of x to the largest (0 to 1 if there is none).
/// Throws ConfigError also for NaN and infinities in x, by the text of low and high.
Histogram histogram(const Tensor& x, std::int64_t bins = 10, const Tensor& weights = {});

/// The probability density that a histogram shows: counts[i] / (width[i] * sum of the counts), in
/// the dtype of the edges, so that the integral over all bins is 1; NaN where nothing was counted.
/// histogram(..., density=True) in NumPy and PyTorch. Shapes: counts [bins], edges [bins + 1]  ->
/// [bins].
/// Throws ShapeError: "[density] counts, edges: shapes [3], [3]; expected [bins], [bins + 1]".
Tensor density(const Histogram& histogram);

/// How often each of 0, 1, 2, ... occurs in x: y[v] = number (or sum of weights) of the elements v.
/// Shapes: x [n] of uint8, int32 or int64  ->  [max(largest element + 1, minlength)]. int64; with
/// weights their dtype if floating, else float64.
/// Throws IndexError: "[bincount] x: -1; expected elements >= 0", DTypeError, ShapeError,
/// ConfigError: "[bincount] minlength: -1; expected at least 0".
/// Differs: PyTorch gives int64 for an x of no elements, weights or not.
Tensor bincount(const Tensor& x, const Tensor& weights = {}, std::int64_t minlength = 0);

}  // namespace gradus
