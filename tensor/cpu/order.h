#pragma once
// Elements as unsigned numbers in the order of the elements. Each is packed with its position in
// one integer, so that equal elements compare by position and every order is unique.
#include <bit>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "tensor/tensor.h"
#include "tensor/thread_pool.h"

namespace gradus::cpu {

/// The unsigned integer of that many bytes.
template <std::size_t kBytes>
using Bits = std::conditional_t<
    kBytes == 1, std::uint8_t,
    std::conditional_t<kBytes == 2, std::uint16_t,
                       std::conditional_t<kBytes == 4, std::uint32_t, std::uint64_t>>>;

/// A key with a < b exactly where x < y, NaN above all, -0 as 0.
template <class T>
Bits<sizeof(T)> order_key(T x) {
  using U = Bits<sizeof(T)>;
  constexpr U kSign = U(1) << (8 * sizeof(T) - 1);
  if constexpr (std::is_same_v<T, bool>) {
    return x;
  } else if constexpr (std::is_integral_v<T>) {
    return std::is_signed_v<T> ? static_cast<U>(static_cast<U>(x) ^ kSign) : static_cast<U>(x);
  } else {
    const U infinity = std::bit_cast<U>(T(std::numeric_limits<float>::infinity()));
    const U bits = std::bit_cast<U>(x), magnitude = bits & static_cast<U>(~kSign);
    if (magnitude > infinity) return std::numeric_limits<U>::max();
    if (magnitude == 0) return kSign;
    return bits & kSign ? static_cast<U>(~bits) : static_cast<U>(bits | kSign);
  }
}

inline constexpr int kPositionBits = 32;

/// Key and position of an element of a line. gcc's 128-bit integer holds those of 64-bit keys.
template <class T>
using Packed = std::conditional_t<sizeof(T) == 8, unsigned __int128, std::uint64_t>;

template <class P>
std::int64_t position_of(P packed) {
  return static_cast<std::int64_t>(packed & 0xffffffffu);
}

template <class T>
Packed<T> pack(T x, std::int64_t position, bool descending) {
  Bits<sizeof(T)> key = order_key(x);
  if (descending) key = static_cast<Bits<sizeof(T)>>(~key);
  return static_cast<Packed<T>>(key) << kPositionBits | static_cast<std::uint32_t>(position);
}

/// line[i] = x[i] with its position, for i in 0..n.
template <class T>
void pack_line(const T* x, std::int64_t n, bool descending, Packed<T>* line) {
  parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) line[i] = pack(x[i], i, descending);
  });
}

/// Sorts by the lowest `key_bits` bits above the position. `scratch` has room for n elements.
/// Defined in sort.cc for both types of Packed.
template <class P>
void sort_packed(P* line, P* scratch, std::int64_t n, int key_bits);

/// Room for packed elements: on the stack for short lines.
template <class P>
class Room {
 public:
  explicit Room(std::int64_t n) {
    if (n > kInline) heap_ = std::make_unique_for_overwrite<P[]>(n);
  }
  P* data() { return heap_ ? heap_.get() : inline_; }

 private:
  static constexpr std::int64_t kInline = 256;
  P inline_[kInline];
  std::unique_ptr<P[]> heap_;
};

/// x with `axis` last and no gaps: rows of elements along the axis. A 0-d tensor is one row.
struct Rows {
  Rows(std::string_view op, const Tensor& x, int axis_of_x)
      : axis(normalize_line_axis(op, axis_of_x, x.shape())) {
    const Tensor lines = x.rank() == 0 ? x.reshape({1}) : x;
    n = lines.shape()[axis];
    count = n == 0 ? 0 : x.numel() / n;
    if (n > 0xffffffff) {
      throw ShapeError("[" + std::string(op) + "] x: " + std::to_string(n) +
                       " elements along axis " + std::to_string(axis) +
                       "; expected fewer than 2^32");
    }
    elements = lines.transpose(axis, -1).contiguous();
  }
  /// An uninitialised result with m elements in each row.
  Tensor new_rows(std::int64_t m, DType dtype) const {
    Shape shape = elements.shape();
    shape[shape.rank() - 1] = m;
    return Tensor::empty(shape, dtype);
  }
  /// Such a result with its axes in the order of x.
  Tensor restored(const Tensor& rows) const { return rows.transpose(axis, -1).contiguous(); }

  int axis;
  Tensor elements;
  std::int64_t n, count;
};

/// Calls f(row) for all rows, in parallel if there is enough to do.
template <class F>
void for_each_row(const Rows& rows, F&& f) {
  const std::int64_t per_piece = std::max<std::int64_t>(1, kPieceSize / 4 / rows.n);
  parallel_for((rows.count + per_piece - 1) / per_piece, [&](std::int64_t piece) {
    const std::int64_t end = std::min(rows.count, (piece + 1) * per_piece);
    for (std::int64_t row = piece * per_piece; row < end; ++row) f(row);
  });
}

}  // namespace gradus::cpu
