// Losses forward and backward, float32: the mean of 64 Ki elements, and of 256 rows of 1000
// classes.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <thread>

#include "nn/losses/binary_cross_entropy.h"
#include "nn/losses/cross_entropy.h"
#include "nn/losses/huber.h"
#include "nn/losses/l1.h"
#include "nn/losses/mse.h"
#include "tensor/random.h"
#include "tensor/thread_pool.h"

namespace gradus::bench {
namespace {

template <class Loss>
void run(benchmark::State& state, const Tensor& x, const Tensor& y, Loss loss) {
  set_num_threads(static_cast<int>(state.range(0)));
  const Variable input = parameter(x);
  for (auto _ : state) {
    input.zero_grad();
    loss(input, y).backward();
    benchmark::ClobberMemory();
  }
}

Tensor numbers(int seed) {
  Generator generator(static_cast<std::uint64_t>(seed));
  return uniform({1 << 16}, 0, 1, generator);
}

void mse_loss(benchmark::State& state) {
  run(state, numbers(1), numbers(2), [](auto& x, auto& y) { return nn::mse_loss(x, y); });
}
void l1_loss(benchmark::State& state) {
  run(state, numbers(1), numbers(2), [](auto& x, auto& y) { return nn::l1_loss(x, y); });
}
void huber_loss(benchmark::State& state) {
  run(state, numbers(1), numbers(2), [](auto& x, auto& y) { return nn::huber_loss(x, y); });
}
void binary_cross_entropy(benchmark::State& state) {
  run(state, numbers(1), numbers(2),
      [](auto& x, auto& y) { return nn::binary_cross_entropy(x, y); });
}
void binary_cross_entropy_with_logits(benchmark::State& state) {
  run(state, numbers(1), numbers(2),
      [](auto& x, auto& y) { return nn::binary_cross_entropy_with_logits(x, y); });
}
void cross_entropy(benchmark::State& state) {
  Generator generator(1);
  const Tensor x = normal({256, 1000}, 0, 1, generator), y = randint(0, 1000, {256}, generator);
  run(state, x, y, [](auto& a, auto& b) { return nn::cross_entropy(a, b); });
}

#define GRADUS_LOSS_BENCHMARK(loss)                                      \
  BENCHMARK(loss)                                                        \
      ->ArgName("threads")                                               \
      ->DenseRange(1, std::min(2u, std::thread::hardware_concurrency())) \
      ->UseRealTime()
GRADUS_LOSS_BENCHMARK(mse_loss);
GRADUS_LOSS_BENCHMARK(l1_loss);
GRADUS_LOSS_BENCHMARK(huber_loss);
GRADUS_LOSS_BENCHMARK(binary_cross_entropy);
GRADUS_LOSS_BENCHMARK(binary_cross_entropy_with_logits);
GRADUS_LOSS_BENCHMARK(cross_entropy);

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
