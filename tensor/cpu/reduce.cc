#include "tensor/reduce.h"

#include <string>

#include "tensor/cpu/reduce.h"

namespace gradus {
namespace {

using namespace cpu::reduction;

template <class Op>
Tensor reduce(std::string_view op, const Tensor& x, const Axes& axes, bool keepdim) {
  check_defined(op, "x", x);
  const unsigned mask = axes_mask(op, axes, x.shape());
  Tensor y = Tensor::empty(reduced_shape(x.shape(), mask, keepdim), x.dtype());
  if (x.numel() == 0) {
    if (y.numel() > 0) {
      if (!std::is_same_v<Op, Plus>) {
        throw ShapeError("[" + std::string(op) + "] x: shape " + to_string(x.shape()) +
                         " has no elements along the reduced axes; expected at least one");
      }
      y.fill(0);
    }
    return y;
  }
  dispatch_compute(
      x.dtype(), [&]<class T>(std::type_identity<T>) { reduce_into<Op, T>(x, mask, y.data<T>()); });
  return y;
}

// Other dtypes are reduced in the one they are computed in; an extreme is one of the elements.
template <class Op>
Tensor reduce_any(std::string_view op, const Tensor& x, const Axes& axes, bool keepdim) {
  const DType dtype = compute_dtype(x.dtype());
  if (x.dtype() == dtype) return reduce<Op>(op, x, axes, keepdim);
  check_defined(op, "x", x);
  return reduce<Op>(op, x.to(dtype), axes, keepdim).to(x.dtype());
}

}  // namespace

Tensor sum(const Tensor& x, const Axes& axes, bool keepdim) {
  const DType dtype = compute_dtype(x.dtype());
  if (x.dtype() == dtype) return reduce<Plus>("sum", x, axes, keepdim);
  check_defined("sum", "x", x);
  return reduce<Plus>("sum", x.to(dtype), axes, keepdim)
      .to(is_floating(x.dtype()) ? x.dtype() : kInt64);
}

Tensor mean(const Tensor& x, const Axes& axes, bool keepdim) {
  const DType dtype = is_floating(x.dtype()) ? compute_dtype(x.dtype()) : kFloat32;
  if (x.dtype() != dtype) check_defined("mean", "x", x);
  const Tensor total = reduce<Plus>("mean", x.dtype() == dtype ? x : x.to(dtype), axes, keepdim);
  std::int64_t count = 1;
  const unsigned mask = axes_mask("mean", axes, x.shape());
  for (int i = 0; i < x.rank(); ++i) count *= mask >> i & 1 ? x.shape()[i] : 1;
  // `total` is new: dividing it in place saves a pass and an allocation.
  dispatch_floating(total.dtype(), [&]<class T>(std::type_identity<T>) {
    T* values = total.data<T>();
    for (std::int64_t i = 0; i < total.numel(); ++i) values[i] /= static_cast<T>(count);
  });
  return is_floating(x.dtype()) ? total.to(x.dtype()) : total;
}

Tensor max(const Tensor& x, const Axes& axes, bool keepdim) {
  return reduce_any<Larger>("max", x, axes, keepdim);
}

Tensor min(const Tensor& x, const Axes& axes, bool keepdim) {
  return reduce_any<Smaller>("min", x, axes, keepdim);
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  check_defined("sum_to", "x", x);
  if (x.shape() == shape) return x;
  Axes axes;
  const int skip = x.rank() - shape.rank();
  bool fits = skip >= 0;
  for (int i = 0; fits && i < x.rank(); ++i) {
    const std::int64_t wanted = i < skip ? 1 : shape[i - skip];
    if (i < skip || (wanted == 1 && x.shape()[i] != 1)) {
      axes.push_back(i);
    } else {
      fits = wanted == x.shape()[i];
    }
  }
  if (!fits) {
    throw ShapeError("[sum_to] shape: " + to_string(shape) + "; expected one that broadcasts to " +
                     to_string(x.shape()));
  }
  return sum(x, axes, true).reshape(shape);
}

}  // namespace gradus
