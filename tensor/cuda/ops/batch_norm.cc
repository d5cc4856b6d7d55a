#include "tensor/cuda/ops/batch_norm.h"

#include "tensor/cuda/batch_norm.h"
#include "tensor/cuda/dispatch.h"

namespace gradus::gpu {
namespace {

/// f(std::type_identity<D>{}, std::type_identity<T>{}, images, channels, elements of a channel)
template <class F>
void for_channels(const Tensor& x, F f) {
  std::int64_t size = 1;
  for (int i = 2; i < x.rank(); ++i) size *= x.shape()[i];
  on_device(x.device(), [&]<class D>(std::type_identity<D> device) {
    dispatch_floating(x.dtype(), [&]<class T>(std::type_identity<T> type) {
      f(device, type, x.dim(0), x.dim(1), size);
    });
  });
}

Tensor in_double(const Tensor& given) {
  return given.defined() ? given.to(kFloat64).contiguous() : given;
}
const double* numbers(const Tensor& x) { return x.defined() ? x.device_data<double>() : nullptr; }

}  // namespace

BatchNormResult batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  const Tensor from = x.to(compute_dtype(x.dtype())).contiguous();
  const Tensor y = Tensor::empty(x.shape(), from.dtype(), x.device());
  const Tensor mean = Tensor::empty({x.dim(1)}, kFloat64, x.device());
  const Tensor var = Tensor::empty({x.dim(1)}, kFloat64, x.device());
  const Tensor w = in_double(weight), b = in_double(bias);
  for_channels(from, [&]<class D, class T>(std::type_identity<D>, std::type_identity<T>,
                                           auto images, auto channels, auto size) {
    batch_norm<D, T>(images, channels, size, from.device_data<T>(), numbers(w), numbers(b), eps,
                     y.device_data<T>(), mean.device_data<double>(), var.device_data<double>(),
                     nullptr);
  });
  return {y.to(x.dtype()), mean, var};
}

BatchNormGradients batch_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& mean,
                                       const Tensor& var, const Tensor& weight, double eps,
                                       bool wants_x, bool wants_weight, bool wants_bias) {
  const DType dtype = compute_dtype(x.dtype());
  const Tensor from = x.to(dtype).contiguous(), g = dy.to(dtype).contiguous();
  const Tensor w = in_double(weight);
  const Tensor of_weight = Tensor::empty({x.dim(1)}, kFloat64, x.device());
  const Tensor of_bias = Tensor::empty({x.dim(1)}, kFloat64, x.device());
  BatchNormGradients d;
  if (wants_x) d.x = Tensor::empty(x.shape(), dtype, x.device());
  for_channels(from, [&]<class D, class T>(std::type_identity<D>, std::type_identity<T>,
                                           auto images, auto channels, auto size) {
    batch_norm_backward<D, T>(
        images, channels, size, g.device_data<T>(), from.device_data<T>(), numbers(mean),
        numbers(var), numbers(w), eps, wants_x ? d.x.device_data<T>() : nullptr,
        of_weight.device_data<double>(), of_bias.device_data<double>(), nullptr);
  });
  if (wants_x) d.x = d.x.to(x.dtype());
  if (wants_weight) d.weight = of_weight.to(x.dtype());
  if (wants_bias) d.bias = of_bias.to(x.dtype());
  return d;
}

}  // namespace gradus::gpu
