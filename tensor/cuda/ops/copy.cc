#include "tensor/cuda/ops/copy.h"

#include <cstring>

#include "tensor/convert.h"
#include "tensor/cpu/positions.h"
#include "tensor/cuda/copy.h"
#include "tensor/cuda/dispatch.h"
#include "tensor/cuda/ops/walks.h"
#include "tensor/cuda/runtime.h"
#include "tensor/cuda/transpose.h"

namespace gradus::gpu {
namespace {

std::size_t bytes_of(const Tensor& x) { return x.numel() * size_of(x.dtype()); }

/// The one element of a tensor of the CPU, in the lowest bytes.
std::uint64_t bits_of(const Tensor& one) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, one.raw_data(), size_of(one.dtype()));
  return bits;
}

/// Whether every element of source, converted to a whole dtype, is a number of it.
bool may_misfit(const Tensor& source, DType to) {
  const LoopPlan<1> plan(source.shape(), {&source});
  const Tensor found = Tensor::empty({}, kInt32, source.device());
  clear(found);
  on_device(source.device(), [&]<class D>(std::type_identity<D>) {
    find_misfit<D>(source.dtype(), to, source.numel(), walk_of(plan), source.raw_device_data(),
                   found.device_data<std::int32_t>(), nullptr);
  });
  return found.item() != 0;
}

/// Whether y, without gaps, is the transpose of the matrix of x, without gaps.
bool is_transpose(const LoopPlan<2>& plan) {
  return plan.shape.rank() == 2 && plan.shape[0] > 1 && plan.strides[0][0] == 1 &&
         plan.strides[0][1] == plan.shape[0] && plan.strides[1][0] == plan.shape[1] &&
         plan.strides[1][1] == 1;
}

void convert_there(std::string_view op, const Tensor& source, const Tensor& y, Cast cast) {
  const DType from = source.dtype(), to = y.dtype();
  if (cast == Cast::kChecked && is_integral(to) && from != to && from != kBool &&
      source.numel() > 0 && may_misfit(source, to)) {
    // The CPU finds the element again, for the text.
    gradus::convert_elements(op, source.to(kCpu), Tensor::empty(source.shape(), to), cast);
  }
  if (y.numel() == 0) return;
  const LoopPlan<2> plan(y.shape(), {&source, &y});
  on_device(y.device(), [&]<class D>(std::type_identity<D>) {
    if (from == to && is_transpose(plan)) {
      cpu::dispatch_size(size_of(to), [&]<class U>(std::type_identity<U>) {
        transpose<D, U>(plan.shape[1], plan.shape[0],
                        static_cast<const U*>(source.raw_device_data()),
                        static_cast<U*>(y.raw_device_data()), nullptr);
      });
    } else {
      convert<D>(from, to, y.numel(), walk_of(plan), source.raw_device_data(), y.raw_device_data(),
                 nullptr);
    }
  });
}

}  // namespace

void copy_between(const Tensor& to, const Tensor& from) {
  const std::size_t bytes = bytes_of(from);
  if (bytes == 0) return;
  if (from.on_cpu()) {
    copy_to_device(to.device(), to.raw_device_data(), from.raw_data(), bytes);
  } else if (to.on_cpu()) {
    copy_to_host(from.device(), to.raw_data(), from.raw_device_data(), bytes);
  } else {  // between two devices, by way of the CPU
    copy_between(to, from.to(kCpu));
  }
}

void clear(const Tensor& y) {
  if (y.numel() > 0) fill_bytes(y.device(), y.raw_device_data(), 0, bytes_of(y));
}

void convert_elements(std::string_view op, const Tensor& source, const Tensor& y, Cast cast) {
  if (source.device() == y.device()) return convert_there(op, source, y, cast);
  if (!source.on_cpu()) {
    const Tensor converted = Tensor::empty(source.shape(), y.dtype(), source.device());
    convert_there(op, source, converted, cast);
    return gradus::convert_elements(op, converted.to(y.device()), y, cast);
  }
  const Tensor converted = Tensor::empty(source.shape(), y.dtype());
  gradus::convert_elements(op, source, converted, cast);
  if (y.numel() == 0) return;
  if (source.numel() > 1) return convert_there(op, converted.to(y.device()), y, cast);
  const LoopPlan<1> plan(y.shape(), {&y});
  on_device(y.device(), [&]<class D>(std::type_identity<D>) {
    fill<D>(static_cast<std::int64_t>(size_of(y.dtype())), bits_of(converted), y.numel(),
            walk_of(plan), y.raw_device_data(), nullptr);
  });
}

Tensor where(const Shape& shape, const Tensor& cond, const Tensor& a, const Tensor& b) {
  const Tensor& where_it_is = !cond.on_cpu() ? cond : !a.on_cpu() ? a : b;
  const std::string_view its_name = !cond.on_cpu() ? "cond" : !a.on_cpu() ? "a" : "b";
  const auto there = [&](std::string_view name, const Tensor& x) {
    return operand_on("where", name, x, its_name, where_it_is);
  };
  const Tensor c = there("cond", cond), u = there("a", a), v = there("b", b);
  const Tensor y = Tensor::empty(shape, a.dtype(), where_it_is.device());
  if (y.numel() == 0) return y;
  const LoopPlan<3> plan(shape, {&c, &u, &v});
  on_device(y.device(), [&]<class D>(std::type_identity<D>) {
    choose<D>(static_cast<std::int64_t>(size_of(y.dtype())), y.numel(), walk_of(plan),
              c.device_data<bool>(), u.raw_device_data(), v.raw_device_data(), y.raw_device_data(),
              nullptr);
  });
  return y;
}

Tensor operand_on(std::string_view op, std::string_view argument, const Tensor& x,
                  std::string_view other_argument, const Tensor& other) {
  if (x.device() == other.device()) return x;
  if (!x.on_cpu() || x.rank() > 0) check_same_device(op, other_argument, other, argument, x);
  const Tensor there = Tensor::empty({}, x.dtype(), other.device());
  gpu::convert_elements(op, x, there, Cast::kWrap);
  return there;
}

}  // namespace gradus::gpu
