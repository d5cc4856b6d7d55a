// Any bytes as comma-separated values.
#include "data/csv.h"

#include "fuzz/touch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return gradus::fuzz::run(data, size, [](auto bytes) {
    const auto table = gradus::data::parse_csv(bytes, {.header = bytes.size() % 2 == 0});
    for (const auto& column : table.columns()) {
      gradus::fuzz::touch(table.categories(column.name).codes);
    }
  });
}
