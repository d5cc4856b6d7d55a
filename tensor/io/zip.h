#pragma once
// Zip archives, of which the readers of .npz files and of PyTorch's files take what they know.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/io/deflate.h"
#include "tensor/io/input.h"

namespace gradus::io {

// Records of an archive, by the number that each begins with, and their sizes without names.
constexpr std::uint32_t kZipLocal = 0x04034b50, kZipCentral = 0x02014b50, kZipEnd = 0x06054b50;
constexpr std::uint32_t kZipEnd64 = 0x06064b50, kZipLocator64 = 0x07064b50;
constexpr std::size_t kZipLocalSize = 30, kZipCentralSize = 46, kZipEndSize = 22;
constexpr std::size_t kZipEnd64Size = 56, kZipLocator64Size = 20;
constexpr std::uint32_t kZipIn64 = 0xFFFFFFFF;  // a field whose value is in the 64-bit extra field
constexpr std::uint16_t kZipExtra64 = 1;
constexpr std::uint16_t kZipStored = 0, kZipDeflated = 8;

struct ZipEntry {
  std::string name;
  std::uint16_t flags = 0, method = 0;
  std::uint32_t crc = 0;
  std::uint64_t packed = 0, size = 0, local = 0;  // local: where its header is
  std::uint64_t begin = 0;                        // where its bytes are
};

/// The central directory: where it is and how much there is in it.
struct ZipDirectory {
  std::uint64_t offset = 0, bytes = 0, entries = 0;
};

/// What an archive is expected to be.
struct ZipKind {
  std::string expected;           ///< "an .npz file; was it cut off?", where there is no archive
  std::string_view suffix;        ///< of every name
  std::string_view no_such_name;  ///< "is no array; expected ...", for one without it
  bool deflated;                  ///< whether entries may be
  std::string_view methods;       ///< "0 (stored), which ... writes", for one that is not so
};

/// All entries, checked against each other and the bytes that are there. Throws IoError.
std::vector<ZipEntry> zip_entries(const Input& input, const ZipKind& kind);

/// Who reads which entry.
Place place_of(const Input& input, const ZipEntry& entry);

/// Throws IoError unless `crc` is that of the entry.
void check_crc(const Place& place, const ZipEntry& entry, std::uint32_t crc);

}  // namespace gradus::io
