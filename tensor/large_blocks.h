#pragma once
// Memory of large tensors, kept for the next ones: the system zeroes each page that it hands out,
// which takes longer than most kernels need for the elements on it.
#include <cstddef>
#include <cstdint>

namespace gradus::large_blocks {

/// Bytes that wait for reuse at most; the blocks that have waited longest go back to the system.
inline constexpr std::size_t kMostBytesKept = std::size_t{512} << 20;

/// What is asked of the system for a block of `bytes` > 1 MiB: a little more, so that tensors of
/// about the same size can take turns. At most an eighth is added.
std::size_t rounded(std::size_t bytes);

/// A block that was kept, of rounded(bytes), or null. Any thread.
void* take(std::size_t bytes) noexcept;
/// Takes over a block of rounded(bytes); the caller must not touch it again. Any thread.
void keep(void* block, std::size_t bytes) noexcept;
/// Gives all kept blocks back to the system; returns their bytes.
std::size_t release_all() noexcept;

}  // namespace gradus::large_blocks
