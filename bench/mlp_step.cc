// One training step of a small network: 32 features, a layer of 64 with relu, 10 outputs, batches
// of 16, mean squared error, SGD, float32. What the tape costs beside four small matrix products
// and their gradients. The numbers are random, since only the shapes matter here.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <thread>

#include "nn/linear.h"
#include "nn/losses/mse.h"
#include "nn/relu.h"
#include "nn/sequential.h"
#include "optim/rules/sgd.h"
#include "tensor/pool.h"
#include "tensor/random.h"
#include "tensor/thread_pool.h"

namespace gradus::bench {
namespace {

void mlp_step(benchmark::State& state) {
  set_num_threads(static_cast<int>(state.range(0)));
  Generator generator(1);
  const Tensor x = normal({16, 32}, 0, 1, generator), y = normal({16, 10}, 0, 1, generator);
  const nn::Sequential net(nn::Linear(32, 64, generator), nn::ReLU(),
                           nn::Linear(64, 10, generator));
  optim::Optimizer<optim::SGD> optimizer(net.named_parameters(), {.lr = 0.01});
  const auto step = [&] {
    optimizer.zero_grad();
    nn::mse_loss(net(x), y).backward();
    optimizer.step();
    benchmark::ClobberMemory();
  };
  for (int i = 0; i < 10; ++i) step();  // fills the pool
  const std::int64_t before = pool_statistics().system_calls;
  for (auto _ : state) step();
  const std::int64_t calls = pool_statistics().system_calls - before;
  if (calls != 0) state.SkipWithError("a warm step asked the system for memory");
}
BENCHMARK(mlp_step)
    ->ArgName("threads")
    ->DenseRange(1, std::min(2u, std::thread::hardware_concurrency()))
    ->UseRealTime();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
