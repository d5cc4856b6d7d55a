#include "tensor/io/npz.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "tensor/error.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/npy_format.h"
#include "tensor/io/zip.h"

namespace gradus {
namespace io {
namespace {

constexpr std::uint16_t kExtraPadding = 0xD935;  // as zipalign has it
constexpr std::string_view kSuffix = ".npy";

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

Tensor read_entry(const Input& input, const ZipEntry& entry) {
  const Place place = place_of(input, entry);
  if (entry.method == kZipStored) {
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
  char start[6] = {};
  if (input.has(0, sizeof start)) input.read(0, start, sizeof start);
  const bool is_npy = std::string_view(start, sizeof start) == "\x93NUMPY";
  const ZipKind kind{std::string("an .npz file; ") +
                         (is_npy ? "this is a single array, use load_npy" : "was it cut off?"),
                     kSuffix, "is no array; expected a name that ends with .npy", true,
                     "0 (stored) or 8 (deflate), which NumPy writes"};
  NamedTensors tensors;
  for (const ZipEntry& entry : zip_entries(input, kind)) {
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
  append_little_endian(out, compress ? kZipDeflated : kZipStored);
  append_little_endian(out, kFirstDay);
  append_little_endian(out, part.crc);
  append_little_endian(out, kZipIn64);  // both sizes are in the extra field
  append_little_endian(out, kZipIn64);
  append_little_endian(out, static_cast<std::uint16_t>(part.name.size()));
}

void append_sizes(std::string& out, const Part& part) {
  append_little_endian(out, part.size);
  append_little_endian(out, part.packed_size);
}

std::string local_header(const Part& part, bool compress) {
  std::string out;
  append_little_endian(out, kZipLocal);
  append_little_endian(out, kVersion64);
  append_common(out, part, compress);
  constexpr std::size_t kSizesExtra = 20, kLeastPadding = 6;
  std::size_t padding = 0;
  if (!compress) {
    // Elements that begin at multiples of 64 bytes can be mapped.
    const std::uint64_t begin =
        part.local + kZipLocalSize + part.name.size() + kSizesExtra + kLeastPadding;
    padding = kLeastPadding + (64 - begin % 64) % 64;
  }
  append_little_endian(out, static_cast<std::uint16_t>(kSizesExtra + padding));
  out += part.name;
  append_little_endian(out, kZipExtra64);
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
  append_little_endian(out, kZipCentral);
  append_little_endian(out, static_cast<std::uint16_t>(kMadeOnUnix | kVersion64));
  append_little_endian(out, kVersion64);
  append_common(out, part, compress);
  append_little_endian(out, std::uint16_t{28});  // the extra field below
  append_little_endian(out, std::uint16_t{0});   // comment
  append_little_endian(out, std::uint16_t{0});   // disk
  append_little_endian(out, std::uint16_t{0});   // internal attributes
  append_little_endian(out, kOwnerReadsAndWrites);
  append_little_endian(out, kZipIn64);
  out += part.name;
  append_little_endian(out, kZipExtra64);
  append_little_endian(out, std::uint16_t{24});
  append_sizes(out, part);
  append_little_endian(out, part.local);
  return out;
}

// The records behind the directory: the 64-bit one, where it is, and the one that points there. An
// archive without entries has the last alone: it is by that record that NumPy knows one.
std::string end_records(const ZipDirectory& directory) {
  std::string out;
  const bool empty = directory.entries == 0;
  if (!empty) {
    append_little_endian(out, kZipEnd64);
    append_little_endian(out, std::uint64_t{kZipEnd64Size - 12});  // what follows this field
    append_little_endian(out, kVersion64);
    append_little_endian(out, kVersion64);
    append_little_endian(out, std::uint64_t{0});  // disks
    append_little_endian(out, directory.entries);
    append_little_endian(out, directory.entries);
    append_little_endian(out, directory.bytes);
    append_little_endian(out, directory.offset);
    append_little_endian(out, kZipLocator64);
    append_little_endian(out, std::uint32_t{0});  // disk
    append_little_endian(out, directory.offset + directory.bytes);
    append_little_endian(out, std::uint32_t{1});  // number of disks
  }
  append_little_endian(out, kZipEnd);
  append_little_endian(out, std::uint32_t{0});       // disks
  append_little_endian(out, empty ? 0u : kZipIn64);  // entries, twice
  append_little_endian(out, empty ? 0u : kZipIn64);  // bytes
  append_little_endian(out, empty ? 0u : kZipIn64);  // offset
  append_little_endian(out, std::uint16_t{0});       // comment
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
