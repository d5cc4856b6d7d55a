#include "data/idx.h"

#include <array>
#include <bit>

#include "data/bytes.h"
#include "data/find.h"
#include "tensor/elementwise/div.h"
#include "tensor/io/input.h"

namespace gradus::data {
namespace {

constexpr std::size_t kMagicBytes = 4, kSizeBytes = 4;

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::string hex(std::string_view bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (!out.empty()) out += ' ';
    out += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out.empty() ? "nothing" : out;
}

DType dtype_of(unsigned char type, const io::Place& place) {
  const char* lacking = "unknown";
  switch (type) {
    case 0x08:
      return kUInt8;
    case 0x0C:
      return kInt32;
    case 0x0D:
      return kFloat32;
    case 0x0E:
      return kFloat64;
    case 0x09:
      lacking = "int8";
      break;
    case 0x0B:
      lacking = "int16";
      break;
    default:
      break;
  }
  place.fail("type " + hex({reinterpret_cast<const char*>(&type), 1}) + " (" + lacking +
             "); expected 08 (uint8), 0c (int32), 0d (float32) or 0e (float64)");
}

void copy_reversed(const char* from, char* to, std::size_t elements, std::size_t size) {
  for (std::size_t i = 0; i < elements; ++i, from += size, to += size) {
    for (std::size_t k = 0; k < size; ++k) to[k] = from[size - 1 - k];
  }
}

Tensor parse(std::string_view bytes, const std::string& name) {
  const io::Place place{"idx", name};
  if (bytes.size() < kMagicBytes || bytes[0] != 0 || bytes[1] != 0) {
    place.fail("begins with " + hex(bytes.substr(0, kMagicBytes)) +
               "; expected 00 00, a type and the number of axes (IDX)");
  }
  const DType dtype = dtype_of(static_cast<unsigned char>(bytes[2]), place);
  const auto axes = static_cast<unsigned char>(bytes[3]);
  if (axes > Shape::kMaxRank) {
    place.fail(std::to_string(axes) + " axes; expected at most " + std::to_string(Shape::kMaxRank));
  }
  const std::size_t header = kMagicBytes + kSizeBytes * axes;
  if (bytes.size() < header) {
    place.fail(std::to_string(bytes.size()) + " bytes; expected a header of " +
               std::to_string(header) + "; was it cut off?");
  }
  Shape shape;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    shape.push_back(big_endian(bytes.substr(kMagicBytes + kSizeBytes * axis)));
  }
  std::uint64_t expected = 0;
  if (!io::bytes_of(shape, dtype, &expected)) {
    place.fail("sizes " + to_string(shape) + "; expected less than 2^63 bytes of elements");
  }
  const std::string_view elements = bytes.substr(header);
  if (elements.size() != expected) {
    place.fail(std::to_string(elements.size()) + " bytes of elements; expected " +
               std::to_string(expected) + " for " + to_string(shape) +
               (elements.size() < expected ? "; was it cut off?" : "; the file is damaged"));
  }
  Tensor x = Tensor::empty(shape, dtype);
  if (x.numel() == 0) return x;
  const std::size_t size = size_of(dtype);
  if (size == 1 || std::endian::native == std::endian::big) {
    std::copy(elements.begin(), elements.end(), static_cast<char*>(x.raw_data()));
  } else {
    copy_reversed(elements.data(), static_cast<char*>(x.raw_data()), elements.size() / size, size);
  }
  return x;
}

Tensor load(const std::filesystem::path& file, const std::string& hint) {
  return parse(read_bytes("idx", file, hint), file.string());
}

TensorDataset load_images(const std::string& set, Split split, const std::string& folder) {
  const std::string prefix = split == Split::kTrain ? "train" : "t10k";
  const auto find = [&](const std::string& name) {
    return need_data(set, {name + ".gz", name}, folder);
  };
  const auto images_file = find(prefix + "-images-idx3-ubyte");
  const auto labels_file = find(prefix + "-labels-idx1-ubyte");
  const std::string hint = "./gradus data " + set + " downloads it";
  const Tensor images = load(images_file, hint), labels = load(labels_file, hint);
  const auto fail = [&](const std::filesystem::path& file, const std::string& what) {
    io::Place{set, file.string()}.fail(what);
  };
  if (images.dtype() != kUInt8 || images.rank() != 3) {
    fail(images_file, std::string(name(images.dtype())) + " " + to_string(images.shape()) +
                          "; expected images, uint8 [N, H, W]");
  }
  if (labels.dtype() != kUInt8 || labels.rank() != 1) {
    fail(labels_file, std::string(name(labels.dtype())) + " " + to_string(labels.shape()) +
                          "; expected labels, uint8 [N]");
  }
  if (images.dim(0) == 0) fail(images_file, "0 images; expected at least one");
  if (images.dim(0) != labels.dim(0)) {
    fail(labels_file, std::to_string(labels.dim(0)) + " labels; expected " +
                          std::to_string(images.dim(0)) + ", one for each image");
  }
  constexpr unsigned kClasses = 10;
  const auto* label = labels.data<std::uint8_t>();
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    if (label[i] >= kClasses) {
      fail(labels_file,
           "label " + std::to_string(label[i]) + " at " + std::to_string(i) + "; expected 0..9");
    }
  }
  const Tensor pixels = images.reshape({images.dim(0), 1, images.dim(1), images.dim(2)});
  constexpr float kWhite = 255;
  return {div(pixels.to(kFloat32), kWhite), labels.to(kInt64)};
}

}  // namespace

Tensor load_idx(const std::filesystem::path& file) { return load(file, ""); }

Tensor parse_idx(std::span<const std::byte> bytes, const std::string& name) {
  return parse(as_text(bytes), name);
}

TensorDataset mnist(Split split, const std::string& folder) {
  return load_images("mnist", split, folder);
}
TensorDataset fashion_mnist(Split split, const std::string& folder) {
  return load_images("fashion-mnist", split, folder);
}

}  // namespace gradus::data
