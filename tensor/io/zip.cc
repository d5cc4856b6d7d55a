#include "tensor/io/zip.h"

#include <algorithm>
#include <optional>
#include <set>

namespace gradus::io {
namespace {

constexpr std::uint64_t kMostExpansion = 1032;  // deflate: 258 bytes from 2 bits
constexpr const char* kDamaged = "; the file is damaged";

ZipDirectory find_directory(const Input& input, const ZipKind& kind) {
  const Place& place = input.place();
  // The record at the end is followed by a comment of up to 65535 bytes.
  const std::uint64_t tail_size = std::min<std::uint64_t>(input.size(), kZipEndSize + 0xFFFF);
  std::string tail(tail_size, '\0');
  const std::uint64_t tail_begin = input.size() - tail_size;
  input.read(tail_begin, tail.data(), tail.size());
  std::optional<std::size_t> found;
  for (std::size_t i = tail.size() + 1 - std::min(tail.size() + 1, kZipEndSize); i-- > 0;) {
    if (little_endian<std::uint32_t>(&tail[i]) != kZipEnd) continue;
    if (little_endian<std::uint16_t>(&tail[i + 20]) != tail.size() - i - kZipEndSize) continue;
    found = i;
    break;
  }
  if (!found) place.fail("no directory of a zip archive at the end; expected " + kind.expected);
  const char* end = &tail[*found];
  ZipDirectory directory{little_endian<std::uint32_t>(end + 16),
                         little_endian<std::uint32_t>(end + 12),
                         little_endian<std::uint16_t>(end + 10)};
  std::uint64_t limit = tail_begin + *found;  // the directory lies before its end record
  bool one_disk = little_endian<std::uint32_t>(end + 4) == 0;
  char locator[kZipLocator64Size];
  if (limit >= kZipLocator64Size) {
    input.read(limit - kZipLocator64Size, locator, sizeof locator);
    if (little_endian<std::uint32_t>(locator) == kZipLocator64) {
      const auto at = little_endian<std::uint64_t>(locator + 8);
      char end64[kZipEnd64Size];
      if (!input.has(at, kZipEnd64Size)) {
        place.fail("the 64-bit end record at " + std::to_string(at) + " lies outside of the " +
                   std::to_string(input.size()) + " bytes; expected it inside" + kDamaged);
      }
      input.read(at, end64, sizeof end64);
      if (little_endian<std::uint32_t>(end64) != kZipEnd64) {
        place.fail("no 64-bit end record at " + std::to_string(at) + "; expected one" + kDamaged);
      }
      directory = {little_endian<std::uint64_t>(end64 + 48),
                   little_endian<std::uint64_t>(end64 + 40),
                   little_endian<std::uint64_t>(end64 + 32)};
      limit = std::min(limit, at);
      one_disk = little_endian<std::uint64_t>(end64 + 16) == 0;
    }
  }
  if (!one_disk) place.fail("an archive in several parts; expected one file; join the parts");
  if (directory.offset > limit || directory.bytes > limit - directory.offset ||
      directory.entries > directory.bytes / kZipCentralSize) {
    place.fail("a directory of " + std::to_string(directory.entries) + " entries and " +
               std::to_string(directory.bytes) + " bytes at " + std::to_string(directory.offset) +
               "; expected it to fit before its end record at " + std::to_string(limit) + kDamaged);
  }
  return directory;
}

// Sizes that do not fit in 32 bits are in an extra field, in this order and only where needed.
bool read_extra64(std::string_view extra, ZipEntry& entry) {
  const bool needed = entry.size == kZipIn64 || entry.packed == kZipIn64 || entry.local == kZipIn64;
  while (needed && extra.size() >= 4) {
    const auto id = little_endian<std::uint16_t>(extra.data());
    const std::size_t bytes = little_endian<std::uint16_t>(extra.data() + 2);
    extra.remove_prefix(4);
    if (bytes > extra.size()) return false;
    if (id != kZipExtra64) {
      extra.remove_prefix(bytes);
      continue;
    }
    std::string_view field = extra.substr(0, bytes);
    for (std::uint64_t* value : {&entry.size, &entry.packed, &entry.local}) {
      if (*value != kZipIn64) continue;
      if (field.size() < 8) return false;
      *value = little_endian<std::uint64_t>(field.data());
      field.remove_prefix(8);
    }
    return true;
  }
  return !needed;
}

std::vector<ZipEntry> read_directory(const Input& input, const ZipDirectory& directory) {
  const Place& place = input.place();
  std::string text(directory.bytes, '\0');
  input.read(directory.offset, text.data(), text.size());
  std::vector<ZipEntry> entries;
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    const auto fail = [&] {
      place.fail("entry " + std::to_string(i) + " of the directory is malformed; expected " +
                 std::to_string(directory.entries) + " entries" + kDamaged);
    };
    if (text.size() - at < kZipCentralSize) fail();
    const char* record = &text[at];
    if (little_endian<std::uint32_t>(record) != kZipCentral) fail();
    const std::size_t name_size = little_endian<std::uint16_t>(record + 28);
    const std::size_t extra_size = little_endian<std::uint16_t>(record + 30);
    const std::size_t comment_size = little_endian<std::uint16_t>(record + 32);
    at += kZipCentralSize;
    if (text.size() - at < name_size + extra_size + comment_size) fail();
    ZipEntry entry;
    entry.name = text.substr(at, name_size);
    entry.flags = little_endian<std::uint16_t>(record + 8);
    entry.method = little_endian<std::uint16_t>(record + 10);
    entry.crc = little_endian<std::uint32_t>(record + 16);
    entry.packed = little_endian<std::uint32_t>(record + 20);
    entry.size = little_endian<std::uint32_t>(record + 24);
    entry.local = little_endian<std::uint32_t>(record + 42);
    if (!read_extra64({&text[at] + name_size, extra_size}, entry)) fail();
    at += name_size + extra_size + comment_size;
    entries.push_back(std::move(entry));
  }
  if (at != text.size()) {
    place.fail("the directory has " + std::to_string(text.size() - at) + " bytes more than its " +
               std::to_string(directory.entries) + " entries; expected none" + kDamaged);
  }
  return entries;
}

// Checks what the directory says of an entry, and finds its bytes.
void locate(const Input& input, const ZipKind& kind, ZipEntry& entry) {
  const Place place = place_of(input, entry);
  if (!entry.name.ends_with(kind.suffix)) place.fail(std::string(kind.no_such_name));
  if (entry.flags & 1) place.fail("is encrypted; expected an archive without a password");
  if (entry.method != kZipStored && !(kind.deflated && entry.method == kZipDeflated)) {
    place.fail("compression method " + std::to_string(entry.method) + "; expected " +
               std::string(kind.methods));
  }
  char header[kZipLocalSize];
  const auto outside = [&] {
    place.fail("lies outside of the file; expected its " + std::to_string(entry.packed) +
               " bytes inside of " + std::to_string(input.size()) + kDamaged);
  };
  if (!input.has(entry.local, kZipLocalSize)) outside();
  input.read(entry.local, header, sizeof header);
  const std::uint64_t name_size = little_endian<std::uint16_t>(header + 26);
  const std::uint64_t extra_size = little_endian<std::uint16_t>(header + 28);
  std::string name(name_size, '\0');
  if (!input.has(entry.local, kZipLocalSize + name_size + extra_size)) outside();
  input.read(entry.local + kZipLocalSize, name.data(), name.size());
  if (little_endian<std::uint32_t>(header) != kZipLocal || name != entry.name) {
    place.fail("has no header of that name at " + std::to_string(entry.local) + "; expected one" +
               kDamaged);
  }
  entry.begin = entry.local + kZipLocalSize + name_size + extra_size;
  if (!input.has(entry.begin, entry.packed)) outside();
  const bool possible = entry.method == kZipStored ? entry.size == entry.packed
                                                   : entry.size / kMostExpansion <= entry.packed;
  if (!possible) {
    place.fail("claims " + std::to_string(entry.size) + " bytes; expected what its " +
               std::to_string(entry.packed) + " bytes in the file can hold" + kDamaged);
  }
}

void check_overlaps(const Input& input, const std::vector<ZipEntry>& entries,
                    const ZipDirectory& directory) {
  std::set<std::string_view> names;
  std::vector<const ZipEntry*> by_place;
  for (const ZipEntry& entry : entries) {
    if (!names.insert(entry.name).second) {
      place_of(input, entry).fail("is there twice; expected each name once");
    }
    by_place.push_back(&entry);
  }
  std::sort(by_place.begin(), by_place.end(),
            [](const ZipEntry* a, const ZipEntry* b) { return a->local < b->local; });
  for (std::size_t i = 0; i < by_place.size(); ++i) {
    const ZipEntry& entry = *by_place[i];
    const bool last = i + 1 == by_place.size();
    if (entry.begin + entry.packed <= (last ? directory.offset : by_place[i + 1]->local)) continue;
    place_of(input, entry)
        .fail("overlaps " + (last ? "the directory" : "entry " + in_quotes(by_place[i + 1]->name)) +
              "; expected bytes of its own" + kDamaged);
  }
}

}  // namespace

Place place_of(const Input& input, const ZipEntry& entry) {
  return {input.place().op, input.place().name + ", entry " + in_quotes(entry.name)};
}

void check_crc(const Place& place, const ZipEntry& entry, std::uint32_t crc) {
  if (crc == entry.crc) return;
  const auto hex = [](std::uint32_t value) {
    std::string text = "0x";
    for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[value >> shift & 15];
    return text;
  };
  place.fail("the check sum is " + hex(entry.crc) + " and that of the bytes " + hex(crc) +
             "; expected the same" + kDamaged);
}

std::vector<ZipEntry> zip_entries(const Input& input, const ZipKind& kind) {
  const ZipDirectory directory = find_directory(input, kind);
  std::vector<ZipEntry> entries = read_directory(input, directory);
  for (ZipEntry& entry : entries) locate(input, kind, entry);
  check_overlaps(input, entries, directory);
  return entries;
}

}  // namespace gradus::io
