// Reductions of 16 M float32, beside a copy that moves as many bytes as they read.
#include "bench/hand/pairs.h"
#include "bench/hand/plain_work.h"
#include "tensor/random.h"
#include "tensor/reduce.h"
#include "tensor/scan.h"

namespace gradus::bench {
namespace {

constexpr std::int64_t kSide = 4096, kBytes = 4 * kSide * kSide;

template <class F>
void register_function(const std::string& name, std::int64_t traffic, F f) {
  register_pair(
      name + "/16M", [f] { benchmark::DoNotOptimize(f().raw_data()); },
      [traffic] { copy_traffic(traffic); });
}

const bool registered = [] {
  Generator generator(1);
  const Tensor x = normal({kSide, kSide}, 0, 1, generator), flat = x.reshape({kSide * kSide});
  register_function("sum", kBytes, [=] { return sum(x); });
  register_function("sum_rows", kBytes, [=] { return sum(x, 1); });
  register_function("sum_columns", kBytes, [=] { return sum(x, 0); });
  register_function("mean", kBytes, [=] { return mean(x); });
  register_function("max", kBytes, [=] { return max(x); });
  register_function("max_rows", kBytes, [=] { return max(x, 1); });
  register_function("argmax", kBytes, [=] { return argmax(x); });
  register_function("argmax_rows", kBytes, [=] { return argmax(x, 1); });
  register_function("norm", kBytes, [=] { return norm(x); });
  register_function("var", kBytes, [=] { return var(x); });
  register_function("var_rows", kBytes, [=] { return var(x, 1); });
  register_function("logsumexp_rows", kBytes, [=] { return logsumexp(x, 1); });
  register_function("cumsum", 2 * kBytes, [=] { return cumsum(flat, 0); });
  register_function("cumsum_rows", 2 * kBytes, [=] { return cumsum(x, 1); });
  return true;
}();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
