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

// All of these make the tensor on the device that is named last, with the numbers that the CPU
// makes.

/// Independent numbers from U[low, high), each rounded to dtype (low itself too). Throws
/// ShapeError, DTypeError (not floating), ConfigError (low > high or not finite).
Tensor uniform(const Shape& shape, double low, double high, Generator& generator,
               DType dtype = kFloat32, Device device = kCpu);

/// Independent numbers from N(mean, std^2), by Box and Muller, computed in double.
/// Throws ShapeError, DTypeError, ConfigError (std < 0).
Tensor normal(const Shape& shape, double mean, double std, Generator& generator,
              DType dtype = kFloat32, Device device = kCpu);

/// Independent numbers from N(mean, std^2) between low and high, the ends rounded to dtype too: by
/// inversion in double, x = mean + std * Phi^-1(u) for uniform u in Phi(low) .. Phi(high).
/// Throws ShapeError, DTypeError, ConfigError:
///   "[truncated_normal] mean, std: 0, 0; expected finite numbers, std > 0",
///   "[truncated_normal] low, high: 2, -2; expected finite numbers, low < high",
///   "[truncated_normal] low, high: 40, 50; expected one within 37 std of the mean".
Tensor truncated_normal(const Shape& shape, double mean, double std, double low, double high,
                        Generator& generator, DType dtype = kFloat32, Device device = kCpu);

/// Independent numbers with the density rate exp(-rate x) for x >= 0, by inversion in double.
/// Throws ShapeError, DTypeError, ConfigError (rate <= 0).
Tensor exponential(const Shape& shape, double rate, Generator& generator, DType dtype = kFloat32,
                   Device device = kCpu);

/// 1 with probability p, else 0; any dtype. Throws ShapeError, ConfigError (p not in 0..1).
Tensor bernoulli(const Shape& shape, double p, Generator& generator, DType dtype = kFloat32,
                 Device device = kCpu);
/// A probability for each element; the result has the shape and dtype of p.
/// Throws DTypeError (not floating), ConfigError.
Tensor bernoulli(const Tensor& p, Generator& generator);

/// Independent whole numbers from low .. high - 1, equally likely up to one part in 2^64.
/// Throws ShapeError, ConfigError (low >= high), DTypeError for an end that dtype does not hold.
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, Generator& generator,
               DType dtype = kInt64, Device device = kCpu);

/// The same with the shape and dtype of x.
Tensor uniform_like(const Tensor& x, double low, double high, Generator& generator);
Tensor normal_like(const Tensor& x, double mean, double std, Generator& generator);
Tensor bernoulli_like(const Tensor& x, double p, Generator& generator);
Tensor randint_like(const Tensor& x, std::int64_t low, std::int64_t high, Generator& generator);

/// n indices, drawn with the probabilities p / (sum of p along the last axis); in every row the
/// first index is drawn first. Without replacement no index comes twice in a row.
/// Shapes: p [..., k]  ->  int64 [..., n]. p: floating, finite, not negative, each row with a
/// positive sum. Throws DTypeError, ShapeError, ConfigError:
///   "[multinomial] p: -1 at [0, 2]; expected finite numbers >= 0",
///   "[multinomial] p: row 1 sums to 0; expected a positive, finite sum",
///   "[multinomial] n: 4; expected 0..3, the positive probabilities in row 0; or draw with
///   replacement"
/// Differs: PyTorch takes one row or a matrix of them, and no n of 0.
Tensor multinomial(const Tensor& p, std::int64_t n, bool replacement, Generator& generator);

/// 0 .. n-1 in random order, int64 [n]. All n! orders are equally likely (Fisher and Yates).
Tensor permutation(std::int64_t n, Generator& generator);

}  // namespace gradus
