#include "tensor/cuda/allocator.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <iterator>

#include "tensor/error.h"
#include "tensor/memory.h"

namespace gradus::gpu {
namespace {

std::string text_of(std::size_t bytes) { return bytes_text(static_cast<std::int64_t>(bytes)); }

}  // namespace

std::size_t block_size(std::size_t bytes) {
  constexpr std::size_t kSmallest = 512;
  if (bytes <= kSmallest) return kSmallest;
  if (bytes > SIZE_MAX / 2) return bytes;  // no device has it
  const std::size_t step = std::max(kSmallest, std::bit_floor(bytes - 1) / 8);
  return (bytes + step - 1) / step * step;
}

CachingAllocator::CachingAllocator(Device device, DeviceMemory& memory, bool keeps)
    : device_(device), memory_(memory), keeps_(keeps) {}

CachingAllocator::~CachingAllocator() { release_kept(); }

// The smallest kept block that is at most an eighth larger; of equal ones that which was used last,
// since the device's cache may still hold it.
void* CachingAllocator::take_kept(std::size_t bytes, std::size_t& found) {
  const auto smallest = kept_.lower_bound(bytes);
  if (smallest == kept_.end() || smallest->first > bytes + bytes / 8) return nullptr;
  const auto at = std::prev(kept_.upper_bound(smallest->first));
  if (!at->second.events.empty()) memory_.wait_behind(at->second.events);
  found = at->first;
  void* memory = at->second.memory;
  kept_.erase(at);
  stats_.kept -= found;
  ++stats_.reuses;
  return memory;
}

void* CachingAllocator::allocate(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  const std::lock_guard lock(mutex_);
  std::size_t size = keeps_ ? block_size(bytes) : bytes;
  void* memory = take_kept(size, size);
  if (memory == nullptr) {
    memory = memory_.allocate(size);
    if (memory == nullptr && !kept_.empty()) {
      release_kept_locked();
      memory = memory_.allocate(size);
    }
    if (memory == nullptr) throw DeviceError(exhausted(bytes));
    ++stats_.device_requests;
    stats_.reserved += size;
    stats_.peak_reserved = std::max(stats_.peak_reserved, stats_.reserved);
  }
  try {
    live_.emplace(memory, Block{.bytes = size, .asked = bytes});
  } catch (...) {
    memory_.release(memory);
    stats_.reserved -= size;
    throw;
  }
  ++stats_.live;
  stats_.allocated += bytes;
  stats_.peak_allocated = std::max(stats_.peak_allocated, stats_.allocated);
  return memory;
}

void CachingAllocator::release(void* memory) noexcept {
  if (memory == nullptr) return;
  const std::lock_guard lock(mutex_);
  const auto at = live_.find(memory);
  if (at == live_.end()) return;
  const std::size_t size = at->second.bytes;
  --stats_.live;
  stats_.allocated -= at->second.asked;
  live_.erase(at);
  if (keeps_) {
    try {
      kept_.emplace(size, Kept{memory, memory_.mark()});
      stats_.kept += size;
      return;
    } catch (...) {  // then it goes back
    }
  }
  memory_.release(memory);
  stats_.reserved -= size;
}

void CachingAllocator::describe(const void* memory, const Shape& shape, DType dtype) noexcept {
  if (memory == nullptr) return;
  const std::lock_guard lock(mutex_);
  const auto at = live_.find(memory);
  if (at == live_.end()) return;
  at->second.shape = shape;
  at->second.dtype = dtype;
  at->second.described = true;
}

void CachingAllocator::release_kept_locked() noexcept {
  for (auto& [size, kept] : kept_) {
    try {
      if (!kept.events.empty()) memory_.wait_behind(kept.events);
    } catch (...) {  // the device is lost, and its memory with it
    }
    memory_.release(kept.memory);
    stats_.reserved -= size;
  }
  kept_.clear();
  stats_.kept = 0;
}

void CachingAllocator::release_kept() noexcept {
  const std::lock_guard lock(mutex_);
  release_kept_locked();
}

AllocatorStats CachingAllocator::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

std::string CachingAllocator::exhausted(std::size_t bytes) const {
  const DeviceMemory::Room room = memory_.room();
  std::string text = "[allocate] " + to_string(device_) + ": out of memory for " + text_of(bytes) +
                     " (" + std::to_string(bytes) + " bytes); " + text_of(room.free) + " of " +
                     text_of(room.total) + " are free, " + text_of(stats_.allocated) +
                     " are in use by " + std::to_string(stats_.live) + " tensors";
  std::vector<const Block*> largest;
  for (const auto& [address, block] : live_) largest.push_back(&block);
  const auto count = std::min<std::ptrdiff_t>(3, std::ssize(largest));
  std::partial_sort(largest.begin(), largest.begin() + count, largest.end(),
                    [](const Block* a, const Block* b) { return a->asked > b->asked; });
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const Block& block = *largest[i];
    text += (i == 0 ? "; the largest: " : ", ") + text_of(block.asked);
    if (block.described) {
      text += " " + std::string(name(block.dtype)) + " " + to_string(block.shape);
    }
  }
  return text + "; free tensors or use smaller ones";
}

}  // namespace gradus::gpu
