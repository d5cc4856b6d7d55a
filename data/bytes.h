#pragma once
// Files as bytes: what the readers of data sets have in common.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace gradus::data {

/// The bytes of a file; those inside, when it is compressed with gzip. op: the reader, and hint:
/// what to do, for texts of errors. Throws IoError for a file that is missing, a folder,
/// unreadable, and what gunzip throws:
///   "[idx] x.gz: no such file; expected a file; ./gradus data mnist downloads it"
std::string read_bytes(std::string_view op, const std::filesystem::path& file,
                       const std::string& hint = "");

/// Whether bytes begin as a gzip file does.
bool is_gzip(std::string_view bytes);

/// The bytes inside a gzip file of one member or several, its check sums compared. name: of the
/// file, for texts. Throws IoError, also when more than `limit` bytes come out:
///   "[idx] x.gz: the compressed bytes end too early; expected more; was it cut off?"
///   "[idx] x.gz: the check sum of the compressed bytes is wrong; expected another; the file is
///   damaged"
/// Source: Deutsch 1996, RFC 1952.
std::string gunzip(std::string_view op, const std::string& name, std::string_view bytes,
                   std::uint64_t limit = std::uint64_t{1} << 34);

inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace gradus::data
