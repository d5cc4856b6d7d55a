// Recurrent layers as in textbooks: batch 32, 64 steps, 128 inputs and hidden units, float32,
// forward and backward.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <thread>

#include "autograd/ops/sum.h"
#include "nn/gru.h"
#include "nn/lstm.h"
#include "nn/rnn.h"
#include "tensor/random.h"
#include "tensor/thread_pool.h"

namespace gradus::bench {
namespace {

template <class Layer>
void recurrent(benchmark::State& state) {
  set_num_threads(static_cast<int>(state.range(0)));
  Generator generator(1);
  const Layer layer(128, 128, generator);
  const Variable x = parameter(normal({64, 32, 128}, 0, 1, generator));
  const auto step = [&] {
    layer.zero_grad();
    x.zero_grad();
    sum(layer(x).output).backward();
    benchmark::ClobberMemory();
  };
  for (int i = 0; i < 3; ++i) step();
  for (auto _ : state) step();
}
const int kThreads = static_cast<int>(std::min(2u, std::thread::hardware_concurrency()));
BENCHMARK(recurrent<nn::RNN>)
    ->Name("rnn")
    ->ArgName("threads")
    ->DenseRange(1, kThreads)
    ->UseRealTime();
BENCHMARK(recurrent<nn::GRU>)
    ->Name("gru")
    ->ArgName("threads")
    ->DenseRange(1, kThreads)
    ->UseRealTime();
BENCHMARK(recurrent<nn::LSTM>)
    ->Name("lstm")
    ->ArgName("threads")
    ->DenseRange(1, kThreads)
    ->UseRealTime();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
