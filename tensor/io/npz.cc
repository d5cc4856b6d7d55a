#include "tensor/io/npz.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tensor/error.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/deflate.h"
#include "tensor/io/npy_format.h"

namespace gradus {
namespace io {
namespace {

// Records of a zip archive, by the number that each begins with, and their sizes without names.
constexpr std::uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50;
constexpr std::uint32_t kEnd64 = 0x06064b50, kLocator64 = 0x07064b50;
constexpr std::size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22;
constexpr std::size_t kEnd64Size = 56, kLocator64Size = 20;
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;  // a field whose value is in the 64-bit extra field
constexpr std::uint16_t kExtra64 = 1, kExtraPadding = 0xD935;  // the latter as zipalign has it
constexpr std::uint16_t kStored = 0, kDeflated = 8;
constexpr std::uint64_t kMostExpansion = 1032;  // deflate: 258 bytes from 2 bits
constexpr std::string_view kSuffix = ".npy";
constexpr const char* kDamaged = "; the file is damaged";

struct Entry {
  std::string name;
  std::uint16_t flags = 0, method = 0;
  std::uint32_t crc = 0;
  std::uint64_t packed = 0, size = 0, local = 0;  // local: where its header is
  std::uint64_t begin = 0;                        // where its bytes are
};

// The central directory: where it is and how much there is in it.
struct Directory {
  std::uint64_t offset = 0, bytes = 0, entries = 0;
};

Directory find_directory(const Input& input) {
  const Place& place = input.place();
  // The record at the end is followed by a comment of up to 65535 bytes.
  const std::uint64_t tail_size = std::min<std::uint64_t>(input.size(), kEndSize + 0xFFFF);
  std::string tail(tail_size, '\0');
  const std::uint64_t tail_begin = input.size() - tail_size;
  input.read(tail_begin, tail.data(), tail.size());
  std::optional<std::size_t> found;
  for (std::size_t i = tail.size() + 1 - std::min(tail.size() + 1, kEndSize); i-- > 0;) {
    if (little_endian<std::uint32_t>(&tail[i]) != kEnd) continue;
    if (little_endian<std::uint16_t>(&tail[i + 20]) != tail.size() - i - kEndSize) continue;
    found = i;
    break;
  }
  if (!found) {
    const bool is_npy = tail_begin == 0 && tail.starts_with("\x93NUMPY");
    place.fail(std::string("no directory of a zip archive at the end; expected an .npz file; ") +
               (is_npy ? "this is a single array, use load_npy" : "was it cut off?"));
  }
  const char* end = &tail[*found];
  Directory directory{little_endian<std::uint32_t>(end + 16),
                      little_endian<std::uint32_t>(end + 12),
                      little_endian<std::uint16_t>(end + 10)};
  std::uint64_t limit = tail_begin + *found;  // the directory lies before its end record
  bool one_disk = little_endian<std::uint32_t>(end + 4) == 0;
  char locator[kLocator64Size];
  if (limit >= kLocator64Size) {
    input.read(limit - kLocator64Size, locator, sizeof locator);
    if (little_endian<std::uint32_t>(locator) == kLocator64) {
      const auto at = little_endian<std::uint64_t>(locator + 8);
      char end64[kEnd64Size];
      if (!input.has(at, kEnd64Size)) {
        place.fail("the 64-bit end record at " + std::to_string(at) + " lies outside of the " +
                   std::to_string(input.size()) + " bytes; expected it inside" + kDamaged);
      }
      input.read(at, end64, sizeof end64);
      if (little_endian<std::uint32_t>(end64) != kEnd64) {
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
      directory.entries > directory.bytes / kCentralSize) {
    place.fail("a directory of " + std::to_string(directory.entries) + " entries and " +
               std::to_string(directory.bytes) + " bytes at " + std::to_string(directory.offset) +
               "; expected it to fit before its end record at " + std::to_string(limit) + kDamaged);
  }
  return directory;
}

// Sizes that do not fit in 32 bits are in an extra field, in this order and only where needed.
bool read_extra64(std::string_view extra, Entry& entry) {
  const bool needed = entry.size == kIn64 || entry.packed == kIn64 || entry.local == kIn64;
  while (needed && extra.size() >= 4) {
    const auto id = little_endian<std::uint16_t>(extra.data());
    const std::size_t bytes = little_endian<std::uint16_t>(extra.data() + 2);
    extra.remove_prefix(4);
    if (bytes > extra.size()) return false;
    if (id != kExtra64) {
      extra.remove_prefix(bytes);
      continue;
    }
    std::string_view field = extra.substr(0, bytes);
    for (std::uint64_t* value : {&entry.size, &entry.packed, &entry.local}) {
      if (*value != kIn64) continue;
      if (field.size() < 8) return false;
      *value = little_endian<std::uint64_t>(field.data());
      field.remove_prefix(8);
    }
    return true;
  }
  return !needed;
}

std::vector<Entry> read_directory(const Input& input, const Directory& directory) {
  const Place& place = input.place();
  std::string text(directory.bytes, '\0');
  input.read(directory.offset, text.data(), text.size());
  std::vector<Entry> entries;
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    const auto fail = [&] {
      place.fail("entry " + std::to_string(i) + " of the directory is malformed; expected " +
                 std::to_string(directory.entries) + " entries" + kDamaged);
    };
    if (text.size() - at < kCentralSize) fail();
    const char* record = &text[at];
    if (little_endian<std::uint32_t>(record) != kCentral) fail();
    const std::size_t name_size = little_endian<std::uint16_t>(record + 28);
    const std::size_t extra_size = little_endian<std::uint16_t>(record + 30);
    const std::size_t comment_size = little_endian<std::uint16_t>(record + 32);
    at += kCentralSize;
    if (text.size() - at < name_size + extra_size + comment_size) fail();
    Entry entry;
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

Place place_of(const Input& input, const Entry& entry) {
  return {input.place().op, input.place().name + ", entry " + in_quotes(entry.name)};
}

// Checks what the directory says of an entry, and finds its bytes.
void locate(const Input& input, Entry& entry) {
  const Place place = place_of(input, entry);
  if (!std::string_view(entry.name).ends_with(kSuffix)) {
    place.fail("is no array; expected a name that ends with .npy");
  }
  if (entry.flags & 1) place.fail("is encrypted; expected an archive without a password");
  if (entry.method != kStored && entry.method != kDeflated) {
    place.fail("compression method " + std::to_string(entry.method) +
               "; expected 0 (stored) or 8 (deflate), which NumPy writes");
  }
  char header[kLocalSize];
  const auto outside = [&] {
    place.fail("lies outside of the file; expected its " + std::to_string(entry.packed) +
               " bytes inside of " + std::to_string(input.size()) + kDamaged);
  };
  if (!input.has(entry.local, kLocalSize)) outside();
  input.read(entry.local, header, sizeof header);
  const std::uint64_t name_size = little_endian<std::uint16_t>(header + 26);
  const std::uint64_t extra_size = little_endian<std::uint16_t>(header + 28);
  std::string name(name_size, '\0');
  if (!input.has(entry.local, kLocalSize + name_size + extra_size)) outside();
  input.read(entry.local + kLocalSize, name.data(), name.size());
  if (little_endian<std::uint32_t>(header) != kLocal || name != entry.name) {
    place.fail("has no header of that name at " + std::to_string(entry.local) + "; expected one" +
               kDamaged);
  }
  entry.begin = entry.local + kLocalSize + name_size + extra_size;
  if (!input.has(entry.begin, entry.packed)) outside();
  const bool possible = entry.method == kStored ? entry.size == entry.packed
                                                : entry.size / kMostExpansion <= entry.packed;
  if (!possible) {
    place.fail("claims " + std::to_string(entry.size) + " bytes; expected what its " +
               std::to_string(entry.packed) + " bytes in the file can hold" + kDamaged);
  }
}

void check_overlaps(const Input& input, const std::vector<Entry>& entries,
                    const Directory& directory) {
  std::set<std::string_view> names;
  std::vector<const Entry*> by_place;
  for (const Entry& entry : entries) {
    if (!names.insert(entry.name).second) {
      place_of(input, entry).fail("is there twice; expected each name once");
    }
    by_place.push_back(&entry);
  }
  std::sort(by_place.begin(), by_place.end(),
            [](const Entry* a, const Entry* b) { return a->local < b->local; });
  for (std::size_t i = 0; i < by_place.size(); ++i) {
    const Entry& entry = *by_place[i];
    const bool last = i + 1 == by_place.size();
    if (entry.begin + entry.packed <= (last ? directory.offset : by_place[i + 1]->local)) continue;
    place_of(input, entry)
        .fail("overlaps " + (last ? "the directory" : "entry " + in_quotes(by_place[i + 1]->name)) +
              "; expected bytes of its own" + kDamaged);
  }
}

void check_crc(const Place& place, const Entry& entry, std::uint32_t crc) {
  if (crc == entry.crc) return;
  const auto hex = [](std::uint32_t value) {
    std::string text = "0x";
    for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[value >> shift & 15];
    return text;
  };
  place.fail("the check sum is " + hex(entry.crc) + " and that of the bytes " + hex(crc) +
             "; expected the same" + kDamaged);
}

// A stored entry, with its check sum.
class StoredSource : public PlainSource {
 public:
  using PlainSource::PlainSource;
  void read(void* out, std::size_t bytes) override {
    PlainSource::read(out, bytes);
    crc_ = crc_of(crc_, out, bytes);
  }
  Tensor borrow(const Shape& shape, DType dtype) override {
    const Tensor x = PlainSource::borrow(shape, dtype);
    borrowed_ = x.defined();
    return x;
  }
  bool borrowed() const { return borrowed_; }
  std::uint32_t crc() const { return crc_; }

 private:
  std::uint32_t crc_ = 0;
  bool borrowed_ = false;
};

Tensor read_entry(const Input& input, const Entry& entry) {
  const Place place = place_of(input, entry);
  if (entry.method == kStored) {
    StoredSource source(input, entry.begin, entry.packed);
    Tensor x = read_npy(place, source);
    if (!source.borrowed()) check_crc(place, entry, source.crc());
    return x;
  }
  InflateSource source(place, input, entry.begin, entry.packed, entry.size);
  Tensor x = read_npy(place, source);
  source.finish();
  check_crc(place, entry, source.crc());
  return x;
}

NamedTensors read_npz(const Input& input) {
  const Directory directory = find_directory(input);
  std::vector<Entry> entries = read_directory(input, directory);
  for (Entry& entry : entries) locate(input, entry);
  check_overlaps(input, entries, directory);
  NamedTensors tensors;
  for (const Entry& entry : entries) {
    tensors.emplace_back(entry.name.substr(0, entry.name.size() - kSuffix.size()),
                         read_entry(input, entry));
  }
  return tensors;
}

// What the archive has of one array, in the order of the file.
struct Part {
  std::string header;
  NpyImage image;      // the array, or
  std::string packed;  // the same compressed
  std::string name;
  std::uint32_t crc = 0;
  std::uint64_t size = 0, packed_size = 0, local = 0;
};

constexpr std::uint16_t kVersion64 = 45;  // of the format, the first with 64-bit sizes
constexpr std::uint16_t kNamesAreUtf8 = 1 << 11;
constexpr std::uint32_t kFirstDay = 0x00210000;  // 1980-01-01, 00:00, as NumPy writes

// The fields that an entry's two headers share: flags to check sum.
void append_common(std::string& out, const Part& part, bool compress) {
  const bool ascii = std::all_of(part.name.begin(), part.name.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  append_little_endian(out, ascii ? std::uint16_t{0} : kNamesAreUtf8);
  append_little_endian(out, compress ? kDeflated : kStored);
  append_little_endian(out, kFirstDay);
  append_little_endian(out, part.crc);
  append_little_endian(out, kIn64);  // both sizes are in the extra field
  append_little_endian(out, kIn64);
  append_little_endian(out, static_cast<std::uint16_t>(part.name.size()));
}

void append_sizes(std::string& out, const Part& part) {
  append_little_endian(out, part.size);
  append_little_endian(out, part.packed_size);
}

std::string local_header(const Part& part, bool compress) {
  std::string out;
  append_little_endian(out, kLocal);
  append_little_endian(out, kVersion64);
  append_common(out, part, compress);
  constexpr std::size_t kSizesExtra = 20, kLeastPadding = 6;
  std::size_t padding = 0;
  if (!compress) {
    // Elements that begin at multiples of 64 bytes can be mapped.
    const std::uint64_t begin =
        part.local + kLocalSize + part.name.size() + kSizesExtra + kLeastPadding;
    padding = kLeastPadding + (64 - begin % 64) % 64;
  }
  append_little_endian(out, static_cast<std::uint16_t>(kSizesExtra + padding));
  out += part.name;
  append_little_endian(out, kExtra64);
  append_little_endian(out, static_cast<std::uint16_t>(kSizesExtra - 4));
  append_sizes(out, part);
  if (padding > 0) {
    append_little_endian(out, kExtraPadding);
    append_little_endian(out, static_cast<std::uint16_t>(padding - 4));
    append_little_endian(out, std::uint16_t{64});
    out.append(padding - kLeastPadding, '\0');
  }
  return out;
}

std::string central_header(const Part& part, bool compress) {
  constexpr std::uint16_t kMadeOnUnix = 3 << 8;
  constexpr std::uint32_t kOwnerReadsAndWrites = 0600u << 16;
  std::string out;
  append_little_endian(out, kCentral);
  append_little_endian(out, static_cast<std::uint16_t>(kMadeOnUnix | kVersion64));
  append_little_endian(out, kVersion64);
  append_common(out, part, compress);
  append_little_endian(out, std::uint16_t{28});  // the extra field below
  append_little_endian(out, std::uint16_t{0});   // comment
  append_little_endian(out, std::uint16_t{0});   // disk
  append_little_endian(out, std::uint16_t{0});   // internal attributes
  append_little_endian(out, kOwnerReadsAndWrites);
  append_little_endian(out, kIn64);
  out += part.name;
  append_little_endian(out, kExtra64);
  append_little_endian(out, std::uint16_t{24});
  append_sizes(out, part);
  append_little_endian(out, part.local);
  return out;
}

// The records behind the directory: the 64-bit one, where it is, and the one that points there. An
// archive without entries has the last alone: it is by that record that NumPy knows one.
std::string end_records(const Directory& directory) {
  std::string out;
  const bool empty = directory.entries == 0;
  if (!empty) {
    append_little_endian(out, kEnd64);
    append_little_endian(out, std::uint64_t{kEnd64Size - 12});  // what follows this field
    append_little_endian(out, kVersion64);
    append_little_endian(out, kVersion64);
    append_little_endian(out, std::uint64_t{0});  // disks
    append_little_endian(out, directory.entries);
    append_little_endian(out, directory.entries);
    append_little_endian(out, directory.bytes);
    append_little_endian(out, directory.offset);
    append_little_endian(out, kLocator64);
    append_little_endian(out, std::uint32_t{0});  // disk
    append_little_endian(out, directory.offset + directory.bytes);
    append_little_endian(out, std::uint32_t{1});  // number of disks
  }
  append_little_endian(out, kEnd);
  append_little_endian(out, std::uint32_t{0});    // disks
  append_little_endian(out, empty ? 0u : kIn64);  // entries, twice
  append_little_endian(out, empty ? 0u : kIn64);  // bytes
  append_little_endian(out, empty ? 0u : kIn64);  // offset
  append_little_endian(out, std::uint16_t{0});    // comment
  return out;
}

void check_names(const NamedTensors& entries) {
  std::set<std::string_view> names;
  for (const auto& [name, x] : entries) {
    const bool long_name = name.size() > 0xFFFF - kSuffix.size();
    if (!long_name && names.insert(name).second) continue;
    throw ConfigError(
        "[save_npz] entries: the name " + in_quotes(name) +
        (long_name ? " has " + std::to_string(name.size()) + " bytes; expected at most 65531"
                   : " twice; expected each name once"));
  }
}

Part make_part(const std::string& name, const Tensor& x, bool compress) {
  Part part;
  part.name = name + std::string(kSuffix);
  part.image = npy_image("save_npz", name, x);
  const std::string_view elements = bytes_view(part.image.elements);
  part.crc = crc_of(0, part.image.header.data(), part.image.header.size());
  part.crc = crc_of(part.crc, elements.data(), elements.size());
  part.size = part.packed_size = part.image.header.size() + elements.size();
  if (compress) {
    part.packed = deflated({part.image.header, elements});
    part.packed_size = part.packed.size();
    part.image = {};
  }
  return part;
}

}  // namespace
}  // namespace io

NamedTensors load_npz(const std::filesystem::path& path, Mapping mapping) {
  return io::read_npz(io::Input("load_npz", path, mapping));
}

NamedTensors parse_npz(std::span<const std::byte> bytes) {
  return io::read_npz(io::Input("load_npz", bytes));
}

void save_npz(const std::filesystem::path& path, const NamedTensors& entries, bool compress) {
  io::check_names(entries);
  // Any part may be wrong, so all are made before the first byte is written.
  std::vector<io::Part> parts;
  for (const auto& [name, x] : entries) parts.push_back(io::make_part(name, x, compress));
  std::vector<std::string_view> pieces;
  std::string directory;
  std::uint64_t at = 0;
  for (io::Part& part : parts) {
    part.local = at;
    part.header = io::local_header(part, compress);
    pieces.push_back(part.header);
    if (compress) {
      pieces.push_back(part.packed);
    } else {
      pieces.push_back(part.image.header);
      pieces.push_back(io::bytes_view(part.image.elements));
    }
    at += part.header.size() + part.packed_size;
    directory += io::central_header(part, compress);
  }
  const std::string end = io::end_records({at, directory.size(), entries.size()});
  pieces.push_back(directory);
  pieces.push_back(end);
  io::write_file_atomically("save_npz", path, pieces);
}

}  // namespace gradus
