#include "tensor/large_blocks.h"

#include <array>
#include <bit>
#include <cstdlib>
#include <mutex>

namespace gradus::large_blocks {
namespace {

struct Kept {
  void* block = nullptr;
  std::size_t bytes = 0;
};

// In the order of their return, the newest last. Few enough to look at all of them; never
// destroyed, since tensors of static variables die late.
constinit std::mutex mutex;
constinit std::array<Kept, 64> kept{};
constinit std::size_t count = 0, kept_bytes = 0;

void* remove(std::size_t i) noexcept {
  void* block = kept[i].block;
  kept_bytes -= kept[i].bytes;
  for (--count; i < count; ++i) kept[i] = kept[i + 1];
  return block;
}

}  // namespace

std::size_t rounded(std::size_t bytes) {
  const std::size_t step = std::size_t{1} << (std::bit_width(bytes - 1) - 4);
  return (bytes + step - 1) / step * step;
}

void* take(std::size_t bytes) noexcept {
  const std::size_t wanted = rounded(bytes);
  std::lock_guard lock(mutex);
  for (std::size_t i = count; i-- > 0;) {  // the newest may still be in the caches
    if (kept[i].bytes == wanted) return remove(i);
  }
  return nullptr;
}

void keep(void* block, std::size_t bytes) noexcept {
  const std::size_t size = rounded(bytes);
  if (size > kMostBytesKept) return std::free(block);
  std::lock_guard lock(mutex);
  while (count == kept.size() || kept_bytes + size > kMostBytesKept) std::free(remove(0));
  kept[count++] = {block, size};
  kept_bytes += size;
}

std::size_t release_all() noexcept {
  std::lock_guard lock(mutex);
  const std::size_t bytes = kept_bytes;
  while (count > 0) std::free(remove(count - 1));
  return bytes;
}

}  // namespace gradus::large_blocks
