// Single functions of [10, 10] float32 tensors: what a call costs besides the arithmetic.
#include "bench/hand/pairs.h"
#include "tensor/assemble.h"
#include "tensor/elementwise_all.h"
#include "tensor/matmul.h"
#include "tensor/random.h"
#include "tensor/reduce.h"
#include "tensor/sort.h"

namespace gradus::bench {
namespace {

template <class F>
void register_function(const std::string& name, F f) {
  register_case(name + "/10x10", 1, [f] { benchmark::DoNotOptimize(f().raw_data()); });
}

const bool registered = [] {
  Generator generator(1);
  const Tensor x = normal({10, 10}, 0, 1, generator), y = normal({10, 10}, 0, 1, generator);
  register_function("add", [=] { return x + y; });
  register_function("mul_number", [=] { return x * 1.5; });
  register_function("tanh", [=] { return gradus::tanh(x); });
  register_function("greater", [=] { return greater(x, y); });
  register_function("add_row", [=] { return x + y.select(0, 0); });
  register_function("sum", [=] { return sum(x); });
  register_function("sum_rows", [=] { return sum(x, 1); });
  register_function("max", [=] { return max(x); });
  register_function("argmax_rows", [=] { return argmax(x, 1); });
  register_function("matmul", [=] { return matmul(x, y); });
  register_function("transpose", [=] { return x.transpose().contiguous(); });
  register_function("reshape", [=] { return x.reshape({100}); });
  register_function("clone", [=] { return x.clone(); });
  register_function("cat", [=] { return cat({x, y}, 0); });
  register_function("sort", [=] { return sort(x, 1).values; });
  register_function("zeros", [=] { return zeros({10, 10}); });
  return true;
}();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
