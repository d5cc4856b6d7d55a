#pragma once
#include <array>
#include <cstdint>

#include "tensor/tensor.h"

namespace gradus {

/// Philox 4x32-10: a function from a 128-bit counter and a 64-bit key to four random words.
/// Source: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", SC'11.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key);

/// A stream of random numbers. Element i of a tensor is made from counter `position() + i`, so the
/// numbers depend on seed and position alone: not on threads, strides or dtype of other calls.
class Generator {
 public:
  explicit Generator(std::uint64_t seed = 0) : seed_(seed) {}

  std::uint64_t seed() const { return seed_; }
  /// Counters used so far. Save seed and position to go on later with the same numbers.
  std::uint64_t position() const { return position_; }
  void set_position(std::uint64_t position) { position_ = position; }

  /// Reserves n counters and returns the first.
  std::uint64_t advance(std::uint64_t n);
  /// The four words of one counter.
  std::array<std::uint32_t, 4> words(std::uint64_t counter) const;
  /// A uniform integer in 0..n-1, without bias. n >= 1.
  std::uint64_t below(std::uint64_t n);

 private:
  std::uint64_t seed_, position_ = 0;
};

/// Independent numbers from U[low, high), each rounded to dtype (low itself too). Throws
/// ShapeError, DTypeError (not floating), ConfigError (low > high or not finite).
Tensor uniform(const Shape& shape, double low, double high, Generator& generator,
               DType dtype = kFloat32);

/// Independent numbers from N(mean, std^2), by Box and Muller, computed in double.
/// Throws ShapeError, DTypeError, ConfigError (std < 0).
Tensor normal(const Shape& shape, double mean, double std, Generator& generator,
              DType dtype = kFloat32);

/// 0 .. n-1 in random order, int64 [n]. All n! orders are equally likely (Fisher and Yates).
Tensor permutation(std::int64_t n, Generator& generator);

}  // namespace gradus
