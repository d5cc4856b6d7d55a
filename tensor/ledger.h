#pragma once
// What Storage and Tensor tell the counters of memory.h.
#include <atomic>
#include <cstddef>
#include <string>

#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace gradus::ledger {

/// Storage `owner` got or gives back `bytes` for elements.
void allocated(const void* owner, std::size_t bytes);
void freed(const void* owner, std::size_t bytes) noexcept;

/// Whether there is a MemoryTrace or a traced tensor.
inline std::atomic<bool> tracing{false};
void trace(const void* owner, std::size_t bytes) noexcept;
void forget(const void* owner) noexcept;
void note_shape(const void* owner, const Shape& shape, DType dtype);

/// "12.0 MiB are in use by 3 tensors; the largest: ...": for the error of memory that is exhausted.
std::string text_when_exhausted();

}  // namespace gradus::ledger
