#pragma once
// What the Schedule-Free rules have in common: a fast point z, the weighted average x of its path,
// and y between them, where gradients are taken. The parameter is y while training.
#include <cmath>
#include <span>

#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"
#include "tensor/tensor.h"

namespace gradus::optim {

///   x = (1 - c) x + c z,   c = w_t / (w_1 + ... + w_t),   w_t = t^r lr_max^weight_lr_power
///   y = (1 - beta1) z + beta1 x
/// x is not stored; y alone moves by what follows, for a step u of z:
///   y = (1 - c) y + c z + lr_t (beta1 (1 - c) - 1) u,   z = z - lr_t u
/// lr_t grows linearly over the first warmup_steps, lr_max is the largest so far.
struct Averaging {
  double lr_t = 0, c = 1, of_u = 0;

  /// Step t of a parameter that keeps {weight_sum, lr_max, evaluating}.
  template <class Rule>
  void begin_step(const Rule& rule, std::int64_t t, std::span<double> kept) {
    const double n = static_cast<double>(t), warmup = static_cast<double>(rule.warmup_steps);
    lr_t = n < warmup ? rule.lr * n / warmup : rule.lr;
    double &weight_sum = kept[0], &lr_max = kept[1];
    lr_max = lr_max > lr_t ? lr_max : lr_t;
    const double weight = std::pow(n, rule.r) * std::pow(lr_max, rule.weight_lr_power);
    weight_sum += weight;
    c = weight_sum > 0 ? weight / weight_sum : 0;  // as long as lr has always been 0
    of_u = lr_t * (rule.beta1 * (1 - c) - 1);
  }

  template <class T>
  GRADUS_HOST_DEVICE void move(T& y, T u, T& z) const {
    y = y + T(c) * (z - y) + T(of_u) * u;
    z -= T(lr_t) * u;
  }

  /// x from y and z, and back.
  static Tensor average(const Tensor& y, const Tensor& z, double beta1) {
    return y + (z - y) * (1 - 1 / beta1);
  }
  static Tensor between(const Tensor& x, const Tensor& z, double beta1) {
    return x + (z - x) * (1 - beta1);
  }
};

}  // namespace gradus::optim
