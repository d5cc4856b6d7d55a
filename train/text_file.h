#pragma once
#include <filesystem>
#include <string_view>

#include "tensor/io/atomic_file.h"

namespace gradus::train {

/// Puts `text` (any bytes) into a file that readers see whole or not at all; see
/// io::write_file_atomically. Throws IoError, with the words of the system:
///   "[write] out/a.csv: cannot be written: No space left on device; expected a place that has
/// room and may be written to"
inline void write_text_atomically(const std::filesystem::path& file, std::string_view text) {
  io::write_file_atomically("write", file, {&text, 1});
}

}  // namespace gradus::train
