#pragma once
#include <cstdint>

namespace gradus {

/// Multiply-adds of the matrix products, convolutions, attentions and recurrences that this thread
/// has asked for since it started, whatever asked for them: n k m for a product of [n, k] and
/// [k, m], one for each element of a window of a convolution, padding included, all pairs of
/// queries and keys, masked or not. Take the difference of two readings. Work with single elements
/// and sums is not counted.
inline constinit thread_local std::int64_t multiply_adds = 0;

}  // namespace gradus
