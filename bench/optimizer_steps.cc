// A step of every rule over 1e8 float32 parameters in 300 tensors, and over a small model of 10
// tensors of 100 elements, on 2 threads. RULE/1e8/hand is a copy that moves as many bytes as the
// rule has to: theta and each state array there and back, the gradient once; hand/ours of the table
// is then the share of the copy's bandwidth that the step reaches. The peer is torch's fastest of
// for-loop, foreach and fused. GRADUS_BENCH_ELEMENTS=1000000 makes a short run of both.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "optim/engine.h"
#include "optim/optimizer.h"
#include "tensor/thread_pool.h"

namespace gradus::bench {
namespace {

struct Model {
  Model(const std::string& rule, std::int64_t tensors, std::int64_t elements) {
    for (std::int64_t i = 0; i < tensors; ++i) {
      // Sizes between a half and three halves of the mean.
      const std::int64_t n = elements / tensors / 2 + i * (elements / tensors) / (tensors - 1);
      parameters.emplace_back(std::to_string(i), parameter(full({n}, 0.5)));
      total += n;
    }
    optimizer = optim::make_optimizer(rule, parameters);
  }
  std::int64_t bytes() const {
    const auto& engine = dynamic_cast<const optim::Engine&>(*optimizer);
    return 12 * total + 2 * engine.memory_plan().state;
  }
  optim::NamedParameters parameters;
  std::unique_ptr<optim::AnyOptimizer> optimizer;
  std::int64_t total = 0;
};

void step(benchmark::State& state, const std::string& rule, std::int64_t tensors,
          std::int64_t elements) {
  set_num_threads(2);
  const Model model(rule, tensors, elements);
  for (const auto& [name, x] : model.parameters) x.set_grad(full({x.numel()}, 0.01));
  for (int warm = 0; warm < 2; ++warm) model.optimizer->step();
  for (auto _ : state) model.optimizer->step();
  state.SetBytesProcessed(state.iterations() * model.bytes());
}

void copy(benchmark::State& state, const std::string& rule, std::int64_t elements) {
  set_num_threads(2);
  const std::int64_t bytes = Model(rule, 300, elements).bytes();
  const Tensor from = full({bytes / 8}, 1), to = full({bytes / 8}, 2);
  for (auto _ : state) to.copy_from(from);
  state.SetBytesProcessed(state.iterations() * bytes);
}

void register_all() {
  const char* const wanted = std::getenv("GRADUS_BENCH_ELEMENTS");
  const std::int64_t elements = wanted == nullptr ? 100000000 : std::atoll(wanted);
  const std::string size = wanted == nullptr ? "/1e8" : "/" + std::to_string(elements);
  for (const std::string& rule : optim::rule_names()) {
    benchmark::RegisterBenchmark((rule + size).c_str(), step, rule, 300, elements)->UseRealTime();
    benchmark::RegisterBenchmark((rule + size + "/hand").c_str(), copy, rule, elements)
        ->UseRealTime();
    benchmark::RegisterBenchmark((rule + "/small").c_str(), step, rule, 10, 1000)->UseRealTime();
  }
}

}  // namespace
}  // namespace gradus::bench

// Not BENCHMARK_MAIN: before main the rules may not be known yet.
int main(int argc, char** argv) {
  gradus::bench::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
