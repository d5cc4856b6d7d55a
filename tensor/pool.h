#pragma once
#include <cstddef>
#include <cstdint>

namespace gradus {

/// Memory for tensors and tape nodes, aligned to 64 bytes. Blocks up to 1 MiB are kept in lists per
/// thread and size class and handed out again without a call to malloc; of larger ones, up to
/// 512 MiB are kept for all threads. Under AddressSanitizer nothing is kept, so that a use after
/// free is seen.
/// Throws DeviceError: "[allocate] cpu: out of memory for 800 bytes; free tensors or use smaller
/// ones".
void* pool_allocate(std::size_t bytes);
/// `bytes` must be the size that was asked for. May run on another thread than the allocation.
void pool_free(void* block, std::size_t bytes) noexcept;

struct PoolStatistics {
  std::int64_t requests = 0;      ///< calls of pool_allocate on this thread
  std::int64_t system_calls = 0;  ///< those that had to call malloc
};
/// Gives the large blocks that wait for reuse back to the system; returns their bytes. The pool
/// does so itself before it reports that memory is out.
std::size_t release_kept_memory() noexcept;

/// Counters of the calling thread since it started.
PoolStatistics pool_statistics();

}  // namespace gradus
