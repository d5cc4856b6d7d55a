// One training step of the airfoil regression: 5 features, batches of 10, Adam, float32. The
// numbers are random, since only the shapes matter here.
#include <benchmark/benchmark.h>

#include "nn/linear.h"
#include "nn/losses/half_mse.h"
#include "optim/rules/adam.h"
#include "tensor/pool.h"
#include "tensor/random.h"

namespace gradus::bench {
namespace {

void airfoil_step(benchmark::State& state) {
  Generator generator(1);
  const Tensor x = normal({10, 5}, 0, 1, generator), y = normal({10, 1}, 0, 1, generator);
  nn::Linear net(5, 1, generator);
  optim::Optimizer<optim::Adam> optimizer(net.named_parameters(), {.lr = 0.01});
  const auto step = [&] {
    optimizer.zero_grad();
    nn::half_mse_loss(net(x), y).backward();
    optimizer.step();
    benchmark::ClobberMemory();
  };
  for (int i = 0; i < 10; ++i) step();  // fills the pool
  const std::int64_t before = pool_statistics().system_calls;
  for (auto _ : state) step();
  const std::int64_t calls = pool_statistics().system_calls - before;
  if (calls != 0) state.SkipWithError("a warm step asked the system for memory");
}
BENCHMARK(airfoil_step)->UseRealTime();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
