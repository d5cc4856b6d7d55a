// Any bytes as gzip.
#include "data/bytes.h"
#include "fuzz/touch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return gradus::fuzz::run(data, size, [](auto bytes) {
    gradus::data::gunzip("fuzz", "bytes", gradus::data::as_text(bytes), 1 << 20);
  });
}
