#include "tensor/cuda/ops/rows.h"

#include "tensor/cuda/dispatch.h"
#include "tensor/cuda/layer_norm.h"
#include "tensor/cuda/softmax.h"

namespace gradus::gpu {
namespace {

/// f(std::type_identity<D>{}, std::type_identity<T>{})
template <class F>
void for_device_and_type(const Tensor& x, F f) {
  on_device(x.device(), [&]<class D>(std::type_identity<D> device) {
    dispatch_floating(x.dtype(), [&]<class T>(std::type_identity<T> type) { f(device, type); });
  });
}

template <class T>
T* data_or_null(const Tensor& x) {
  return x.defined() ? x.device_data<T>() : nullptr;
}

}  // namespace

void softmax(bool log, const Tensor& x, const Tensor& y, std::int64_t n) {
  for_device_and_type(x, [&]<class D, class T>(std::type_identity<D>, std::type_identity<T>) {
    softmax_rows<D, T>(log, x.numel() / n, n, x.device_data<T>(), y.device_data<T>(), nullptr);
  });
}

void softmax_backward(const Tensor& y, const Tensor& dy, const Tensor& dx, std::int64_t n) {
  for_device_and_type(y, [&]<class D, class T>(std::type_identity<D>, std::type_identity<T>) {
    softmax_backward_rows<D, T>(y.numel() / n, n, y.device_data<T>(), dy.device_data<T>(),
                                dx.device_data<T>(), nullptr);
  });
}

void layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps,
                const Tensor& y, std::int64_t n) {
  for_device_and_type(x, [&]<class D, class T>(std::type_identity<D>, std::type_identity<T>) {
    layer_norm_rows<D, T>(x.numel() / n, n, x.device_data<T>(), data_or_null<double>(weight),
                          data_or_null<double>(bias), eps, y.device_data<T>(), nullptr);
  });
}

void layer_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& weight, double eps,
                         const Tensor& dx, const Tensor& dy_z, std::int64_t n) {
  for_device_and_type(x, [&]<class D, class T>(std::type_identity<D>, std::type_identity<T>) {
    layer_norm_backward_rows<D, T>(x.numel() / n, n, dy.device_data<T>(), x.device_data<T>(),
                                   data_or_null<double>(weight), eps, data_or_null<T>(dx),
                                   data_or_null<double>(dy_z), nullptr);
  });
}

}  // namespace gradus::gpu
