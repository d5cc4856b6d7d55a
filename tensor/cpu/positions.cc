#include "tensor/cpu/positions.h"

#include <atomic>
#include <cstdlib>
#include <string>

#include "tensor/cuda/ops/places.h"
#include "tensor/thread_pool.h"

namespace gradus::cpu {
namespace {

// Whether two elements may be one in memory. In views of row-major tensors each axis steps over all
// that the axes with smaller steps reach; overlapping windows do not.
bool overlaps_itself(const Tensor& x) {
  if (x.is_contiguous()) return false;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (x.shape()[axis] == 1) continue;
    const std::int64_t step = std::abs(x.strides()[axis]);
    std::int64_t reach = 0;
    for (int other = 0; other < x.rank(); ++other) {
      const std::int64_t smaller = std::abs(x.strides()[other]);
      if (x.shape()[other] == 1 || other == axis || smaller > step) continue;
      if (smaller == step) return true;
      reach += smaller * (x.shape()[other] - 1);
    }
    if (step <= reach) return true;
  }
  return false;
}

}  // namespace

Tensor checked_positions(std::string_view op, std::string_view argument, const Tensor& index,
                         std::int64_t size, int axis, const Shape& shape) {
  check_defined(op, argument, index);
  const auto place = [&] { return "[" + std::string(op) + "] " + std::string(argument) + ": "; };
  if (index.dtype() != kInt64 && index.dtype() != kInt32) {
    throw DTypeError(place() + std::string(name(index.dtype())) + "; expected int64 or int32");
  }
  if (!index.on_cpu()) [[unlikely]] {
    const Tensor checked = gpu::checked_positions(index, size);
    if (checked.defined()) return checked;
    return checked_positions(op, argument, index.to(kCpu), size, axis, shape);  // throws
  }
  Tensor positions = index.to(kInt64).contiguous();
  const std::int64_t* given = positions.data<std::int64_t>();
  const std::int64_t n = positions.numel();
  std::atomic<bool> any_negative = false, any_outside = false;
  parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
    bool negative = false, outside = false;
    for (std::int64_t i = begin; i < end; ++i) {
      negative |= given[i] < 0;
      outside |= (given[i] < -size) | (given[i] >= size);
    }
    if (negative) any_negative = true;
    if (outside) any_outside = true;
  });
  if (any_outside) {
    std::int64_t i = 0;
    while (given[i] >= -size && given[i] < size) ++i;
    Dims where = Dims::filled(index.rank(), 0);
    const std::int64_t value = given[i];
    for (int k = index.rank() - 1; k >= 0; --k) {
      where[k] = i % index.shape()[k];
      i /= index.shape()[k];
    }
    const std::string allowed =
        size == 0 ? "none" : std::to_string(-size) + ".." + std::to_string(size - 1);
    throw IndexError(place() + std::to_string(value) + " at " + to_string(where) + "; expected " +
                     allowed + " for axis " + std::to_string(axis) + " of shape " +
                     to_string(shape));
  }
  if (!any_negative) return positions;
  if (positions.shares_storage_with(index)) positions = positions.clone();
  std::int64_t* p = positions.data<std::int64_t>();
  parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) p[i] += p[i] < 0 ? size : 0;
  });
  return positions;
}

void check_writable(std::string_view op, const Tensor& x) {
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (x.strides()[axis] == 0 && x.shape()[axis] > 1) {
      throw ShapeError("[" + std::string(op) + "] x: axis " + std::to_string(axis) + " of shape " +
                       to_string(x.shape()) +
                       " repeats one element (expand); expected elements of its own; use clone()");
    }
  }
  if (overlaps_itself(x)) {
    throw ShapeError("[" + std::string(op) + "] x: elements of shape " + to_string(x.shape()) +
                     " with strides " + to_string(x.strides()) +
                     " share memory (unfold); expected elements of their own; use clone()");
  }
}

}  // namespace gradus::cpu
