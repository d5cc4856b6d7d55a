#include "autograd/ops/repeat.h"

#include "autograd/ops/reshape.h"
#include "autograd/ops/sum.h"

namespace gradus {

void ops::Repeat::backward(Gradients& d) const {
  // One axis at a time, as [before, copies, size, after]: eight axes need no sixteen.
  const int added = repeats.rank() - d.shape(0).rank();
  Variable dx = d.dy();
  for (int i = 0; i < repeats.rank(); ++i) {
    if (repeats[i] == 1) continue;
    Shape now = dx.shape();
    const std::int64_t size = i < added ? 1 : d.shape(0)[i - added];
    std::int64_t before = 1, after = 1;
    for (int j = 0; j < i; ++j) before *= now[j];
    for (int j = i + 1; j < now.rank(); ++j) after *= now[j];
    now[i] = size;
    dx = reshape(sum(reshape(dx, {before, repeats[i], size, after}), 1), now);
  }
  d.set(0, reshape(dx, d.shape(0)));
}

}  // namespace gradus
