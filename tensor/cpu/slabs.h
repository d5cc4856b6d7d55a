#pragma once
// Work that goes over the same elements twice, in pieces that stay in the cache in between.
#include <algorithm>
#include <cstdint>

#include "tensor/tensor.h"
#include "tensor/thread_pool.h"

namespace gradus::cpu {

inline constexpr std::int64_t kSlab = 65536;  // elements: at most 512 KiB

/// Calls f(part, first) in parallel for parts of x along its first axis, of about kSlab elements;
/// `first` is the number of lines in front of a part, where a line is what is left of x without
/// the axes of `mask`. x is one part if it is small or its first axis is among them.
template <class F>
void for_slabs(const Tensor& x, unsigned mask, const F& f) {
  if (x.rank() == 0 || mask & 1 || x.numel() <= 2 * kSlab) return f(x, std::int64_t{0});
  const std::int64_t size = x.shape()[0], each = x.numel() / size;
  std::int64_t lines = 1;
  for (int i = 1; i < x.rank(); ++i) lines *= mask >> i & 1 ? 1 : x.shape()[i];
  const std::int64_t step = std::max<std::int64_t>(1, kSlab / each);
  // Few large parts would keep fewer threads busy than work on the whole does.
  if (each > 2 * kSlab) return f(x, std::int64_t{0});
  parallel_for((size + step - 1) / step, [&](std::int64_t piece) {
    const std::int64_t begin = piece * step;
    f(x.narrow(0, begin, std::min(step, size - begin)), begin * lines);
  });
}

/// All elements of x as rows [n / kSlab, kSlab] and a rest [1, n % kSlab], in row-major order.
struct Rows {
  Tensor rows, rest;

  explicit Rows(const Tensor& x) {
    const Tensor flat = x.contiguous().reshape({x.numel()});
    const std::int64_t whole = flat.numel() / kSlab * kSlab;
    rows = flat.narrow(0, 0, whole).reshape({whole / kSlab, kSlab});
    rest = flat.narrow(0, whole, flat.numel() - whole).reshape({1, flat.numel() - whole});
  }
};

}  // namespace gradus::cpu
