// Elements by their positions, drawn at random: 256 K rows of 64 float32 in a table of 64 K, and
// 16 M single elements.
#include "autograd/ops/index.h"
#include "autograd/ops/index_select.h"
#include "bench/hand/pairs.h"
#include "tensor/elementwise/greater.h"
#include "tensor/random.h"

namespace gradus::bench {
namespace {

constexpr std::int64_t kTable = 1 << 16, kRows = 1 << 18, kWidth = 64, kSide = 4096;

template <class F>
void register_function(const std::string& name, F f) {
  register_ours(name + "/16M", [f] { benchmark::DoNotOptimize(f().raw_data()); });
}

const bool registered = [] {
  Generator generator(1);
  const Tensor table = normal({kTable, kWidth}, 0, 1, generator);
  const Tensor source = normal({kRows, kWidth}, 0, 1, generator);
  const Tensor rows = randint(0, kTable, {kRows}, generator);
  const Variable leaf = parameter(table.clone());
  register_function("index_select", [=] { return index_select(table, 0, rows); });
  register_function("index_rows", [=] { return table.index({rows}); });
  register_function("index_add", [=] { return index_add(table, 0, rows, source); });
  register_function("embedding_gradient", [=] {
    const Variable y = index_select(leaf, 0, rows), seed = source, x = leaf;
    return grad(std::span(&y, 1), std::span(&x, 1), std::span(&seed, 1))[0].value();
  });
  const Tensor x = normal({kSide, kSide}, 0, 1, generator), flat = x.reshape({kSide * kSide});
  const Tensor columns = randint(0, kSide, {kSide, kSide}, generator);
  const Tensor places = randint(0, kSide * kSide, {kSide * kSide}, generator);
  register_function("gather_columns", [=] { return gather(x, 1, columns); });
  register_function("gather_rows", [=] { return gather(x, 0, columns); });
  register_function("scatter_columns", [=] { return scatter(x, 1, columns, x); });
  register_function("scatter_add_columns", [=] { return scatter_add(x, 1, columns, x); });
  register_function("scatter_add_rows", [=] { return scatter_add(x, 0, columns, x); });
  register_function("scatter_add_line", [=] { return scatter_add(flat, 0, places, flat); });
  register_function("take", [=] { return take(x, places); });
  register_function("masked_select", [=, mask = x > 0] { return masked_select(x, mask); });
  return true;
}();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
