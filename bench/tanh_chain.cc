// Forward and backward of ten tanh in a row on [10, 10] float32: what recording and walking the
// tape costs. The time is that of one op, forward and backward together.
#include <benchmark/benchmark.h>

#include "autograd/variable.h"
#include "tensor/elementwise/tanh.h"
#include "tensor/pool.h"
#include "tensor/random.h"

namespace gradus::bench {
namespace {

constexpr int kOps = 10;

void tanh_chain(benchmark::State& state) {
  Generator generator(1);
  const Variable x = parameter(normal({10, 10}, 0, 1, generator));
  const Tensor seed = ones({10, 10});
  const auto step = [&] {
    x.zero_grad();
    Variable y = x;
    for (int i = 0; i < kOps; ++i) y = tanh(y);
    y.backward(seed);
    benchmark::ClobberMemory();
  };
  for (int i = 0; i < 10; ++i) step();  // fills the pool
  const std::int64_t before = pool_statistics().system_calls;
  for (auto _ : state) step();
  const std::int64_t calls = pool_statistics().system_calls - before;
  if (calls != 0) state.SkipWithError("a warm step asked the system for memory");
  state.SetItemsProcessed(kOps * state.iterations());
}
BENCHMARK(tanh_chain)->UseRealTime();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
