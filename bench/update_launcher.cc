// The update of one float32 tensor against a loop written by hand for this rule alone: by the
// launcher that serves all rules (optim::apply), and by Optimizer::step, which adds its checks and
// its look at each parameter.
#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>

#include "bench/hand/update_loops.h"
#include "optim/rules/adam.h"
#include "optim/rules/sgd.h"
#include "tensor/random.h"
#include "tensor/thread_pool.h"

namespace gradus::bench {
namespace {

// A parameter with a gradient that stays as it is, once for the launcher and once for the hand.
template <class Rule>
struct Work {
  static constexpr bool kAdam = std::is_same_v<Rule, optim::Adam>;

  explicit Work(std::int64_t n)
      : n(n),
        // Gradients far from 0, so that neither m nor v ever becomes denormal.
        g(uniform({n}, 0.5, 1.5, generator)),
        theta(parameter(uniform({n}, -1, 1, generator))),
        optimizer(std::vector<Variable>{theta}, Rule{.lr = 1e-3}),
        hand_theta(theta.value().clone()) {
    theta.set_grad(g);
    if (kAdam) {
      hand_m = zeros({n});
      hand_v = zeros({n});
    }
    // Touches all memory, and shows that both compute the same.
    for (int i = 0; i < 3; ++i) {
      optimizer.step();
      step_by_hand(Loop::kPlain);
    }
    same_bits = bitwise_equal(theta.value(), hand_theta);
  }

  void step_by_hand(Loop loop) {
    float* const p = hand_theta.data<float>();
    if constexpr (kAdam) {
      adam_by_hand(loop, p, g.data<float>(), hand_m.data<float>(), hand_v.data<float>(), n, ++t);
    } else {
      sgd_by_hand(loop, p, g.data<float>(), n);
    }
  }

  void step_by_launcher() {
    float* const p = theta.value().data<float>();
    if constexpr (kAdam) {
      adam_by_launcher(p, g.data<float>(), hand_m.data<float>(), hand_v.data<float>(), n, ++t);
    } else {
      sgd_by_launcher(p, g.data<float>(), n, ++t);
    }
  }

  std::int64_t n, t = 0;
  Generator generator{1};
  Tensor g;
  Variable theta;
  optim::Optimizer<Rule> optimizer;
  Tensor hand_theta, hand_m, hand_v;
  bool same_bits = false;
};

// Kept for all repetitions: filling 16 M elements takes longer than a repetition.
template <class Rule>
Work<Rule>& work(std::int64_t n) {
  static std::map<std::int64_t, std::unique_ptr<Work<Rule>>> works;
  auto& found = works[n];
  if (!found) found = std::make_unique<Work<Rule>>(n);
  return *found;
}

template <class Rule>
void by_launcher(benchmark::State& state, std::int64_t n, int threads) {
  set_num_threads(threads);
  Work<Rule>& w = work<Rule>(n);
  if (!w.same_bits) return state.SkipWithError("launcher and hand-written loop differ");
  w.step_by_launcher();  // starts the threads
  for (auto _ : state) {
    w.step_by_launcher();
    benchmark::ClobberMemory();
  }
}

template <class Rule>
void by_step(benchmark::State& state, std::int64_t n, int threads) {
  set_num_threads(threads);
  Work<Rule>& w = work<Rule>(n);
  if (!w.same_bits) return state.SkipWithError("launcher and hand-written loop differ");
  w.optimizer.step();  // starts the threads
  for (auto _ : state) {
    w.optimizer.step();
    benchmark::ClobberMemory();
  }
}

template <class Rule>
void by_hand(benchmark::State& state, std::int64_t n, int threads) {
  set_num_threads(threads);
  Work<Rule>& w = work<Rule>(n);
  const Loop loop = threads == 1 ? Loop::kPlain : Loop::kParallel;
  w.step_by_hand(loop);
  for (auto _ : state) {
    w.step_by_hand(loop);
    benchmark::ClobberMemory();
  }
}

template <class Rule>
void register_rule(const std::string& rule) {
  const std::pair<const char*, std::int64_t> sizes[] = {
      {"1K", 1 << 10}, {"1M", 1 << 20}, {"16M", 1 << 24}};
  for (const auto& [size, n] : sizes) {
    for (int threads = 1; threads <= 2; ++threads) {
      if (threads > 1 && std::thread::hardware_concurrency() == 1) continue;
      const std::string name = rule + "/" + size + "/threads:" + std::to_string(threads);
      benchmark::RegisterBenchmark(name.c_str(), by_launcher<Rule>, n, threads)->UseRealTime();
      benchmark::RegisterBenchmark((name + "/hand").c_str(), by_hand<Rule>, n, threads)
          ->UseRealTime();
      const std::string step = rule + "_step/" + size + "/threads:" + std::to_string(threads);
      benchmark::RegisterBenchmark(step.c_str(), by_step<Rule>, n, threads)->UseRealTime();
      benchmark::RegisterBenchmark((step + "/hand").c_str(), by_hand<Rule>, n, threads)
          ->UseRealTime();
    }
  }
}

const bool registered = [] {
  register_rule<optim::Adam>("Adam");
  register_rule<optim::SGD>("SGD");
  return true;
}();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
