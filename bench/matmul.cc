// Products of float32 matrices beside Eigen without anything around it.
#include "tensor/matmul.h"

#include "bench/hand/pairs.h"
#include "bench/hand/plain_work.h"
#include "tensor/random.h"

namespace gradus::bench {
namespace {

void register_product(std::int64_t n, std::int64_t k, std::int64_t m) {
  Generator generator(1);
  const Tensor a = normal({n, k}, 0, 1, generator), b = normal({k, m}, 0, 1, generator);
  const Tensor y = zeros({n, m});
  register_pair(
      "matmul/" + std::to_string(n) + "x" + std::to_string(k) + "x" + std::to_string(m),
      [a, b] { benchmark::DoNotOptimize(matmul(a, b).raw_data()); },
      [=] { eigen_product(a.data<float>(), b.data<float>(), y.data<float>(), n, k, m); });
}

const bool registered = [] {
  register_product(64, 64, 64);
  register_product(256, 256, 256);
  register_product(1024, 1024, 1024);
  register_product(128, 784, 512);
  return true;
}();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
