#include "tensor/cuda/ops/dropout.h"

#include "tensor/cuda/dispatch.h"
#include "tensor/cuda/dropout.h"

namespace gradus::gpu {

void dropout(const DropoutMask& mask, std::uint32_t smallest, const Tensor& x, const Tensor& y) {
  on_device(x.device(), [&]<class D>(std::type_identity<D>) {
    dispatch(x.dtype(), [&]<class T>(std::type_identity<T>) {
      if constexpr (is_floating(dtype_of<T>())) {
        dropout<D, T>(mask.seed, mask.first, smallest, 1 / (1 - mask.p), x.numel(),
                      x.device_data<T>(), y.device_data<T>(), nullptr);
      }
    });
  });
}

}  // namespace gradus::gpu
