#include "tensor/io/npy.h"

#include <algorithm>
#include <bit>
#include <string>

#include "tensor/error.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/input.h"
#include "tensor/io/npy_format.h"

namespace gradus {
namespace io {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are written as they are");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kAlignment = 64;      // of the elements in the file
constexpr std::size_t kMostHeader = 10000;  // as NumPy; arrays of plain numbers need about 100
constexpr std::size_t kGrowthDigits = 21;   // NumPy leaves room for a longer first size

void reverse_bytes(const Tensor& x) {
  auto* byte = static_cast<std::byte*>(x.raw_data());
  const std::size_t size = size_of(x.dtype());
  for (std::byte* const end = byte + bytes_view(x).size(); byte != end; byte += size) {
    std::reverse(byte, byte + size);
  }
}

// All axes in the opposite order.
Tensor reversed_axes(const Tensor& x) {
  Shape shape = x.shape();
  Strides strides = x.strides();
  std::reverse(shape.begin(), shape.end());
  std::reverse(strides.begin(), strides.end());
  return as_strided_unchecked(x, shape, strides, 0);
}

std::string_view type_code(DType dtype) {
  switch (dtype) {
    case kBool:
      return "|b1";
    case kUInt8:
      return "|u1";
    case kInt32:
      return "<i4";
    case kInt64:
      return "<i8";
    case kFloat16:
      return "<f2";
    case kFloat32:
      return "<f4";
    case kFloat64:
      return "<f8";
    default:
      return "";
  }
}

std::string python_tuple(const Shape& shape) {
  std::string text = "(";
  for (int i = 0; i < shape.rank(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.rank() == 1 ? ",)" : ")");
}

NpyHeader read_header(const Place& place, NpySource& source) {
  const std::uint64_t size = source.left();
  char start[12];
  const std::size_t least = kMagic.size() + 4;
  const std::size_t seen = std::min<std::uint64_t>(size, least);
  source.read(start, seen);
  const std::string_view magic(start, std::min(seen, kMagic.size()));
  if (magic != kMagic.substr(0, magic.size()) || size == 0) {
    place.fail(size == 0
                   ? "no bytes; expected an array of NumPy"
                   : "starts with " + in_quotes(magic) + "; expected " + in_quotes(kMagic) +
                         ", as an array of NumPy does" +
                         (magic.starts_with("PK") ? "; this is an archive, use load_npz" : ""));
  }
  if (seen < least) place.fail(std::to_string(size) + " bytes; expected a header; was it cut off?");
  const int major = static_cast<unsigned char>(start[6]);
  const int minor = static_cast<unsigned char>(start[7]);
  if (major < 1 || major > 3 || minor != 0) {
    place.fail("format version " + std::to_string(major) + "." + std::to_string(minor) +
               "; expected 1.0, 2.0 or 3.0");
  }
  std::uint64_t length = little_endian<std::uint16_t>(start + 8);
  if (major > 1) {
    if (source.left() < 2) place.fail("11 bytes; expected a header; was it cut off?");
    source.read(start + 10, 2);
    length = little_endian<std::uint32_t>(start + 8);
  }
  if (length > source.left()) {
    place.fail("a header of " + std::to_string(length) + " bytes, of which " +
               std::to_string(source.left()) + " are there; expected all; was it cut off?");
  }
  if (length > kMostHeader) {
    place.fail("a header of " + std::to_string(length) + " bytes; expected at most " +
               std::to_string(kMostHeader));
  }
  std::string text(length, '\0');
  source.read(text.data(), text.size());
  return parse_npy_dictionary(place, text);
}

}  // namespace

Tensor read_npy(const Place& place, NpySource& source) {
  const NpyHeader header = read_header(place, source);
  std::uint64_t bytes = 0;
  const bool fits = bytes_of(header.shape, header.dtype, &bytes);
  if (!fits || bytes != source.left()) {
    place.fail("shape " + to_string(header.shape) + " of " + std::string(name(header.dtype)) +
               " needs " + (fits ? std::to_string(bytes) : "more than 2^63") + " bytes, and " +
               std::to_string(source.left()) + " follow the header; expected as many" +
               (!fits || bytes > source.left() ? "; was it cut off?"
                                               : "; several arrays belong into an .npz"));
  }
  Shape stored = header.shape;
  if (header.fortran_order) std::reverse(stored.begin(), stored.end());
  const bool swap = header.big_endian && size_of(header.dtype) > 1;
  Tensor x = swap ? Tensor() : source.borrow(stored, header.dtype);
  if (!x.defined()) {
    x = Tensor::empty(stored, header.dtype);
    source.read(x.raw_data(), bytes);
    if (swap) reverse_bytes(x);
  }
  check_bools(place, x);
  return header.fortran_order ? reversed_axes(x) : x;
}

NpyImage npy_image(std::string_view op, std::string_view argument, const Tensor& given) {
  check_defined(op, argument, given);
  const Tensor x = given.to(kCpu);
  const std::string_view code = type_code(x.dtype());
  if (code.empty()) {
    throw DTypeError("[" + std::string(op) + "] " + std::string(argument) + ": " +
                     std::string(name(x.dtype())) +
                     ", which .npy has no name for; expected bool, uint8, int32, int64, float16, "
                     "float32 or float64; save it as .safetensors, or convert it with "
                     "to(kFloat32)");
  }
  const bool by_columns = !x.is_contiguous() && reversed_axes(x).is_contiguous();
  const Shape& shape = x.shape();
  std::string text = "{'descr': '" + std::string(code) +
                     "', 'fortran_order': " + (by_columns ? "True" : "False") +
                     ", 'shape': " + python_tuple(shape) + ", }";
  if (shape.rank() > 0) {
    const auto grows = std::to_string(by_columns ? shape[shape.rank() - 1] : shape[0]);
    text.append(kGrowthDigits - grows.size(), ' ');
  }
  NpyImage image;
  image.header = std::string(kMagic) + std::string("\x01\x00", 2);
  const std::size_t length = image.header.size() + 2 + text.size() + 1;  // with the final newline
  text.append(kAlignment - length % kAlignment, ' ');
  text += '\n';
  append_little_endian(image.header, static_cast<std::uint16_t>(text.size()));
  image.header += text;
  image.elements = by_columns ? reversed_axes(x) : x.contiguous();
  return image;
}

}  // namespace io

Tensor load_npy(const std::filesystem::path& path, Mapping mapping) {
  const io::Input input("load_npy", path, mapping);
  io::PlainSource source(input, 0, input.size());
  return io::read_npy(input.place(), source);
}

Tensor parse_npy(std::span<const std::byte> bytes) {
  const io::Input input("load_npy", bytes);
  io::PlainSource source(input, 0, input.size());
  return io::read_npy(input.place(), source);
}

void save_npy(const std::filesystem::path& path, const Tensor& x) {
  const io::NpyImage image = io::npy_image("save_npy", "x", x);
  const std::string_view pieces[] = {image.header, io::bytes_view(image.elements)};
  io::write_file_atomically("save_npy", path, pieces);
}

}  // namespace gradus
