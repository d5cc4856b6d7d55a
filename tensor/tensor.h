#pragma once
#include <concepts>
#include <cstdint>
#include <optional>
#include <source_location>
#include <span>
#include <type_traits>
#include <vector>

#include "tensor/device.h"
#include "tensor/dtype.h"
#include "tensor/error.h"
#include "tensor/shape.h"
#include "tensor/storage.h"

namespace gradus {

/// C++ numbers that become a tensor without being asked: 2, 0.5f, true.
template <class T>
concept Number = std::is_arithmetic_v<T>;

/// "Not given", as in Python: the default end of a Slice; a new axis in Tensor::index.
struct NoneType {};
inline constexpr NoneType None{};

/// A half-open range of positions with a step, as start:stop:step in Python. Negative positions
/// count from the end; positions past an end are clamped. A negative step walks backwards:
/// Slice{None, None, -1} reverses.
struct Slice {
  struct Bound {
    constexpr Bound(NoneType = None) {}  // NOLINT: implicit by design
    template <std::integral T>
    constexpr Bound(T position) : position(position), given(true) {}  // NOLINT
    std::int64_t position = 0;
    bool given = false;
  };
  Bound start = None;
  Bound stop = None;
  std::int64_t step = 1;
};

class IndexItem;

/// What a conversion does with numbers that the new dtype does not have.
enum class Cast {
  kChecked,  ///< throws
  kWrap,     ///< whole numbers wrap around: 300 becomes the uint8 44, as in PyTorch
};

/// An n-dimensional array: shape, strides, offset, dtype, device and shared storage, all by value.
/// Copying shares the elements; `clone()` copies them. Views share the elements too. A default
/// constructed tensor is undefined: it has no elements and no operation takes it.
class Tensor {
 public:
  Tensor() = default;

  /// A 0-d tensor from a C++ number. It is `weak`: in an operation it takes the dtype of the other
  /// operand, so `x * 0.5` has the dtype of x (int64 with a floating number: float32).
  /// Throws DTypeError for a whole number above 2^63 - 1.
  template <Number T>
  Tensor(T value) : Tensor(scalar(value)) {}  // NOLINT: implicit by design

  /// Uninitialised, contiguous. Throws ShapeError for sizes that are negative or overflow.
  /// Throws DeviceError when memory is out, or the device is not there.
  static Tensor empty(const Shape& shape, DType dtype = kFloat32, Device device = kCpu);

  bool defined() const { return static_cast<bool>(storage_); }
  const Shape& shape() const { return shape_; }
  const Strides& strides() const { return strides_; }
  DType dtype() const { return dtype_; }
  /// Where the elements are; kCpu for an undefined tensor.
  Device device() const { return device_; }
  bool on_cpu() const { return device_.is_cpu(); }
  int rank() const { return shape_.rank(); }
  /// Size of an axis, which may be negative. Throws IndexError.
  std::int64_t dim(int axis) const { return shape_.at(axis); }
  std::int64_t numel() const { return gradus::numel(shape_); }
  /// Made from a C++ number, see the constructor.
  bool weak() const { return weak_; }
  /// Row-major without gaps.
  bool is_contiguous() const;
  /// Whether no other tensor shares the storage.
  bool owns_storage_alone() const { return storage_ && storage_->unique(); }
  /// Whether both look at the same storage (not necessarily at the same elements).
  bool shares_storage_with(const Tensor& other) const {
    return storage_.get() == other.storage_.get();
  }

  /// First element. Throws DTypeError unless T is the dtype, Error for an undefined tensor,
  /// DeviceError for elements that the processor cannot read:
  ///   "[data] x is on cuda_emulated; expected cpu; use x.to(kCpu)"
  template <class T>
  T* data() const {
    if (dtype_of<T>() != dtype_ || !storage_) throw_wrong_type(dtype_of<T>());
    return static_cast<T*>(raw_data());
  }
  void* raw_data() const {
    if (!on_cpu()) [[unlikely]]
      throw_wrong_place();
    return address();
  }
  /// First element as an address of the device, for kernels. Throws DeviceError on the CPU, and for
  /// the type what data() throws.
  template <class T>
  T* device_data() const {
    if (dtype_of<T>() != dtype_ || !storage_) throw_wrong_type(dtype_of<T>());
    return static_cast<T*>(raw_device_data());
  }
  void* raw_device_data() const {
    if (on_cpu()) throw_wrong_place();
    return address();
  }

  /// The only element, as double. Throws ShapeError unless numel() == 1.
  double item() const;
  /// The same as a T, exact: item<std::int64_t>(). Throws also DTypeError when T cannot hold it:
  ///   "[item] x: 300 at [] has no uint8; expected 0..255; use clamp, or Cast::kWrap"
  template <class T>
  T item() const {
    T value;
    item_to(dtype_of<T>(), &value);
    return value;
  }
  /// One element by position, as double; negative positions count from the end.
  /// Throws IndexError, ShapeError when the number of positions is not the rank.
  double at(std::initializer_list<std::int64_t> index) const;
  /// All elements in row-major order, converted to double.
  std::vector<double> to_vector() const;
  /// The same as T, where a number that T cannot hold is a DTypeError. (For bool take uint8_t.)
  template <class T>
  std::vector<T> to_vector() const {
    static_assert(!std::is_same_v<T, bool>, "std::vector<bool> has no elements; take uint8_t");
    std::vector<T> values(defined() ? numel() : 0);
    copy_to(dtype_of<T>(), values.data());
    return values;
  }

  // Views: share storage with this tensor.

  /// Same elements in another shape; one size may be -1 and is then computed. A view when the
  /// strides allow it, else a copy. Throws ShapeError:
  ///   "[reshape] shape: [4, 4] has 16 elements; expected 12, the number in [3, 4]"
  Tensor reshape(const Shape& shape) const;
  /// Swaps two axes. Throws IndexError.
  Tensor transpose(int axis0 = -2, int axis1 = -1) const;
  /// Keeps positions start, start + step, ... of one axis. Throws IndexError, ConfigError (step 0).
  Tensor slice(int axis, Slice range) const;
  /// The sub-tensor at one position of an axis, which disappears. Throws IndexError.
  Tensor select(int axis, std::int64_t index) const;
  /// Repeats axes of size 1 (and adds leading ones) without copying; -1 leaves a size as it is.
  /// Throws ShapeError.
  Tensor expand(const Shape& shape) const;
  /// Inserts an axis of size 1; axis in -rank-1..rank. Throws IndexError.
  Tensor unsqueeze(int axis) const;
  /// Drops the axes of size 1 among those named (none named: all). Throws IndexError.
  Tensor squeeze(const Axes& axes = {}) const;
  /// Merges the axes start..end into one; a copy where reshape makes one. Throws IndexError,
  /// ConfigError (start after end).
  Tensor flatten(int start = 0, int end = -1) const;
  /// Axis i of the result is axis axes[i] of this. Throws IndexError, ConfigError:
  ///   "[permute] axes: [0, 0]; expected each axis of shape [2, 3] once"
  Tensor permute(const Dims& axes) const;
  /// Moves axes to other places; the rest keep their order. Throws IndexError, ConfigError.
  Tensor moveaxis(const Axes& from, const Axes& to) const;
  /// Reverses axes (none named: all). Differs: PyTorch copies, NumPy views as here.
  Tensor flip(const Axes& axes = {}) const;
  /// The elements [i, i + offset] of two axes, as a new last axis. Throws IndexError, ConfigError.
  Tensor diagonal(std::int64_t offset = 0, int axis0 = 0, int axis1 = 1) const;
  /// Positions start .. start + length - 1 of one axis. Throws IndexError.
  Tensor narrow(int axis, std::int64_t start, std::int64_t length) const;
  /// Windows of `size` neighbours, `step` apart: the windows take the place of the axis, what is in
  /// them becomes a new last axis. Throws IndexError, ShapeError (size), ConfigError (step).
  Tensor unfold(int axis, std::int64_t size, std::int64_t step) const;
  /// Parts of the given sizes. Throws IndexError, ShapeError unless they add up to the axis.
  std::vector<Tensor> split(const std::vector<std::int64_t>& sizes, int axis = 0) const;
  /// Parts of `size` positions each, the last one may be smaller. Throws IndexError, ConfigError.
  std::vector<Tensor> split_every(std::int64_t size, int axis = 0) const;
  /// At most n parts of equal size, the last one may be smaller. Throws IndexError, ConfigError.
  std::vector<Tensor> chunk(std::int64_t n, int axis = 0) const;

  // Copies.

  /// This tensor if it is contiguous, else a contiguous copy.
  Tensor contiguous() const;
  /// A contiguous copy.
  Tensor clone() const;
  /// Converted elements; this tensor itself when the dtype is already right. Floating numbers are
  /// rounded to the nearest, and cut towards 0 to become whole. Throws DTypeError:
  ///   "[to] x: 300 at [0] has no uint8; expected 0..255; use clamp, or Cast::kWrap"
  Tensor to(DType dtype, Cast cast = Cast::kChecked) const;
  /// A copy on another device; this tensor itself when it is there already. Throws DeviceError:
  ///   "[to] device: cuda:0; this build has no CUDA; ..."
  Tensor to(Device device) const;
  /// Both, with the conversion on the device where the elements are.
  Tensor to(Device device, DType dtype, Cast cast = Cast::kChecked) const {
    return to(dtype, cast).to(device);
  }
  /// Elements chosen as in NumPy: x.index({Slice{1, None}, -1, Ellipsis, mask, positions}), see
  /// tensor/indexing.h. A view unless there are tensors among the items. Differs: numbers count as
  /// slices of one position, not as tensors, as in PyTorch. Throws IndexError, ShapeError,
  /// DTypeError.
  Tensor index(const std::vector<IndexItem>& items) const;

  // Changes in place; every tensor that shares the storage sees them. They are counted, with the
  // line of the caller, so that the tape notices when elements that it has yet to read are gone.

  /// `value` (a number, or a tensor of one element) everywhere. Throws ShapeError, DTypeError.
  void fill(const Tensor& value,
            std::source_location where = std::source_location::current()) const;
  /// Overwrites the elements with those of `source`, broadcast and converted, from any device;
  /// views of one storage may overlap. Throws ShapeError when source does not fit, and for a view
  /// by expand() or of overlapping windows, whose elements are one in memory; DTypeError as to().
  void copy_from(const Tensor& source, Cast cast = Cast::kChecked,
                 std::source_location where = std::source_location::current()) const;
  /// Overwrites x.index(items) with `value`, broadcast and converted, or adds to it. Of several
  /// values for one element the last stays, when accumulated they are added in order. Throws as
  /// index() and copy_from(), before anything is written.
  void index_put(const std::vector<IndexItem>& items, const Tensor& value, bool accumulate = false,
                 std::source_location where = std::source_location::current()) const;
  /// To be called once by who writes through data() or raw_data(); asking for a pointer is no
  /// change. Nothing happens to an undefined tensor.
  void mark_changed(std::source_location where = std::source_location::current()) const {
    if (storage_) storage_->mark_changed(where);
  }
  /// How often elements of the storage were changed in place; 0 for an undefined tensor.
  std::uint32_t version() const { return storage_ ? storage_->version() : 0; }
  /// The line that changed them last, if version() > 0.
  std::source_location changed_at() const {
    return storage_ ? storage_->changed_at() : std::source_location();
  }

  /// Drops the elements, keeps shape and dtype.
  void release_storage() { storage_ = StorageRef(); }

 private:
  friend Tensor as_strided_unchecked(const Tensor&, const Shape&, const Strides&, std::int64_t);
  friend Tensor over_storage_unchecked(StorageRef, const Shape&, DType);
  template <Number T>
  static Tensor scalar(T value) {
    if constexpr (std::is_same_v<T, bool>) {
      return scalar_of(value ? 1.0 : 0.0, kBool);
    } else if constexpr (std::is_integral_v<T>) {
      if constexpr (std::is_unsigned_v<T> && sizeof(T) == 8) check_unsigned(value);
      return scalar_of_int(static_cast<std::int64_t>(value));
    } else {
      return scalar_of(static_cast<double>(value), kFloat64);
    }
  }
  static Tensor scalar_of(double value, DType dtype);
  static Tensor scalar_of_int(std::int64_t value);
  static void check_unsigned(std::uint64_t value);
  void item_to(DType dtype, void* value) const;
  void copy_to(DType dtype, void* values) const;
  [[noreturn]] void throw_wrong_type(DType asked) const;
  [[noreturn]] void throw_wrong_place() const;
  void* address() const {
    return static_cast<std::byte*>(storage_->data()) + offset_ * size_of(dtype_);
  }

  Shape shape_;
  Strides strides_;
  StorageRef storage_;
  std::int64_t offset_ = 0;
  DType dtype_ = kFloat32;
  bool weak_ = false;
  Device device_;
};

/// A view with the given geometry over the storage of `x`; the caller vouches for its bounds.
/// `offset` is in elements, from the start of the storage of x plus the offset of x.
Tensor as_strided_unchecked(const Tensor& x, const Shape& shape, const Strides& strides,
                            std::int64_t offset);

/// A row-major tensor whose elements begin where `storage` does; the caller vouches for its bounds.
Tensor over_storage_unchecked(StorageRef storage, const Shape& shape, DType dtype);

}  // namespace gradus

#include "tensor/checks.h"
#include "tensor/construct.h"
#include "tensor/indexing.h"
#include "tensor/print.h"
