// A block of a GPT, forward and backward: 8 sequences of 128 tokens, 128 channels, 4 heads, causal,
// float32. Parameters get gradients, and so does what goes in.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <thread>

#include "examples/models/gpt.h"
#include "tensor/thread_pool.h"

namespace gradus::bench {
namespace {

void gpt_block(benchmark::State& state) {
  set_num_threads(static_cast<int>(state.range(0)));
  Generator generator(1);
  const models::GPTBlock block({.vocab = 1, .context = 128, .heads = 4, .channels = 128},
                               generator);
  const Variable x = parameter(normal({8, 128, 128}, 0, 1, generator));
  const Variable seed = normal({8, 128, 128}, 0, 1, generator);
  for (auto _ : state) {
    block.zero_grad();
    x.zero_grad();
    block(x).backward(seed);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(gpt_block)
    ->ArgName("threads")
    ->DenseRange(1, std::min(2u, std::thread::hardware_concurrency()))
    ->UseRealTime();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
