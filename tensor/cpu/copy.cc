// Filling, copying with conversion, and where.
#include "tensor/cuda/ops/copy.h"

#include <cstring>
#include <string>

#include "tensor/broadcast.h"
#include "tensor/convert.h"
#include "tensor/cpu/positions.h"
#include "tensor/elementwise.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

constexpr std::int64_t kGathered = 256;  // elements made neighbours together

/// Elements at equal distances.
template <class T>
struct Run {
  const T* first;
  std::int64_t step;

  /// Elements i .. i + n as neighbours: where they are, or in `gathered`.
  const T* read(std::int64_t i, std::int64_t n, T* gathered) const {
    if (step == 1) return first + i;
    for (std::int64_t j = 0; j < n; ++j) gathered[j] = first[(i + j) * step];
    return gathered;
  }
};

template <class T>
void choose(const bool* c, const T* u, const T* v, T* __restrict to, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    const T all = T(0) - static_cast<T>(c[i]);  // bits, since a jump that follows c would be slower
    to[i] = (u[i] & all) | (v[i] & ~all);
  }
}

}  // namespace

void Tensor::fill(const Tensor& value, std::source_location where) const {
  check_defined("fill", "x", *this);
  check_defined("fill", "value", value);
  if (value.numel() != 1) {
    throw ShapeError("[fill] value: shape " + to_string(value.shape()) +
                     "; expected exactly one element");
  }
  copy_from(value.rank() == 0 ? value : value.reshape({}), Cast::kChecked, where);
}

void Tensor::copy_from(const Tensor& source, Cast cast, std::source_location where) const {
  check_defined("copy_from", "x", *this);
  check_defined("copy_from", "source", source);
  if (broadcast_shapes("copy_from", shape_, source.shape(), "x", "source") != shape_) {
    throw ShapeError("[copy_from] source: shape " + to_string(source.shape()) +
                     "; expected one that broadcasts to " + to_string(shape_));
  }
  cpu::check_writable("copy_from", *this);
  // Elements that overlap in memory must be read before they are written.
  const bool overlaps = shares_storage_with(source);
  const Tensor from = overlaps ? source.clone() : source;
  if (from.dtype() == dtype_ && from.shape() == shape_ && from.is_contiguous() && is_contiguous() &&
      numel() <= kPieceSize && on_cpu() && from.on_cpu()) {
    std::memcpy(raw_data(), from.raw_data(), numel() * size_of(dtype_));
    mark_changed(where);
    return;
  }
  convert_elements("copy_from", from, *this, cast);
  mark_changed(where);
}

Tensor where(const Tensor& cond, const Tensor& a, const Tensor& b) {
  check_defined("where", "cond", cond);
  check_defined("where", "a", a);
  check_defined("where", "b", b);
  if (cond.dtype() != kBool) {
    throw DTypeError("[where] cond: " + std::string(name(cond.dtype())) +
                     "; expected bool, the result of a comparison");
  }
  const DType dtype = result_type(a, b);
  const Shape shape = broadcast_shapes("where", broadcast_shapes("where", a.shape(), b.shape()),
                                       cond.shape(), "a with b", "cond");
  const Tensor x = a.to(dtype), y = b.to(dtype);
  if (!cond.on_cpu() || !a.on_cpu() || !b.on_cpu()) [[unlikely]] {
    return gpu::where(shape, cond, x, y);
  }
  Tensor out = Tensor::empty(shape, dtype);
  const LoopPlan<3> plan(shape, {&cond, &x, &y});
  cpu::dispatch_size(size_of(dtype), [&]<class T>(std::type_identity<T>) {
    T* to = static_cast<T*>(out.raw_data());
    parallel_pieces(out.numel(), [&](std::int64_t begin, std::int64_t end) {
      plan.rows(begin, end, [&](const auto& offset, std::int64_t n, std::int64_t position) {
        const Run<bool> c{static_cast<const bool*>(cond.raw_data()) + offset[0], plan.inner(0)};
        const Run<T> u{static_cast<const T*>(x.raw_data()) + offset[1], plan.inner(1)};
        const Run<T> v{static_cast<const T*>(y.raw_data()) + offset[2], plan.inner(2)};
        bool c_gathered[kGathered];
        T u_gathered[kGathered], v_gathered[kGathered];
        for (std::int64_t i = 0; i < n; i += kGathered) {
          const std::int64_t count = std::min(kGathered, n - i);
          choose(c.read(i, count, c_gathered), u.read(i, count, u_gathered),
                 v.read(i, count, v_gathered), to + position + i, count);
        }
      });
    });
  });
  return out;
}

}  // namespace gradus
