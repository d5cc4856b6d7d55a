#include "tensor/simt/shared.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "tensor/simt/allocations.h"
#include "tensor/simt/sanitizers.h"

namespace gradus::simt {
namespace {

constexpr std::size_t kStaticLimit = 48 << 10;
constexpr std::size_t kAlignment = 128;

std::size_t guard() { return under_asan() ? 0 : kAlignment; }

}  // namespace

SharedMemory::~SharedMemory() { start_launch(0); }

std::byte* SharedMemory::make(std::size_t bytes) {
  void* memory = nullptr;
  const std::size_t all = bytes + 2 * guard();
  if (posix_memalign(&memory, kAlignment, all) != 0) throw std::bad_alloc();
  auto* data = static_cast<std::byte*>(memory) + guard();
  fill_guard(data - guard(), guard());
  std::memset(data, 0xff, bytes);
  fill_guard(data + bytes, guard());
  return data;
}

void SharedMemory::drop(std::byte* data) { std::free(data - guard()); }

void SharedMemory::start_launch(std::size_t dynamic_bytes) {
  for (const Array& array : arrays_) drop(array.data);
  arrays_.clear();
  dynamic_bytes_ = dynamic_bytes;
  static_bytes_ = 0;
}

void SharedMemory::start_block() {
  for (Array& array : arrays_) array.fresh = false;
}

// Under TSan every block gets memory of its own: what two blocks do to theirs is no race.
void* SharedMemory::refill(Array& array) {
  if (under_tsan()) {
    drop(array.data);
    array.data = make(array.bytes);
  } else {
    std::memset(array.data, 0xff, array.bytes);
  }
  array.fresh = true;
  return array.data;
}

void* SharedMemory::array(const void* key, std::size_t bytes, const char* name, Here here,
                          std::size_t limit) {
  for (Array& array : arrays_) {
    if (array.key == key) return array.fresh ? array.data : refill(array);
  }
  const bool is_static = key != dynamic_key();
  if (is_static) {
    static_bytes_ += bytes;
    if (static_bytes_ > kStaticLimit || static_bytes_ + dynamic_bytes_ > limit) return nullptr;
  }
  arrays_.push_back({key, make(bytes), bytes, name, here, true});
  return arrays_.back().data;
}

std::string SharedMemory::damaged() const {
  const std::size_t width = guard();
  for (const Array& array : arrays_) {
    if (!array.fresh) continue;
    if (guard_intact(array.data - width, width) && guard_intact(array.data + array.bytes, width)) {
      continue;
    }
    return std::string(array.name) + ", " + array.here.file + ":" + std::to_string(array.here.line);
  }
  return {};
}

}  // namespace gradus::simt
