// One training step of the first network for images of digits: 784 pixels, a layer of 256 with
// relu, 10 classes, batches of 256, cross-entropy, SGD, float32. What two large matrix products
// cost, which the rest should not show beside. `mlp_784_forward` is the network alone, `dropout`
// a layer of it on 256 x 4096 elements, forward and backward.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <thread>

#include "autograd/ops/cross_entropy.h"
#include "nn/dropout.h"
#include "nn/linear.h"
#include "nn/relu.h"
#include "nn/sequential.h"
#include "optim/rules/sgd.h"
#include "tensor/random.h"
#include "tensor/thread_pool.h"

namespace gradus::bench {
namespace {

struct Net {
  Generator rng{1};
  Tensor x = normal({256, 784}, 0, 1, rng), target = randint(0, 10, {256}, rng);
  nn::Sequential net{nn::Linear(784, 256, rng), nn::ReLU(), nn::Linear(256, 10, rng)};
};

void mlp_784(benchmark::State& state) {
  set_num_threads(static_cast<int>(state.range(0)));
  const Net of;
  optim::Optimizer<optim::SGD> optimizer(of.net.named_parameters(), {.lr = 0.01});
  for (auto _ : state) {
    optimizer.zero_grad();
    cross_entropy(of.net(of.x), of.target).backward();
    optimizer.step();
    benchmark::ClobberMemory();
  }
}

void mlp_784_forward(benchmark::State& state) {
  set_num_threads(static_cast<int>(state.range(0)));
  const Net of;
  const NoGradGuard no_grad;
  for (auto _ : state) benchmark::DoNotOptimize(of.net(of.x));
}

void dropout(benchmark::State& state) {
  set_num_threads(static_cast<int>(state.range(0)));
  Generator rng(1);
  const nn::Dropout layer(rng, 0.5);
  const Variable x = parameter(normal({256, 4096}, 0, 1, rng));
  const Variable dy = normal({256, 4096}, 0, 1, rng);
  for (auto _ : state) {
    layer(x).backward(dy);
    x.zero_grad();
  }
}

void threads(benchmark::internal::Benchmark* b) {
  b->ArgName("threads")
      ->DenseRange(1, std::min(2u, std::thread::hardware_concurrency()))
      ->UseRealTime();
}
BENCHMARK(mlp_784)->Apply(threads);
BENCHMARK(mlp_784_forward)->Apply(threads);
BENCHMARK(dropout)->Apply(threads);

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
