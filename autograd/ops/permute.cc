#include "autograd/ops/permute.h"

#include <array>

#include "autograd/record_result.h"

namespace gradus {

Variable moveaxis(Operand x, const Axes& from, const Axes& to) {
  Tensor y = x.value().moveaxis(from, to);  // checks the axes
  const int rank = x.value().rank();
  std::array<bool, Dims::kMaxRank> moved{};
  Dims axes = Dims::filled(rank, -1);
  for (int i = 0; i < from.rank(); ++i) {
    const int axis = normalize_axis("moveaxis", from[i], x.value().shape());
    moved[axis] = true;
    axes[normalize_axis("moveaxis", to[i], x.value().shape())] = axis;
  }
  for (int i = 0, next = 0; i < rank; ++i) {
    if (axes[i] >= 0) continue;
    while (moved[next]) ++next;
    axes[i] = next++;
  }
  return record_result(ops::Permute{axes}, std::move(y), x);
}

}  // namespace gradus
