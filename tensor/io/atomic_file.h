#pragma once
#include <filesystem>
#include <span>
#include <string_view>

namespace gradus::io {

/// Puts `pieces` (any bytes), one behind the other, into a file that readers see whole or not at
/// all: they are written beside the file, forced to the disk, then renamed. Folders on the way are
/// made. An earlier file stays as it was when anything fails, and nothing half-written is left
/// (only a process that is killed leaves a `.gradus-*.part` beside it). What a link points to is
/// replaced, not the link; devices and pipes (/dev/stdout) are written to directly.
/// op: the caller, for the text. Throws IoError, with the words of the system:
///   "[save_npy] out/a.npy: cannot be written: No space left on device; expected a place that has
/// room and may be written to"
void write_file_atomically(std::string_view op, const std::filesystem::path& file,
                           std::span<const std::string_view> pieces);

}  // namespace gradus::io
