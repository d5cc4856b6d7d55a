#pragma once
// What the fuzz targets share.
#include <cstddef>
#include <cstdint>
#include <span>

#include "tensor/error.h"
#include "tensor/tensor.h"

namespace gradus::fuzz {

/// Reads every element, in the order of its axes, so that a sanitizer sees strides that lead
/// outside.
inline void touch(const Tensor& x) {
  if (x.numel() == 0) return;
  const auto* data = static_cast<const unsigned char*>(x.raw_data());
  const auto size = static_cast<std::int64_t>(size_of(x.dtype()));
  volatile unsigned char seen = 0;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    std::int64_t rest = i, at = 0;
    for (int axis = x.rank() - 1; axis >= 0; --axis) {
      at += rest % x.shape()[axis] * x.strides()[axis];
      rest /= x.shape()[axis];
    }
    for (std::int64_t k = 0; k < size; ++k)
      seen = static_cast<unsigned char>(seen ^ data[at * size + k]);
  }
}

/// Calls `reader` with the bytes. It may throw what Gradus throws; anything else ends the program.
template <class Reader>
int run(const std::uint8_t* data, std::size_t size, Reader&& reader) {
  try {
    reader(std::as_bytes(std::span(data, size)));
  } catch (const Error&) {
    return 0;
  }
  return 0;
}

}  // namespace gradus::fuzz

/// libFuzzer calls it with each input; corpus_test.cc with each file of the corpus.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
