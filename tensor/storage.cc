#include "tensor/storage.h"

#include <new>

#include "tensor/pool.h"

namespace gradus {

Storage* Storage::allocate(std::size_t bytes) {
  static_assert(sizeof(Storage) <= kHeader);
  return new (pool_allocate(kHeader + bytes)) Storage(bytes);
}

void Storage::destroy() {
  const std::size_t block = kHeader + bytes_;
  this->~Storage();
  pool_free(this, block);
}

}  // namespace gradus
