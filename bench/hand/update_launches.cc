#include "bench/hand/update_loops.h"
#include "optim/apply.h"
#include "optim/rules/adam.h"
#include "optim/rules/sgd.h"

namespace gradus::bench {

void adam_by_launcher(float* theta, const float* g, float* m, float* v, std::int64_t n,
                      std::int64_t t) {
  const optim::Slot<2> slot = {theta, g, {m, v}, n, t, kFloat32};
  optim::apply<optim::Adam, 2>({.lr = 1e-3}, std::span(&slot, 1));
}

void sgd_by_launcher(float* theta, const float* g, std::int64_t n, std::int64_t t) {
  const optim::Slot<0> slot = {theta, g, {}, n, t, kFloat32};
  optim::apply<optim::SGD, 0>({.lr = 1e-3}, std::span(&slot, 1));
}

}  // namespace gradus::bench
