#pragma once
// What the readers of this folder read from, and what they have in common.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "tensor/io/mapped_file.h"
#include "tensor/io/named_tensors.h"
#include "tensor/tensor.h"

namespace gradus::io {

/// Who reads what, for the texts of errors: "[load_npy] a.npy: ...".
struct Place {
  std::string op, name;

  std::string text(const std::string& what) const { return "[" + op + "] " + name + ": " + what; }
  /// Throws IoError.
  [[noreturn]] void fail(const std::string& what) const;
};

/// A file, or bytes in memory, which must outlive it.
class Input {
 public:
  /// Throws IoError.
  Input(std::string_view op, const std::filesystem::path& path, Mapping mapping);
  Input(std::string_view op, std::span<const std::byte> bytes);

  const Place& place() const { return place_; }
  std::uint64_t size() const { return size_; }
  /// Whether `bytes` bytes from `offset` on are there; both may be any numbers.
  bool has(std::uint64_t offset, std::uint64_t bytes) const {
    return offset <= size_ && bytes <= size_ - offset;
  }
  /// Fills `out`; the caller has checked has(offset, bytes). Throws IoError.
  void read(std::uint64_t offset, void* out, std::size_t bytes) const;
  /// Elements in row-major order that borrow the mapped file. Undefined where that cannot be: the
  /// file is not mapped, or they are not aligned, or there are none.
  Tensor borrow(std::uint64_t offset, const Shape& shape, DType dtype) const;

 private:
  Place place_;
  std::uint64_t size_;
  const std::byte* memory_ = nullptr;
  std::unique_ptr<File> file_;
  std::shared_ptr<MappedFile> mapped_;
};

/// numel(shape) * size_of(dtype), or false where that does not fit in 63 bits. A size of 0 does not
/// hide the overflow of the others, whose strides are still computed. No size is negative.
bool bytes_of(const Shape& shape, DType dtype, std::uint64_t* bytes);

/// Throws IoError unless every byte of a bool tensor is 0 or 1: others are no bool in C++. `x` is
/// contiguous.
void check_bools(const Place& place, const Tensor& x);

/// A number stored with its least significant byte first.
template <class T>
T little_endian(const void* bytes) {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) {
    value = static_cast<T>(value << 8 | static_cast<const unsigned char*>(bytes)[i]);
  }
  return value;
}

template <class T>
void append_little_endian(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFF);
  }
}

/// `text` in single quotes for an error: cut after 60 characters, others than printable ASCII as
/// \x1b.
std::string in_quotes(std::string_view text);

/// The elements of a contiguous tensor as bytes.
inline std::string_view bytes_view(const Tensor& x) {
  return {static_cast<const char*>(x.raw_data()),
          static_cast<std::size_t>(x.numel()) * size_of(x.dtype())};
}

}  // namespace gradus::io
