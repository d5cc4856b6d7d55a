#include "tensor/cuda/ops/random.h"

#include "tensor/cuda/dispatch.h"
#include "tensor/cuda/random.h"

namespace gradus::gpu {
namespace {

template <class F>
void for_device_and_type(const Tensor& x, F f) {
  on_device(x.device(), [&]<class D>(std::type_identity<D> device) {
    dispatch(x.dtype(), [&]<class T>(std::type_identity<T> type) {
      if constexpr (is_floating(dtype_of<T>())) f(device, type);
    });
  });
}

}  // namespace

void uniform(const Tensor& x, std::uint64_t seed, std::uint64_t first, double low, double high,
             double top) {
  for_device_and_type(x, [&]<class D, class T>(std::type_identity<D>, std::type_identity<T>) {
    uniform<D, T>(seed, first, low, high, static_cast<T>(top), x.numel(), x.device_data<T>(),
                  nullptr);
  });
}

void normal(const Tensor& x, std::uint64_t seed, std::uint64_t first, double mean, double std) {
  for_device_and_type(x, [&]<class D, class T>(std::type_identity<D>, std::type_identity<T>) {
    normal<D, T>(seed, first, mean, std, x.numel(), x.device_data<T>(), nullptr);
  });
}

void bernoulli(const Tensor& x, std::uint64_t seed, std::uint64_t first, double p) {
  on_device(x.device(), [&]<class D>(std::type_identity<D>) {
    bernoulli<D>(seed, first, p, x.numel(), x.device_data<bool>(), nullptr);
  });
}

}  // namespace gradus::gpu
