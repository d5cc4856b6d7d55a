#include "tensor/storage.h"

#include <new>

#include "tensor/cuda/runtime.h"
#include "tensor/ledger.h"
#include "tensor/pool.h"

namespace gradus {

/// What lies behind the header of a borrowed storage in place of elements.
struct Storage::Borrowed {
  std::function<void()> deleter;
};

Storage* Storage::allocate(std::size_t bytes) {
  static_assert(sizeof(Storage) <= kHeader);
  void* block = pool_allocate(kHeader + bytes);
  auto* storage = new (block) Storage(static_cast<std::byte*>(block) + kHeader, bytes);
  ledger::allocated(storage, bytes);
  return storage;
}

Storage* Storage::allocate(std::size_t bytes, Device device) {
  if (device.is_cpu()) return allocate(bytes);
  void* data = gpu::allocate(device, bytes);
  Storage* storage;
  try {
    storage = borrow(data, bytes, [device, data] { gpu::release(device, data); });
  } catch (...) {
    gpu::release(device, data);
    throw;
  }
  storage->device_ = device;
  return storage;
}

Storage* Storage::borrow(void* data, std::size_t bytes, std::function<void()> deleter) {
  void* block = pool_allocate(kHeader + sizeof(Borrowed));
  new (static_cast<std::byte*>(block) + kHeader) Borrowed{std::move(deleter)};
  return new (block) Storage(data, bytes);
}

void Storage::destroy() {
  std::byte* tail = reinterpret_cast<std::byte*>(this) + kHeader;
  std::size_t block = kHeader + bytes_;
  if (data_ != tail) {
    auto* borrowed = reinterpret_cast<Borrowed*>(tail);
    if (borrowed->deleter) borrowed->deleter();
    borrowed->~Borrowed();
    block = kHeader + sizeof(Borrowed);
  } else {
    ledger::freed(this, bytes_);
  }
  this->~Storage();
  pool_free(this, block);
}

}  // namespace gradus
