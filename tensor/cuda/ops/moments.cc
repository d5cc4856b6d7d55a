#include "tensor/cuda/ops/moments.h"

#include <cmath>

#include "tensor/cuda/dispatch.h"
#include "tensor/cuda/map_sum.h"
#include "tensor/cuda/ops/reduce.h"
#include "tensor/elementwise/abs.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/equal.h"
#include "tensor/elementwise/greater.h"
#include "tensor/elementwise/isinf.h"
#include "tensor/elementwise/isnan.h"
#include "tensor/elementwise/less.h"
#include "tensor/elementwise/log.h"
#include "tensor/elementwise/logical_and.h"
#include "tensor/elementwise/logical_or.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/pow.h"
#include "tensor/elementwise/sqrt.h"
#include "tensor/reduce.h"

namespace gradus::gpu {
namespace {

/// Sums over rows of x that in_rows() has made, float64 [rows]; c as of map_sum_rows, or undefined.
Tensor map_sum(Mapped how, const Tensor& x, std::int64_t rows, const Tensor& c = {}, double p = 0) {
  const std::int64_t n = x.numel() / rows;
  const Tensor y = Tensor::empty({rows}, kFloat64, x.device());
  const Tensor scratch = Tensor::empty({map_sum_scratch(rows, n)}, kFloat64, x.device());
  dispatch_floating(x.dtype(), [&]<class T>(std::type_identity<T>) {
    on_device(x.device(), [&]<class D>(std::type_identity<D>) {
      map_sum_rows<D, T>(how, p, rows, n, x.device_data<T>(),
                         c.defined() ? c.device_data<double>() : nullptr, y.device_data<double>(),
                         scratch.device_data<double>(), nullptr);
    });
  });
  return y;
}

Tensor power_sums(const Tensor& x, std::int64_t rows, double p) {
  const Mapped how = p == 1 ? Mapped::kMagnitude : p == 2 ? Mapped::kSquare : Mapped::kPower;
  return map_sum(how, x, rows, {}, p);
}
Tensor root_of(const Tensor& sum, double p) {
  return p == 1 ? sum : p == 2 ? sqrt(sum) : pow(sum, 1 / p);
}

}  // namespace

std::pair<Tensor, Tensor> variance_and_mean(const Moment& of, double correction, bool root) {
  const Tensor rows = in_rows(of.x, of.mask);
  const std::int64_t count = numel(of.shape);
  const auto n = static_cast<double>(of.x.numel() / count);
  const Tensor mean = div(map_sum(Mapped::kAsItIs, rows, count), n);
  const Tensor squares = map_sum(Mapped::kSquaredDistance, rows, count, mean);
  const Tensor var = div(squares, std::fmax(0, n - correction));
  return {(root ? sqrt(var) : var).reshape(of.shape), mean.reshape(of.shape)};
}

Tensor logsumexp(const Moment& of) {
  const Tensor rows = in_rows(of.x, of.mask),
               largest = reduce(Reduction::kLarger, of.x, of.mask, of.shape);
  const Tensor sums = map_sum(Mapped::kShiftedExp, rows, largest.numel(),
                              largest.to(kFloat64).reshape({largest.numel()}));
  // Where all are -inf, or one is inf, the sum is NaN and the largest itself the result.
  return where(isinf(largest), largest, add(largest, log(sums.to(of.x.dtype()).reshape(of.shape))));
}

Tensor power_norm(const Moment& of, double p) {
  const Tensor rows = in_rows(of.x, of.mask);
  const std::int64_t count = numel(of.shape);
  const Tensor sums = power_sums(rows, count, p);
  // Outside of these the sum has overflowed, or small terms may have lost digits.
  const Tensor in_range =
      logical_or(isnan(sums), logical_and(greater(sums, 1e-280), less(sums, 1e300)));
  if (all(in_range).item<bool>()) return root_of(sums, p).reshape(of.shape);
  const Tensor magnitude = abs(rows.to(kFloat64)).reshape({count, of.x.numel() / count});
  const Tensor scale = p > 0 ? max(magnitude, {1}) : min(magnitude, {1});
  const Tensor scaled = power_sums(div(magnitude, scale.unsqueeze(1)), count, p);
  const Tensor is_itself = logical_or(equal(scale, 0), isinf(scale));
  const Tensor careful = where(is_itself, scale, mul(scale, root_of(scaled, p)));
  return where(in_range, root_of(sums, p), careful).reshape(of.shape);
}

}  // namespace gradus::gpu
