#include "autograd/ops/pad_mode.h"

#include "autograd/ops/index.h"

namespace gradus {

Variable pad(Operand x, const std::vector<std::int64_t>& pads, PadMode mode) {
  return record(ops::PadByMode{pads, mode}, x);
}

void ops::PadByMode::backward(Gradients& d) const {
  Variable dx = d.dy();
  for (std::size_t i = 0; i < pads.size() / 2; ++i) {
    if (pads[2 * i] == 0 && pads[2 * i + 1] == 0) continue;
    const int axis = d.shape(0).rank() - 1 - static_cast<int>(i);
    Shape shape = dx.shape();
    shape[axis] = d.shape(0)[axis];
    // Padded positions are the positions of what is padded.
    const Tensor index =
        pad(arange(shape[axis]), {pads[2 * i], pads[2 * i + 1]}, mode).to(d.device(0));
    dx = put_index(dx, shape, items_along(axis, index));
  }
  d.set(0, dx);
}

}  // namespace gradus
