#include "nn/losses/triplet_margin.h"

#include "autograd/ops/norm.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/clamp_min.h"
#include "tensor/elementwise/minimum.h"
#include "tensor/elementwise/sub.h"

namespace gradus::nn {

Variable triplet_margin_loss(Operand anchor, Operand positive, Operand negative,
                             const TripletMarginOptions& options) {
  const LossStep loss("triplet_margin_loss",
                      {{"anchor", anchor}, {"positive", positive}, {"negative", negative}});
  if (anchor.variable.rank() == 0) {
    throw ShapeError("[triplet_margin_loss] anchor: shape []; expected [..., D]");
  }
  if (!(options.margin > 0)) {
    throw ConfigError("[triplet_margin_loss] margin: " + to_text(options.margin) +
                      "; expected a number > 0");
  }
  const auto distance = [&](const Operand& a, const Operand& b) {
    return norm(a - b + options.eps, options.p, {-1});
  };
  Variable apart = distance(anchor, negative);
  if (options.swap) apart = minimum(apart, distance(positive, negative));
  return loss.reduce(clamp_min(distance(anchor, positive) - apart + options.margin, 0),
                     options.reduction);
}

}  // namespace gradus::nn
