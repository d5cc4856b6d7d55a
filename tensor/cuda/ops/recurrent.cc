#include "tensor/cuda/ops/recurrent.h"

#include "tensor/cuda/blas.h"
#include "tensor/cuda/dispatch.h"
#include "tensor/cuda/recurrent.h"
#include "tensor/elementwise/add.h"

namespace gradus::gpu {
namespace {

/// [G H + H]: what is added to the products with x, and to the last of those with h (GRU).
Tensor biases(const Tensor& b_ih, const Tensor& b_hh, RecurrentCell cell, const Tensor& like,
              std::int64_t hidden) {
  const std::int64_t width = gates_of(cell) * hidden;
  const Tensor all = zeros({width + hidden}, like.dtype(), like.device());
  if (!b_ih.defined()) return all;
  const std::int64_t apart = cell == RecurrentCell::kGru ? 2 * hidden : width;
  all.narrow(0, 0, apart).copy_from(b_ih.narrow(0, 0, apart) + b_hh.narrow(0, 0, apart));
  if (apart == width) return all;
  all.narrow(0, apart, hidden).copy_from(b_ih.narrow(0, apart, hidden));
  all.narrow(0, width, hidden).copy_from(b_hh.narrow(0, apart, hidden));
  return all;
}

template <class T>
T* data_or_null(const Tensor& x) {
  return x.defined() ? x.device_data<T>() : nullptr;
}

/// f(std::type_identity<D>{}, std::type_identity<T>{})
template <class F>
void for_device_and_type(const Tensor& x, F f) {
  on_device(x.device(), [&]<class D>(std::type_identity<D> device) {
    dispatch_floating(x.dtype(), [&]<class T>(std::type_identity<T> type) { f(device, type); });
  });
}

/// Calls f(step) in the order of the layer, or the other way round.
template <class F>
void for_steps(RecurrentStep step, bool back, F f) {
  for (std::int64_t i = 0; i < step.steps; ++i) {
    step.t = step.reverse != back ? step.steps - 1 - i : i;
    f(step);
  }
}

}  // namespace

RecurrentForward recurrent_forward(const Tensor& projected, const Tensor& h, const Tensor& c,
                                   const Tensor& w_hh, const Tensor& b_ih, const Tensor& b_hh,
                                   const RecurrentSteps& steps, bool keep) {
  const std::int64_t time = projected.dim(0), batch = projected.dim(1), hidden = h.dim(1);
  const std::int64_t width = projected.dim(2);
  const DType dtype = projected.dtype();
  const Device device = projected.device();
  RecurrentForward out{
      Tensor::empty({time + (c.defined() ? 2 : 1), batch, hidden}, dtype, device), projected, {}};
  const bool gated = gates_of(steps.cell) > 1;
  if (keep && gated) out.kept = Tensor::empty({time, batch, hidden}, dtype, device);
  const Tensor bias = biases(b_ih, b_hh, steps.cell, projected, hidden);
  const Tensor through = Tensor::empty({batch, width}, dtype, device);
  // The state at the end is where it stands all the time.
  const Tensor state = out.y.select(0, time), cell = c.defined() ? out.y.select(0, time + 1) : c;
  state.copy_from(h);
  if (c.defined()) cell.copy_from(c);
  const Tensor lengths = steps.lengths.defined() ? steps.lengths.to(device) : Tensor();
  if (state.numel() == 0) return out;
  // Row-major through = h W_hh'; column-major through' = W_hh h'.
  Gemm call{.dtype = dtype, .transpose_a = true, .m = width, .n = batch, .k = hidden};
  call.a = w_hh.raw_device_data();
  call.lda = hidden;
  call.b = state.raw_device_data();
  call.ldb = hidden;
  call.c = through.raw_device_data();
  call.ldc = width;
  for_device_and_type(projected, [&]<class D, class T>(std::type_identity<D>,
                                                       std::type_identity<T>) {
    for_steps({steps.cell, 0, time, batch, hidden, steps.reverse}, false,
              [&](const RecurrentStep& step) {
                gemm(device, call);
                recurrent_forward_step<D, T>(
                    step, data_or_null<std::int64_t>(lengths), through.device_data<T>(),
                    bias.device_data<T>(), projected.device_data<T>(), data_or_null<T>(out.kept),
                    state.device_data<T>(), data_or_null<T>(cell), out.y.device_data<T>(), nullptr);
              });
  });
  if (!keep || !gated) out.gates = Tensor();
  return out;
}

RecurrentBackward recurrent_backward(const Tensor& dy, const RecurrentForward& forward,
                                     const Tensor& h, const Tensor& c, const Tensor& w_hh,
                                     const RecurrentSteps& steps) {
  const std::int64_t time = dy.dim(0) - (c.defined() ? 2 : 1), batch = dy.dim(1);
  const std::int64_t hidden = dy.dim(2), width = hidden * gates_of(steps.cell);
  const DType dtype = dy.dtype();
  const Device device = dy.device();
  RecurrentBackward out;
  out.projected = Tensor::empty({time, batch, width}, dtype, device);
  const bool apart = steps.cell == RecurrentCell::kGru;
  out.recurrent = apart ? Tensor::empty(out.projected.shape(), dtype, device) : out.projected;
  out.previous = Tensor::empty({time, batch, hidden}, dtype, device);
  out.h = dy.select(0, time).clone();
  if (c.defined()) out.c = dy.select(0, time + 1).clone();
  if (out.h.numel() == 0) return out;
  const Tensor through = zeros({batch, hidden}, dtype, device);
  const Tensor lengths = steps.lengths.defined() ? steps.lengths.to(device) : Tensor();
  // Row-major through = dr W_hh; column-major through' = W_hh' dr'.
  Gemm call{.dtype = dtype, .m = hidden, .n = batch, .k = width};
  call.a = w_hh.raw_device_data();
  call.lda = hidden;
  call.ldb = width;
  call.c = through.raw_device_data();
  call.ldc = hidden;
  for_device_and_type(dy, [&]<class D, class T>(std::type_identity<D>, std::type_identity<T>) {
    for_steps({steps.cell, 0, time, batch, hidden, steps.reverse}, true,
              [&](const RecurrentStep& step) {
                recurrent_backward_step<D, T>(
                    step, data_or_null<std::int64_t>(lengths), data_or_null<T>(forward.gates),
                    data_or_null<T>(forward.kept), forward.y.device_data<T>(), h.device_data<T>(),
                    data_or_null<T>(c), dy.device_data<T>(), through.device_data<T>(),
                    out.h.device_data<T>(), data_or_null<T>(out.c), out.projected.device_data<T>(),
                    out.recurrent.device_data<T>(), out.previous.device_data<T>(), nullptr);
                call.b = out.recurrent.device_data<T>() + step.t * batch * width;
                gemm(device, call);
              });
  });
  out.h = add(out.h, through);
  return out;
}

}  // namespace gradus::gpu
