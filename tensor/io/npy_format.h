#pragma once
// The array format of NumPy inside a file or an archive: https://numpy.org/doc/stable, "NPY
// format".
#include <string>
#include <string_view>

#include "tensor/io/input.h"
#include "tensor/tensor.h"

namespace gradus::io {

/// The bytes of one array with its header, from front to back.
class NpySource {
 public:
  virtual ~NpySource() = default;
  /// Bytes that are left.
  virtual std::uint64_t left() const = 0;
  /// The next bytes; at most left(). Throws IoError.
  virtual void read(void* out, std::size_t bytes) = 0;
  /// The next bytes as elements that borrow the file, or undefined where that cannot be.
  virtual Tensor borrow(const Shape& shape, DType dtype) = 0;
};

/// A part of an input as it is.
class PlainSource : public NpySource {
 public:
  PlainSource(const Input& input, std::uint64_t offset, std::uint64_t bytes)
      : input_(input), offset_(offset), end_(offset + bytes) {}
  std::uint64_t left() const override { return end_ - offset_; }
  void read(void* out, std::size_t bytes) override {
    input_.read(offset_, out, bytes);
    offset_ += bytes;
  }
  Tensor borrow(const Shape& shape, DType dtype) override {
    const Tensor x = input_.borrow(offset_, shape, dtype);
    if (x.defined()) offset_ += bytes_view(x).size();
    return x;
  }

 private:
  const Input& input_;
  std::uint64_t offset_, end_;
};

/// What the header of an array says.
struct NpyHeader {
  DType dtype = kFloat32;
  bool big_endian = false;
  bool fortran_order = false;
  Shape shape;
};

/// The header's Python dictionary. Throws IoError, ShapeError, DTypeError.
NpyHeader parse_npy_dictionary(const Place& place, std::string_view text);

/// The array that `source` holds; nothing may follow. Throws IoError, ShapeError, DTypeError.
Tensor read_npy(const Place& place, NpySource& source);

/// An array as NumPy writes it: header, then the bytes of `elements`, which is contiguous.
struct NpyImage {
  std::string header;
  Tensor elements;
};
/// Throws DTypeError: "[save_npy] x: bfloat16, which .npy has no name for; ..."
NpyImage npy_image(std::string_view op, std::string_view argument, const Tensor& x);

}  // namespace gradus::io
