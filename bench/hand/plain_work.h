#pragma once
#include <cstdint>

namespace gradus::bench {

/// Moves as many bytes as a kernel that reads and writes `traffic` bytes together: memcpy of half
/// of them between two buffers of its own, with num_threads() threads.
void copy_traffic(std::int64_t traffic);

/// y [n, m] = a [n, k] b [k, m] of row-major float32 by Eigen alone, its rows in num_threads()
/// parts.
void eigen_product(const float* a, const float* b, float* y, std::int64_t n, std::int64_t k,
                   std::int64_t m);

}  // namespace gradus::bench
