#pragma once
// Parameters in float16 and bfloat16: the rules compute in float; here is how their results are
// kept in 16 bits.
#include <cstdint>

#include "tensor/tensor.h"

namespace gradus::optim {

/// What becomes of the digits that a parameter of 16 bits cannot hold.
///   kSplitMaster  kept in 2 more bytes: together they are a float32 master copy, bit for bit, and
///                 the parameter is that copy rounded (ties away from 0). For float16, exactly from
///                 2^-17 = 7.6e-6 on; below, the master is a multiple of 2^-40, and beyond 65504 it
///                 is infinite like the parameter.
///   kKahan        kept rounded to the parameter's own dtype in 2 more bytes: 16 digits for
///                 bfloat16. Decay is part of the compensated update.
///                 Source: Kahan 1965, doi:10.1145/363707.363723; Zamirai et al. 2020,
///                 arXiv:2010.06192.
///   kStochastic   dropped, but up or down by chance, so that the mean is right. The random bits
///   are
///                 a function of seed, parameter name, its step and the element.
///   kNearest      dropped: updates below half a unit in the last place are lost.
enum class LowPrecision { kSplitMaster, kKahan, kStochastic, kNearest };

/// Whether parameters of this dtype are updated in float and kept in 16 bits.
constexpr bool is_half(DType d) { return d == kFloat16 || d == kBFloat16; }

/// Which random bits stochastic rounding takes.
struct RoundingStream {
  std::uint64_t key = 0;   ///< of the optimizer's seed and the parameter's name
  std::int64_t step = 0;   ///< of the parameter
  std::int64_t first = 0;  ///< number of the first element
};

/// x[i] = theta[i] and what was left over, for n elements of a half dtype. `low` is an array of
/// 2 n bytes, null where the way keeps nothing.
void load_half(DType dtype, LowPrecision way, const void* theta, const void* low, std::int64_t n,
               float* x);
/// theta[i] = x[i] rounded, low[i] = what is left over.
void store_half(DType dtype, LowPrecision way, const float* x, std::int64_t n,
                const RoundingStream& stream, void* theta, void* low);

/// The same for whole tensors on any device, where `low` is an address too. x: float32.
void load_half(const Tensor& theta, LowPrecision way, const void* low, const Tensor& x);
void store_half(const Tensor& x, LowPrecision way, const RoundingStream& stream,
                const Tensor& theta, void* low);

}  // namespace gradus::optim
