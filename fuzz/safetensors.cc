// Any bytes as .safetensors.
#include "tensor/io/safetensors.h"

#include "fuzz/touch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return gradus::fuzz::run(data, size, [](auto bytes) {
    for (const auto& [name, x] : gradus::parse_safetensors(bytes).tensors) gradus::fuzz::touch(x);
  });
}
