#include "tensor/reduce.h"

#include <optional>
#include <string>
#include <type_traits>

#include "tensor/cpu/reduce.h"
#include "tensor/cpu/reduce_door.h"
#include "tensor/cuda/ops/reduce.h"
#include "tensor/elementwise.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/not_equal.h"
#include "tensor/elementwise/sub.h"

namespace gradus {
namespace {

using namespace cpu::reduction;

struct Times {
  template <class T>
  T operator()(T a, T b) const {
    return a * b;
  }
};
struct Or {
  bool operator()(bool a, bool b) const { return a | b; }
};
struct And {
  bool operator()(bool a, bool b) const { return a & b; }
};

/// The same on a device, which knows four reductions: any and all are those of 0 and 1.
template <class Op>
[[gnu::noinline]] Tensor on_device(const Tensor& x, unsigned mask, const Shape& shape) {
  using gpu::Reduction;
  if constexpr (std::is_same_v<Op, Or> || std::is_same_v<Op, And>) {
    const auto how = std::is_same_v<Op, Or> ? Reduction::kLarger : Reduction::kSmaller;
    return gpu::reduce(how, x.to(kInt64), mask, shape).to(kBool);
  } else {
    const auto how = std::is_same_v<Op, Plus>     ? Reduction::kPlus
                     : std::is_same_v<Op, Times>  ? Reduction::kTimes
                     : std::is_same_v<Op, Larger> ? Reduction::kLarger
                                                  : Reduction::kSmaller;
    return gpu::reduce(how, x, mask, shape);
  }
}

/// Op over some axes of x, whose dtype is one to compute in. `of_none` is the result of no
/// elements; without it they are an error.
template <class Op>
Tensor reduce(std::string_view op, const Tensor& x, const Axes& axes, bool keepdim,
              std::optional<double> of_none = {}) {
  const unsigned mask = axes_mask(op, axes, x.shape());
  Tensor y;  // the one result of all returns, so that it is made where the caller wants it
  if (!x.on_cpu() && x.numel() > 0) [[unlikely]] {
    y = on_device<Op>(x, mask, reduced_shape(x.shape(), mask, keepdim));
    return y;
  }
  y = Tensor::empty(reduced_shape(x.shape(), mask, keepdim), x.dtype(), x.device());
  if (x.numel() == 0) {
    if (y.numel() == 0) return y;
    if (!of_none) cpu::throw_no_elements(op, x);
    y.fill(*of_none);
    return y;
  }
  if constexpr (std::is_same_v<Op, Or> || std::is_same_v<Op, And>) {
    reduce_into<Op, bool>(x, mask, y.data<bool>());
  } else {
    dispatch_compute(x.dtype(), [&]<class T>(std::type_identity<T>) {
      reduce_into<Op, T>(x, mask, y.data<T>());
    });
  }
  return y;
}

/// The dtype of sums: int64 for integers and bool, else that of x.
DType sum_dtype(const Tensor& x) { return is_floating(x.dtype()) ? x.dtype() : kInt64; }

/// Op over elements of any dtype, in the one to compute in.
template <class Op>
Tensor reduce_as(std::string_view op, DType result, const Tensor& x, const Axes& axes, bool keepdim,
                 std::optional<double> of_none = {}) {
  check_defined(op, "x", x);
  const DType dtype = compute_dtype(x.dtype());
  if (x.dtype() == dtype) return reduce<Op>(op, x, axes, keepdim, of_none);
  return reduce<Op>(op, x.to(dtype), axes, keepdim, of_none).to(result);
}

template <class T>
void divide_all(const Tensor& values, std::int64_t count) {
  T* y = values.data<T>();
  for (std::int64_t i = 0; i < values.numel(); ++i) y[i] /= static_cast<T>(count);
}

Tensor without_nan(const Tensor& x) { return where(not_equal(x, x), Tensor(0), x); }

}  // namespace

Tensor sum(const Tensor& x, const Axes& axes, bool keepdim) {
  return reduce_as<Plus>("sum", sum_dtype(x), x, axes, keepdim, 0);
}

Tensor prod(const Tensor& x, const Axes& axes, bool keepdim) {
  return reduce_as<Times>("prod", sum_dtype(x), x, axes, keepdim, 1);
}

Tensor mean(const Tensor& x, const Axes& axes, bool keepdim) {
  check_defined("mean", "x", x);
  const unsigned mask = axes_mask("mean", axes, x.shape());
  const DType dtype = cpu::floating_compute_dtype(x);
  Tensor total = reduce<Plus>("mean", x.dtype() == dtype ? x : x.to(dtype), axes, keepdim, 0);
  const std::int64_t count = cpu::reduced_count(x.shape(), mask);
  if (!x.on_cpu()) [[unlikely]] {
    total = div(total, Tensor(count));
  } else {  // `total` is new: dividing it in place saves a pass and an allocation
    dispatch_floating(total.dtype(),
                      [&]<class T>(std::type_identity<T>) { divide_all<T>(total, count); });
  }
  return is_floating(x.dtype()) && x.dtype() != dtype ? total.to(x.dtype()) : total;
}

Tensor nansum(const Tensor& x, const Axes& axes, bool keepdim) {
  check_defined("nansum", "x", x);
  const Tensor numbers = is_floating(x.dtype()) ? without_nan(x) : x;
  return reduce_as<Plus>("nansum", sum_dtype(x), numbers, axes, keepdim, 0);
}

Tensor nanmean(const Tensor& x, const Axes& axes, bool keepdim) {
  check_defined("nanmean", "x", x);
  if (!is_floating(x.dtype())) return mean(x, axes, keepdim);
  const Tensor numbers = without_nan(x.to(compute_dtype(x.dtype())));
  const Tensor total = reduce<Plus>("nanmean", numbers, axes, keepdim, 0);
  const Tensor nans = sum(not_equal(x, x), axes, keepdim);
  const std::int64_t each = cpu::reduced_count(x.shape(), axes_mask("nanmean", axes, x.shape()));
  if (!x.on_cpu()) [[unlikely]]
    return div(total, sub(Tensor(each), nans)).to(x.dtype());
  dispatch_floating(total.dtype(), [&]<class T>(std::type_identity<T>) {
    T* y = total.data<T>();
    const std::int64_t* skipped = nans.data<std::int64_t>();
    for (std::int64_t i = 0; i < total.numel(); ++i) y[i] /= static_cast<T>(each - skipped[i]);
  });
  return total.to(x.dtype());
}

Tensor max(const Tensor& x, const Axes& axes, bool keepdim) {
  return reduce_as<Larger>("max", x.dtype(), x, axes, keepdim);
}

Tensor min(const Tensor& x, const Axes& axes, bool keepdim) {
  return reduce_as<Smaller>("min", x.dtype(), x, axes, keepdim);
}

Tensor any(const Tensor& x, const Axes& axes, bool keepdim) {
  check_defined("any", "x", x);
  return reduce<Or>("any", x.to(kBool), axes, keepdim, 0);
}

Tensor all(const Tensor& x, const Axes& axes, bool keepdim) {
  check_defined("all", "x", x);
  return reduce<And>("all", x.to(kBool), axes, keepdim, 1);
}

Tensor count_nonzero(const Tensor& x, const Axes& axes, bool keepdim) {
  check_defined("count_nonzero", "x", x);
  return reduce<Plus>("count_nonzero", x.to(kBool).to(kInt64), axes, keepdim, 0);
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
