#pragma once
#include <cstdint>

#include "tensor/random.h"

namespace gradus {

/// Which elements dropout zeroes: a function of these three and of the element's row-major number.
/// Element i, the r-th of its block of 64, has word r / 16 of counter first + 16 (i / 64) + r % 16,
/// and is zeroed where word / 2^32 is below p, rounded to a multiple of 2^-32.
struct DropoutMask {
  double p = 0;
  std::uint64_t seed = 0, first = 0;

  /// For x, from the next counters of a generator. Throws DTypeError (x is not floating),
  /// ConfigError:
  ///   "[dropout] p: 1.5; expected a probability, 0..1"
  static DropoutMask draw(double p, const Tensor& x, Generator& generator);
};

/// y = x / (1 - p) where the mask keeps an element, 0 elsewhere, also of NaN; all 0 for p = 1. One
/// pass over x. Throws DTypeError (not floating).
Tensor dropout(const Tensor& x, const DropoutMask& mask);

}  // namespace gradus
