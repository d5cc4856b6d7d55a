// Element-wise functions of 16 M float32 into a new tensor, beside a copy that moves as many bytes.
#include "bench/hand/pairs.h"
#include "bench/hand/plain_work.h"
#include "tensor/elementwise_all.h"
#include "tensor/random.h"

namespace gradus::bench {
namespace {

constexpr std::int64_t kElements = std::int64_t{1} << 24, kBytes = 4 * kElements;

template <class F>
void register_function(const std::string& name, std::int64_t traffic, F f) {
  register_pair(
      name + "/16M", [f] { benchmark::DoNotOptimize(f().raw_data()); },
      [traffic] { copy_traffic(traffic); });
}

const bool registered = [] {
  Generator generator(1);
  const Tensor a = uniform({kElements}, 0.1, 2, generator);
  const Tensor b = uniform({kElements}, 0.1, 2, generator), mask = greater(a, b);
  register_function("add", 3 * kBytes, [=] { return a + b; });
  register_function("mul_number", 2 * kBytes, [=] { return a * 1.5; });
  register_function("div", 3 * kBytes, [=] { return a / b; });
  register_function("relu", 2 * kBytes, [=] { return relu(a); });
  register_function("sqrt", 2 * kBytes, [=] { return gradus::sqrt(a); });
  register_function("exp", 2 * kBytes, [=] { return gradus::exp(a); });
  register_function("log", 2 * kBytes, [=] { return gradus::log(a); });
  register_function("tanh", 2 * kBytes, [=] { return gradus::tanh(a); });
  register_function("sigmoid", 2 * kBytes, [=] { return sigmoid(a); });
  register_function("greater", 2 * kBytes + kElements, [=] { return greater(a, b); });
  register_function("where", 3 * kBytes + kElements, [=] { return where(mask, a, b); });
  register_function("to_float64", 3 * kBytes, [=] { return a.to(kFloat64); });
  return true;
}();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
