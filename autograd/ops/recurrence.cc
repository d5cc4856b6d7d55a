#include "autograd/ops/recurrence.h"

#include "autograd/ops/flip.h"
#include "autograd/ops/pad.h"
#include "tensor/cuda/ops/scan.h"
#include "tensor/elementwise/mul.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

// Lines of n elements one after the other; summed in double, rounded once per element.
template <class T>
Tensor run(const Tensor& a, const Tensor& b, std::int64_t n) {
  Tensor y = Tensor::empty(b.shape(), b.dtype());
  const T *pa = a.data<T>(), *pb = b.data<T>();
  T* py = y.data<T>();
  const std::int64_t lines = y.numel() / n, per_piece = std::max<std::int64_t>(1, kPieceSize / n);
  parallel_for((lines + per_piece - 1) / per_piece, [&](std::int64_t piece) {
    const std::int64_t end = std::min(lines, (piece + 1) * per_piece);
    for (std::int64_t i = piece * per_piece * n; i < end * n; i += n) {
      double now = 0;
      for (std::int64_t j = i; j < i + n; ++j) {
        now = j == i ? pb[j] : static_cast<double>(pa[j]) * now + pb[j];
        py[j] = static_cast<T>(now);
      }
    }
  });
  return y;
}

}  // namespace

Tensor ops::Recurrence::forward(const Tensor& a, const Tensor& b) const {
  if (a.shape() != b.shape()) {
    throw ShapeError("[recurrence] a is " + to_string(a.shape()) + " and b is " +
                     to_string(b.shape()) + "; expected equal shapes");
  }
  const DType dtype = result_type(a, b), computed = compute_dtype(dtype);
  check_same_device("recurrence", "a", a, "b", b);
  if (b.numel() == 0) return Tensor::empty(b.shape(), dtype, b.device());
  const Tensor la = a.to(computed).moveaxis(axis, -1).contiguous();
  const Tensor lb = b.to(computed).moveaxis(axis, -1).contiguous();
  const std::int64_t n = lb.dim(-1);
  const Tensor y = !lb.on_cpu()           ? gpu::recurrence(la, lb)
                   : computed == kFloat64 ? run<double>(la, lb, n)
                                          : run<float>(la, lb, n);
  return y.moveaxis(-1, axis).to(dtype);
}

void ops::Recurrence::backward(Gradients& d) const {
  const Variable g = recurrence_from_end(d.x(0), d.dy(), axis);
  if (d.needs(0)) d.set(0, d.shape(0).at(axis) == 0 ? g : g * shift(d.y(), axis, 1));
  if (d.needs(1)) d.set(1, g);
}

Variable recurrence_from_end(Variable a, Variable b, int axis) {
  if (b.dim(axis) == 0) return b;
  return flip(recurrence(flip(shift(a, axis, -1), axis), flip(b, axis), axis), axis);
}

}  // namespace gradus
