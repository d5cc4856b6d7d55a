#include "tensor/io/safetensors.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "tensor/error.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/safetensors_header.h"

namespace gradus {
namespace io {
namespace {

constexpr std::uint64_t kMostHeader = 100'000'000;
constexpr std::size_t kLengthBytes = 8, kAlignment = 8;
constexpr std::string_view kMetadata = "__metadata__";

// In the order in which the Python package sorts them: backwards it is that of the file.
constexpr struct {
  std::string_view name;
  DType dtype;
} kTypes[] = {{"BOOL", kBool}, {"U8", kUInt8},    {"F16", kFloat16}, {"BF16", kBFloat16},
              {"I32", kInt32}, {"F32", kFloat32}, {"F64", kFloat64}, {"I64", kInt64}};

int position_of(DType dtype) {
  int i = 0;
  while (kTypes[i].dtype != dtype) ++i;
  return i;
}

// A tensor of the header whose numbers have been checked.
struct Item {
  std::string name;
  Shape shape;
  DType dtype;
  std::uint64_t begin, end;  // in the bytes behind the header
};

std::string range_text(const Item& item) {
  return "[" + std::to_string(item.begin) + ", " + std::to_string(item.end) + "]";
}

Item checked_item(const Place& place, const SafetensorsEntry& entry) {
  const std::string tensor = "tensor " + in_quotes(entry.name);
  const auto* type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                  [&](const auto& known) { return known.name == entry.dtype; });
  if (type == std::end(kTypes)) {
    throw DTypeError(place.text(tensor + " is " + in_quotes(entry.dtype) +
                                "; expected BOOL, U8, I32, I64, F16, BF16, F32 or F64; convert it "
                                "where it was made"));
  }
  if (entry.shape.size() > Dims::kMaxRank) {
    throw ShapeError(place.text(tensor + " has " + std::to_string(entry.shape.size()) +
                                " axes; expected at most 8; merge some where it was made"));
  }
  Item item{entry.name, {}, type->dtype, entry.offsets[0], entry.offsets[1]};
  bool fits = true;
  std::string shape = "[";
  for (const std::uint64_t size : entry.shape) {
    shape += (shape.size() > 1 ? ", " : "") + std::to_string(size);
    fits = fits && size <= INT64_MAX;
    item.shape.push_back(static_cast<std::int64_t>(size));
  }
  std::uint64_t bytes = 0;
  fits = fits && bytes_of(item.shape, item.dtype, &bytes);
  if (!fits || item.end < item.begin || item.end - item.begin != bytes) {
    place.fail(tensor + " of shape " + shape + "] and " + entry.dtype + " needs " +
               (fits ? std::to_string(bytes) : "more than 2^63") +
               " bytes, and its data_offsets are " + range_text(item) +
               "; expected as many between them");
  }
  return item;
}

// Together the tensors are all bytes behind the header, each byte once.
void check_cover(const Place& place, const std::vector<Item>& items, std::uint64_t bytes) {
  std::vector<const Item*> by_place;
  for (const Item& item : items) by_place.push_back(&item);
  std::stable_sort(by_place.begin(), by_place.end(), [](const Item* a, const Item* b) {
    return a->begin != b->begin ? a->begin < b->begin : a->end < b->end;
  });
  std::uint64_t at = 0;
  for (const Item* item : by_place) {
    if (item->end > bytes) {
      place.fail("tensor " + in_quotes(item->name) + " has the data_offsets " + range_text(*item) +
                 ", and " + std::to_string(bytes) +
                 " bytes follow the header; expected offsets inside; was the file cut off?");
    }
    if (item->begin != at) {
      place.fail("tensor " + in_quotes(item->name) + " has the data_offsets " + range_text(*item) +
                 ", which " + (item->begin < at ? "overlap others" : "leave a hole") +
                 "; expected a begin of " + std::to_string(at));
    }
    at = item->end;
  }
  if (at != bytes) {
    place.fail("the tensors end at " + std::to_string(at) + ", and " + std::to_string(bytes) +
               " bytes follow the header; expected as many");
  }
}

Safetensors read_safetensors(const Input& input) {
  const Place& place = input.place();
  if (!input.has(0, kLengthBytes)) {
    place.fail(std::to_string(input.size()) +
               " bytes; expected at least 8, the length of a header; was the file cut off?");
  }
  char start[kLengthBytes];
  input.read(0, start, sizeof start);
  const auto length = little_endian<std::uint64_t>(start);
  if (length > kMostHeader || !input.has(kLengthBytes, length)) {
    place.fail("a header of " + std::to_string(length) + " bytes; expected at most " +
               (length > kMostHeader ? "100000000; is this a .safetensors file?"
                                     : std::to_string(input.size() - kLengthBytes) +
                                           ", which follow; was the file cut off?"));
  }
  std::string text(length, '\0');
  input.read(kLengthBytes, text.data(), text.size());
  if (!text.starts_with('{')) {
    place.fail("the header starts with " + in_quotes(std::string_view(text).substr(0, 1)) +
               "; expected '{'; is this a .safetensors file?");
  }
  SafetensorsHeader header = parse_safetensors_header(place, text);
  const std::uint64_t begin = kLengthBytes + length;
  std::vector<Item> items;
  for (const SafetensorsEntry& entry : header.entries) items.push_back(checked_item(place, entry));
  check_cover(place, items, input.size() - begin);

  Safetensors out;
  out.metadata = std::move(header.metadata);
  for (Item& item : items) {
    Tensor x = input.borrow(begin + item.begin, item.shape, item.dtype);
    if (!x.defined()) {
      x = Tensor::empty(item.shape, item.dtype);
      input.read(begin + item.begin, x.raw_data(), item.end - item.begin);
    }
    check_bools({place.op, place.name + ", tensor " + in_quotes(item.name)}, x);
    out.tensors.emplace_back(std::move(item.name), std::move(x));
  }
  return out;
}

// `text` as JSON, with its quotes.
std::string json_string(std::string_view what, const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::type_error&) {
    throw ConfigError("[save_safetensors] " + std::string(what) + ": " + in_quotes(text) +
                      " is no UTF-8; expected text in UTF-8");
  }
}

std::string metadata_json(const Metadata& metadata) {
  if (metadata.empty()) return "";
  std::string text = json_string("metadata", std::string(kMetadata)) + ":{";
  bool first = true;
  for (const auto& [key, value] : metadata) {
    if (!first) text += ',';
    first = false;
    text += json_string("metadata", key) + ':' + json_string("metadata", value);
  }
  return text + '}';
}

void check_entries(const NamedTensors& entries) {
  std::set<std::string_view> names;
  for (const auto& [name, x] : entries) {
    check_defined("save_safetensors", name, x);
    if (name == kMetadata) {
      throw ConfigError(
          "[save_safetensors] entries: the name '__metadata__' has a meaning in the "
          "format; expected another; texts belong into the argument metadata");
    }
    if (!names.insert(name).second) {
      throw ConfigError("[save_safetensors] entries: the name " + in_quotes(name) +
                        " twice; expected each name once");
    }
  }
}

}  // namespace
}  // namespace io

Safetensors load_safetensors(const std::filesystem::path& path, Mapping mapping) {
  return io::read_safetensors(io::Input("load_safetensors", path, mapping));
}

Safetensors parse_safetensors(std::span<const std::byte> bytes) {
  return io::read_safetensors(io::Input("load_safetensors", bytes));
}

void save_safetensors(const std::filesystem::path& path, const NamedTensors& entries,
                      const Metadata& metadata) {
  io::check_entries(entries);
  NamedTensors sorted = entries;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    const int i = io::position_of(a.second.dtype()), k = io::position_of(b.second.dtype());
    return i != k ? i > k : a.first < b.first;
  });
  std::string header = "{" + io::metadata_json(metadata);
  std::vector<std::string_view> pieces(2);  // length and header come first
  std::uint64_t at = 0;
  for (auto& [name, x] : sorted) {
    x = x.to(kCpu).contiguous();
    pieces.push_back(io::bytes_view(x));
    const std::uint64_t end = at + pieces.back().size();
    if (header.size() > 1) header += ',';
    header += io::json_string("entries", name) + ":{\"dtype\":\"" +
              std::string(io::kTypes[io::position_of(x.dtype())].name) + "\",\"shape\":[";
    for (int i = 0; i < x.rank(); ++i) {
      header += (i > 0 ? "," : "") + std::to_string(x.shape()[i]);
    }
    header += "],\"data_offsets\":[" + std::to_string(at) + ',' + std::to_string(end) + "]}";
    at = end;
  }
  header += '}';
  // Blanks, so that the elements begin at a multiple of 8.
  header.append((io::kAlignment - header.size() % io::kAlignment) % io::kAlignment, ' ');
  if (header.size() > io::kMostHeader) {
    throw ConfigError("[save_safetensors] entries: a header of " + std::to_string(header.size()) +
                      " bytes; expected at most 100000000; use fewer entries or shorter names");
  }
  std::string length;
  io::append_little_endian(length, static_cast<std::uint64_t>(header.size()));
  pieces[0] = length;
  pieces[1] = header;
  io::write_file_atomically("save_safetensors", path, pieces);
}

}  // namespace gradus
