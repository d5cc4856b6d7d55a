#pragma once
// Random numbers on a device: those that the CPU makes from the same counters.
#include <cstdint>

#include "tensor/tensor.h"

namespace gradus::gpu {

/// Fills x (without gaps, floating) with numbers from counter `first` on; see tensor/random.h.
/// `top` is the largest number of the dtype below high.
void uniform(const Tensor& x, std::uint64_t seed, std::uint64_t first, double low, double high,
             double top);
void normal(const Tensor& x, std::uint64_t seed, std::uint64_t first, double mean, double std);
/// x: bool.
void bernoulli(const Tensor& x, std::uint64_t seed, std::uint64_t first, double p);

}  // namespace gradus::gpu
