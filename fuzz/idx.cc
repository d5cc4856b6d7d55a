// Any bytes as IDX.
#include "data/idx.h"

#include "fuzz/touch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return gradus::fuzz::run(data, size,
                           [](auto bytes) { gradus::fuzz::touch(gradus::data::parse_idx(bytes)); });
}
