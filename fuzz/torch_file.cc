// Any bytes as a file of torch.save.
#include "tensor/io/torch_file.h"

#include "fuzz/touch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return gradus::fuzz::run(data, size, [](auto bytes) {
    for (const auto& [name, x] : gradus::parse_torch(bytes)) gradus::fuzz::touch(x);
  });
}
