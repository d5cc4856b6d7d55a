// A step of every rule over 1e8 float32 parameters in 300 tensors, and over a small model of 10
// tensors of 100 elements; beside them a copy, which says what the memory can do. On 2 threads.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "optim/optimizer.h"
#include "tensor/thread_pool.h"

namespace gradus::bench {
namespace {

struct Model {
  Model(const std::string& rule, std::int64_t tensors, std::int64_t elements) {
    optim::NamedParameters parameters;
    for (std::int64_t i = 0; i < tensors; ++i) {
      // Sizes between a half and three halves of the mean.
      const std::int64_t n = elements / tensors / 2 + i * (elements / tensors) / (tensors - 1);
      const Variable x = parameter(full({n}, 0.5));
      x.set_grad(full({n}, 0.01));
      total += n;
      parameters.emplace_back(std::to_string(i), x);
    }
    optimizer = optim::make_optimizer(rule, parameters);
    bytes = 12 * total;  // theta twice, g once; and each state array twice
    for (int warm = 0; warm < 2; ++warm) optimizer->step();
    for (const auto& [name, array] : optimizer->state_dict().tensors) {
      if (array.numel() > 1) bytes += 8 * array.numel();
    }
  }
  std::unique_ptr<optim::AnyOptimizer> optimizer;
  std::int64_t total = 0, bytes = 0;
};

void step(benchmark::State& state, const std::string& rule, std::int64_t tensors,
          std::int64_t elements) {
  set_num_threads(2);
  Model model(rule, tensors, elements);
  for (auto _ : state) model.optimizer->step();
  state.SetBytesProcessed(state.iterations() * model.bytes);
}

void copy(benchmark::State& state) {
  set_num_threads(2);
  const Tensor from = full({100000000}, 1), to = full({100000000}, 2);
  for (auto _ : state) to.copy_from(from);
  state.SetBytesProcessed(state.iterations() * 800000000);
}

const bool registered = [] {
  benchmark::RegisterBenchmark("copy/1e8", copy)->UseRealTime();
  for (const std::string& rule : optim::rule_names()) {
    benchmark::RegisterBenchmark((rule + "/1e8").c_str(), step, rule, 300, 100000000)
        ->UseRealTime();
    benchmark::RegisterBenchmark((rule + "/small").c_str(), step, rule, 10, 1000)->UseRealTime();
  }
  return true;
}();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
