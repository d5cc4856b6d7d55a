#include "bench/hand/update_loops.h"

#include <cmath>

#include "tensor/thread_pool.h"

namespace gradus::bench {
namespace {

struct AdamNumbers {
  float lr, beta1, one_minus_beta1, beta2, one_minus_beta2, eps, m_correction, v_correction;
};

// Not inlined: the promise of restrict holds for the arguments of a function.
[[gnu::noinline]] void adam_loop(float* __restrict theta, const float* __restrict g,
                                 float* __restrict m, float* __restrict v, std::int64_t n,
                                 const AdamNumbers a) {
  for (std::int64_t i = 0; i < n; ++i) {
    m[i] = a.beta1 * m[i] + a.one_minus_beta1 * g[i];
    v[i] = a.beta2 * v[i] + a.one_minus_beta2 * (g[i] * g[i]);
    const float m_hat = m[i] * a.m_correction, v_hat = v[i] * a.v_correction;
    theta[i] -= a.lr * m_hat / (std::sqrt(v_hat) + a.eps);
  }
}

[[gnu::noinline]] void sgd_loop(float* __restrict theta, const float* __restrict g, std::int64_t n,
                                const float lr) {
  for (std::int64_t i = 0; i < n; ++i) theta[i] -= lr * g[i];
}

}  // namespace

void adam_by_hand(Loop loop, float* theta, const float* g, float* m, float* v, std::int64_t n,
                  std::int64_t t) {
  const double lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  const AdamNumbers numbers = {
      .lr = static_cast<float>(lr),
      .beta1 = static_cast<float>(beta1),
      .one_minus_beta1 = static_cast<float>(1 - beta1),
      .beta2 = static_cast<float>(beta2),
      .one_minus_beta2 = static_cast<float>(1 - beta2),
      .eps = static_cast<float>(eps),
      .m_correction = static_cast<float>(1 / (1 - std::pow(beta1, static_cast<double>(t)))),
      .v_correction = static_cast<float>(1 / (1 - std::pow(beta2, static_cast<double>(t)))),
  };
  if (loop == Loop::kPlain) return adam_loop(theta, g, m, v, n, numbers);
  parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
    adam_loop(theta + begin, g + begin, m + begin, v + begin, end - begin, numbers);
  });
}

void sgd_by_hand(Loop loop, float* theta, const float* g, std::int64_t n) {
  const float lr = 1e-3f;
  if (loop == Loop::kPlain) return sgd_loop(theta, g, n, lr);
  parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
    sgd_loop(theta + begin, g + begin, end - begin, lr);
  });
}

}  // namespace gradus::bench
