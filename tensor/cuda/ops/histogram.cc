#include "tensor/cuda/ops/histogram.h"

#include "tensor/cuda/dispatch.h"
#include "tensor/cuda/histogram.h"
#include "tensor/cuda/ops/sort.h"

namespace gradus::gpu {

Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right) {
  const Tensor lines = sorted.contiguous(), wanted = values.contiguous();
  const Tensor places = Tensor::empty(values.shape(), kInt64, values.device());
  if (places.numel() == 0) return places;
  const std::int64_t each = sorted.rank() == 1 ? values.numel() : values.dim(-1);
  dispatch_compute(lines.dtype(), [&]<class T>(std::type_identity<T>) {
    on_device(lines.device(), [&]<class D>(std::type_identity<D>) {
      search_sorted<D, T>(right, values.numel() / each, lines.dim(-1), each, lines.device_data<T>(),
                          wanted.device_data<T>(), places.device_data<std::int64_t>(), nullptr);
    });
  });
  return places;
}

Tensor bins_of(const Tensor& x, const Tensor& edges) {
  const Tensor elements = x.contiguous(), bin = Tensor::empty({x.numel()}, kInt64, x.device());
  dispatch_compute(x.dtype(), [&]<class T>(std::type_identity<T>) {
    on_device(x.device(), [&]<class D>(std::type_identity<D>) {
      find_bins<D, T>(x.numel(), edges.numel() - 1, elements.device_data<T>(),
                      edges.device_data<double>(), bin.device_data<std::int64_t>(), nullptr);
    });
  });
  return bin;
}

Tensor binned(const Tensor& bin, std::int64_t bins, const Tensor& weights, std::int64_t parts) {
  const std::int64_t n = bin.numel();
  if (!weights.defined()) {
    const Tensor counts = zeros({bins}, kInt64, bin.device());
    on_device(bin.device(), [&]<class D>(std::type_identity<D>) {
      count_bins<D>(n, bin.device_data<std::int64_t>(),
                    static_cast<unsigned long long*>(counts.raw_device_data()), nullptr);
    });
    return counts;
  }
  const ValuesAndIndices sorted = sorted_rows(bin, false, 0, n, true);
  const Tensor w = weights.contiguous(), sums = Tensor::empty({bins}, kFloat64, bin.device());
  on_device(bin.device(), [&]<class D>(std::type_identity<D>) {
    sum_bins<D>(n, bins, parts, sorted.values.device_data<std::int64_t>(),
                sorted.indices.device_data<std::int64_t>(), w.device_data<double>(),
                sums.device_data<double>(), nullptr);
  });
  return sums;
}

}  // namespace gradus::gpu
