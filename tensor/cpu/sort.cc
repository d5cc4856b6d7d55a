#include "tensor/sort.h"

#include <algorithm>

#include "tensor/cpu/order.h"
#include "tensor/cuda/ops/sort.h"

namespace gradus {
namespace cpu {
namespace {

constexpr int kDigitBits = 8;
constexpr std::int64_t kDigits = 1 << kDigitBits;
constexpr std::int64_t kComparedBelow = 128;  // shorter lines are sorted by comparison
constexpr std::int64_t kRadixPiece = 1 << 16;

/// Moves the elements to `to` in the order of one digit, equal ones in the order they stand in.
/// False, with nothing moved, when all have the same digit.
template <class P>
bool move_by_digit(const P* from, P* to, std::int64_t n, int shift, std::uint32_t* counts) {
  const std::int64_t pieces = (n + kRadixPiece - 1) / kRadixPiece;
  const auto digit = [shift](P p) {
    return static_cast<std::uint32_t>(p >> shift) & (kDigits - 1);
  };
  parallel_for(pieces, [&](std::int64_t piece) {
    std::uint32_t* mine = counts + piece * kDigits;
    std::fill_n(mine, kDigits, 0);
    const std::int64_t end = std::min(n, (piece + 1) * kRadixPiece);
    for (std::int64_t i = piece * kRadixPiece; i < end; ++i) ++mine[digit(from[i])];
  });
  // Counts become the first place of each digit of each piece.
  std::uint32_t place = 0;
  for (std::int64_t d = 0; d < kDigits; ++d) {
    const std::uint32_t before = place;
    for (std::int64_t piece = 0; piece < pieces; ++piece) {
      place += std::exchange(counts[piece * kDigits + d], place);
    }
    if (place - before == n) return false;
  }
  parallel_for(pieces, [&](std::int64_t piece) {
    std::uint32_t* next = counts + piece * kDigits;
    const std::int64_t end = std::min(n, (piece + 1) * kRadixPiece);
    for (std::int64_t i = piece * kRadixPiece; i < end; ++i) to[next[digit(from[i])]++] = from[i];
  });
  return true;
}

}  // namespace

template <class P>
void sort_packed(P* line, P* scratch, std::int64_t n, int key_bits) {
  if (n < kComparedBelow) {
    std::sort(line, line + n);  // positions make all elements different
    return;
  }
  const std::int64_t pieces = (n + kRadixPiece - 1) / kRadixPiece;
  std::uint32_t few[kDigits];
  const auto many =
      pieces == 1 ? nullptr : std::make_unique_for_overwrite<std::uint32_t[]>(pieces * kDigits);
  P *from = line, *to = scratch;
  for (int bit = 0; bit < key_bits; bit += kDigitBits) {
    if (move_by_digit(from, to, n, kPositionBits + bit, many ? many.get() : few)) {
      std::swap(from, to);
    }
  }
  if (from != line) {
    parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
      std::copy(from + begin, from + end, line + begin);
    });
  }
}

template void sort_packed(std::uint64_t*, std::uint64_t*, std::int64_t, int);
template void sort_packed(unsigned __int128*, unsigned __int128*, std::int64_t, int);

}  // namespace cpu

namespace {

/// Values are left undefined unless wanted.
ValuesAndIndices sorted_lines(std::string_view op, const Tensor& x, int axis, bool descending,
                              bool with_values) {
  check_defined(op, "x", x);
  const cpu::Rows rows(op, x, axis);
  const std::int64_t n = rows.n;
  const auto restored = [&](const Tensor& y) {
    return y.defined() ? rows.restored(y).reshape(x.shape()) : y;
  };
  if (!x.on_cpu()) [[unlikely]] {
    const auto sorted = gpu::sorted_rows(rows.elements, descending, 0, n, with_values);
    return {restored(sorted.values), restored(sorted.indices)};
  }
  const Tensor indices = rows.new_rows(n, kInt64);
  const Tensor values = with_values ? rows.new_rows(n, x.dtype()) : Tensor();
  if (x.numel() > 0) {
    dispatch(x.dtype(), [&]<class T>(std::type_identity<T>) {
      using P = cpu::Packed<T>;
      cpu::for_each_row(rows, [&](std::int64_t row) {
        const T* from = rows.elements.data<T>() + row * n;
        cpu::Room<P> line(n), scratch(n);
        cpu::pack_line(from, n, descending, line.data());
        cpu::sort_packed(line.data(), scratch.data(), n, 8 * sizeof(T));
        const P* sorted = line.data();
        std::int64_t* index = indices.data<std::int64_t>() + row * n;
        T* value = with_values ? values.data<T>() + row * n : nullptr;
        parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i) {
            index[i] = cpu::position_of(sorted[i]);
            if (value != nullptr) value[i] = from[index[i]];
          }
        });
      });
    });
  }
  return {restored(values), restored(indices)};
}

}  // namespace

ValuesAndIndices sort(const Tensor& x, int axis, bool descending) {
  return sorted_lines("sort", x, axis, descending, true);
}

Tensor argsort(const Tensor& x, int axis, bool descending) {
  return sorted_lines("argsort", x, axis, descending, false).indices;
}

Unique unique(const Tensor& x) {
  check_defined("unique", "x", x);
  if (!x.on_cpu()) [[unlikely]]
    return gpu::unique(x);
  const Tensor flat = x.reshape({x.numel()});
  const ValuesAndIndices sorted = sorted_lines("unique", flat, 0, false, true);
  const std::int64_t n = x.numel();
  const Tensor inverse = Tensor::empty({n}, kInt64), starts = Tensor::empty({n + 1}, kInt64);
  const std::int64_t* place = sorted.indices.data<std::int64_t>();
  std::int64_t *group = inverse.data<std::int64_t>(), *start = starts.data<std::int64_t>(), m = 0;
  Tensor values;
  dispatch(x.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* v = sorted.values.data<T>();
    for (std::int64_t i = 0; i < n; ++i) {
      if (i == 0 || v[i] != v[i - 1]) start[m++] = i;
      group[place[i]] = m - 1;
    }
    values = Tensor::empty({m}, x.dtype());
    for (std::int64_t k = 0; k < m; ++k) values.data<T>()[k] = v[start[k]];
  });
  start[m] = n;
  const Tensor counts = Tensor::empty({m}, kInt64);
  for (std::int64_t k = 0; k < m; ++k) counts.data<std::int64_t>()[k] = start[k + 1] - start[k];
  return {values, inverse.reshape(x.shape()), counts};
}

}  // namespace gradus
