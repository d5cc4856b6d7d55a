#include "tensor/cuda/ops/reduce.h"

#include "tensor/cuda/dispatch.h"

namespace gradus::gpu {

Tensor in_rows(const Tensor& x, unsigned mask) {
  Dims order;
  for (int i = 0; i < x.rank(); ++i) {
    if (!(mask >> i & 1)) order.push_back(i);
  }
  for (int i = 0; i < x.rank(); ++i) {
    if (mask >> i & 1) order.push_back(i);
  }
  return x.permute(order).contiguous();
}

Tensor reduce(Reduction how, const Tensor& x, unsigned mask, const Shape& shape) {
  const Tensor from = in_rows(x, mask), y = Tensor::empty(shape, x.dtype(), x.device());
  const std::int64_t rows = y.numel(), n = x.numel() / rows;
  const Tensor scratch = Tensor::empty({reduce_scratch(rows, n)}, x.dtype(), x.device());
  dispatch_compute(x.dtype(), [&]<class T>(std::type_identity<T>) {
    on_device(x.device(), [&]<class D>(std::type_identity<D>) {
      reduce_rows<D, T>(how, rows, n, from.device_data<T>(), y.device_data<T>(),
                        scratch.device_data<T>(), nullptr);
    });
  });
  return y;
}

ValuesAndIndices find_extremes(bool largest, const Tensor& x, unsigned mask, const Shape& shape) {
  const Tensor from = in_rows(x, mask);
  ValuesAndIndices found = {Tensor::empty(shape, x.dtype(), x.device()),
                            Tensor::empty(shape, kInt64, x.device())};
  const std::int64_t rows = found.indices.numel(), n = x.numel() / rows;
  dispatch_compute(x.dtype(), [&]<class T>(std::type_identity<T>) {
    on_device(x.device(), [&]<class D>(std::type_identity<D>) {
      find_extremes<D, T>(largest, rows, n, from.device_data<T>(), found.values.device_data<T>(),
                          found.indices.device_data<std::int64_t>(), nullptr);
    });
  });
  return found;
}

}  // namespace gradus::gpu
