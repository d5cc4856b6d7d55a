#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "tensor/io/input.h"
#include "tensor/io/safetensors.h"

namespace gradus::io {

/// One tensor of the header. Offsets count from the end of the header.
struct SafetensorsEntry {
  std::string name, dtype;
  std::vector<std::uint64_t> shape, offsets;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  Metadata metadata;
};

/// The header's JSON. Every tensor of the answer has a dtype (any text), a shape (any sizes) and
/// two offsets (any numbers); names are unique. Throws IoError.
SafetensorsHeader parse_safetensors_header(const Place& place, std::string_view text);

}  // namespace gradus::io
