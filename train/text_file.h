#pragma once
#include <filesystem>
#include <string_view>

namespace gradus::train {

/// Puts `text` (any bytes) into a file that readers see whole or not at all: it is written beside
/// the file, forced to the disk, then renamed. Folders on the way are made. An earlier file stays
/// as it was when anything fails, and nothing half-written is left. What a link points to is
/// replaced, not the link; devices and pipes (/dev/stdout) are written to directly.
/// Throws IoError, with the words of the system:
///   "[write] out/a.csv: cannot be written: No space left on device; expected a place that has
/// room and may be written to"
void write_text_atomically(const std::filesystem::path& file, std::string_view text);

}  // namespace gradus::train
