#include "bench/hand/plain_work.h"

#include <cstring>
#include <eigen3/Eigen/Core>
#include <vector>

#include "tensor/thread_pool.h"

namespace gradus::bench {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

}  // namespace

void copy_traffic(std::int64_t traffic) {
  static std::vector<char> from, to;
  const std::int64_t bytes = traffic / 2, parts = num_threads();
  if (static_cast<std::int64_t>(from.size()) < bytes) {
    from.assign(bytes, 1);
    to.assign(bytes, 2);
  }
  const std::int64_t part = (bytes / parts + 63) / 64 * 64;
  parallel_for(parts, [&](std::int64_t i) {
    const std::int64_t begin = i * part, end = i + 1 == parts ? bytes : begin + part;
    std::memcpy(to.data() + begin, from.data() + begin, end - begin);
  });
}

void eigen_product(const float* a, const float* b, float* y, std::int64_t n, std::int64_t k,
                   std::int64_t m) {
  const Eigen::Map<const Matrix> left(a, n, k), right(b, k, m);
  Eigen::Map<Matrix> out(y, n, m);
  const std::int64_t parts = num_threads(), rows = (n + parts - 1) / parts;
  parallel_for(parts, [&](std::int64_t i) {
    const std::int64_t first = i * rows, count = std::min(rows, n - first);
    out.middleRows(first, count).noalias() = left.middleRows(first, count) * right;
  });
}

}  // namespace gradus::bench
