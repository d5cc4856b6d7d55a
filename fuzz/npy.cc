// Any bytes as .npy.
#include "tensor/io/npy.h"

#include "fuzz/touch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return gradus::fuzz::run(data, size,
                           [](auto bytes) { gradus::fuzz::touch(gradus::parse_npy(bytes)); });
}
