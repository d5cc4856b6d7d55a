// One training step of an MLP for images of digits, 784-128-10 with relu and cross entropy, batches
// of 64, float32, gradient descent written out, on the CPU and on the emulated device, where all
// but the matrix products runs through the kernels of tensor/cuda.
#include <benchmark/benchmark.h>

#include <vector>

#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/linear.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/relu.h"
#include "tensor/elementwise/sub.h"
#include "tensor/random.h"
#include "tensor/thread_pool.h"

namespace gradus::bench {
namespace {

void device_mlp(benchmark::State& state, Device device) {
  set_num_threads(1);
  Generator generator(1);
  const Tensor x = uniform({64, 784}, 0, 1, generator).to(device);
  const Tensor t = randint(0, 10, {64}, generator).to(device);
  const auto made = [&](const Shape& shape) {
    return parameter(uniform(shape, -0.05, 0.05, generator).to(device));
  };
  const std::vector<Variable> p = {made({128, 784}), made({128}), made({10, 128}), made({10})};
  const auto step = [&] {
    const Variable hidden = relu(linear(x, p[0], p[1]));
    cross_entropy(linear(hidden, p[2], p[3]), t).backward();
    for (const Variable& each : p) {
      const NoGradGuard guard;
      each.value().copy_from(each.value() - each.grad().value() * 0.1);
      each.zero_grad();
    }
  };
  for (int i = 0; i < 3; ++i) step();
  for (auto _ : state) step();
}
BENCHMARK_CAPTURE(device_mlp, cpu, kCpu)->UseRealTime();
BENCHMARK_CAPTURE(device_mlp, cuda_emulated, kCudaEmulated)->UseRealTime();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
