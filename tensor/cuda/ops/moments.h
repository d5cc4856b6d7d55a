#pragma once
// Variances, log-sum-exp and norms of tensors of a device.
#include <utility>

#include "tensor/tensor.h"

namespace gradus::gpu {

/// A reduction of x, in a floating dtype to compute in and with elements, over the axes of the mask
/// into `shape`.
struct Moment {
  const Tensor& x;
  unsigned mask;
  const Shape& shape;
};

/// The sum of squared distances from the mean over n - correction (0 where that is negative), or
/// its root; and the mean. Both float64.
std::pair<Tensor, Tensor> variance_and_mean(const Moment& of, double correction, bool root);

/// log sum exp(x), in the dtype of x.
Tensor logsumexp(const Moment& of);

/// (sum |x|^p)^(1/p), for finite p that is not 0. float64.
Tensor power_norm(const Moment& of, double p);

}  // namespace gradus::gpu
