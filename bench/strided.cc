// Copies of 4096 x 4096 float32 that lie otherwise than they are read, and broadcast operands.
#include "bench/hand/pairs.h"
#include "bench/hand/plain_work.h"
#include "tensor/assemble.h"
#include "tensor/elementwise_all.h"
#include "tensor/random.h"

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
  const Tensor x = normal({kSide, kSide}, 0, 1, generator);
  const Tensor y = normal({kSide, kSide}, 0, 1, generator);
  const Tensor row = normal({kSide}, 0, 1, generator), column = row.unsqueeze(1);
  const Tensor images = x.reshape({64, 64, 64, 64});
  register_function("clone", 2 * kBytes, [=] { return x.clone(); });
  register_function("transpose", 2 * kBytes, [=] { return x.transpose().contiguous(); });
  register_function("nhwc_to_nchw", 2 * kBytes, [=] {
    return images.permute({0, 3, 1, 2}).contiguous();
  });
  register_function("every_other_column", 3 * kBytes / 2, [=] {
    return x.slice(1, {None, None, 2}).contiguous();
  });
  register_function("reverse", 2 * kBytes, [=] {
    return x.slice(1, {None, None, -1}).contiguous();
  });
  register_function("add_transposed", 3 * kBytes, [=] { return x + y.transpose(); });
  register_function("add_row", 2 * kBytes, [=] { return x + row; });
  register_function("add_column", 2 * kBytes, [=] { return x + column; });
  register_function("outer_sum", kBytes, [=] { return row + column; });
  register_function("cat", 4 * kBytes, [=] { return cat({x, y}, 1); });
  return true;
}();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
