#include "nn/image_shape.h"

#include <string>

namespace gradus::nn {

void check_image(std::string_view layer, const Tensor& x, int axes, std::int64_t channels) {
  check_defined(layer, "x", x);
  const Shape& shape = x.shape();
  const int rank = shape.rank();
  if ((rank == axes + 1 || rank == axes + 2) && shape[rank - axes - 1] == channels) return;
  const std::string one = std::to_string(channels) + (axes == 1 ? ", L]" : ", H, W]");
  throw ShapeError("[" + std::string(layer) + "] x is " + to_string(shape) + "; expected [N, " +
                   one + " or [" + one);
}

}  // namespace gradus::nn
