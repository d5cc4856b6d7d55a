#include "autograd/ops/rotary.h"

#include <cmath>
#include <string>

#include "autograd/ops/cast.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/cos.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/neg.h"
#include "tensor/elementwise/pow.h"
#include "tensor/elementwise/sin.h"
#include "tensor/elementwise/sub.h"

namespace gradus {

Variable rotary(Operand x, const RotaryOptions& options) {
  const Tensor& value = x.value();
  check_defined("rotary", "x", value);
  const auto& [base, interleaved, offset] = options;
  if (value.rank() < 2 || value.dim(-1) % 2 != 0) {
    throw ShapeError("[rotary] x is " + to_string(value.shape()) +
                     "; expected [..., T, D] with an even D");
  }
  if (!is_floating(value.dtype())) {
    throw DTypeError("[rotary] x: " + std::string(name(value.dtype())) +
                     "; expected a floating dtype");
  }
  if (!(base > 0) || std::isinf(base)) {
    throw ConfigError("[rotary] base: " + to_text(base) + "; expected a number > 0");
  }
  if (offset < 0) {
    throw ConfigError("[rotary] offset: " + std::to_string(offset) + "; expected >= 0");
  }
  const std::int64_t n = value.dim(-1) / 2;
  const Tensor powers = arange(n).to(kFloat64) * (-1.0 / static_cast<double>(n));
  const Tensor places = (arange(value.dim(-2)) + offset).to(kFloat64).unsqueeze(-1);
  const Tensor angles = places * pow(full({}, base, kFloat64), powers);
  const DType dtype = compute_dtype(value.dtype());
  const Device device = value.device();
  return record(
      ops::Rotary{cos(angles).to(device, dtype), sin(angles).to(device, dtype), interleaved}, x);
}

Tensor ops::Rotary::forward(const Tensor& given) const {
  const Tensor &c = cosine, &s = sine;
  const Tensor x = given.to(c.dtype()), y = Tensor::empty(x.shape(), c.dtype(), x.device());
  const std::int64_t n = x.dim(-1) / 2;
  const Slice first = interleaved ? Slice{0, None, 2} : Slice{0, n};
  const Slice second = interleaved ? Slice{1, None, 2} : Slice{n, None};
  const Tensor a = x.slice(-1, first), b = x.slice(-1, second);
  y.slice(-1, first).copy_from(a * c - b * s);
  y.slice(-1, second).copy_from(a * s + b * c);
  return y.to(given.dtype());
}

void ops::Rotary::backward(Gradients& d) const {
  const Tensor &c = cosine, &s = sine;
  d.set(0, record(Rotary{c, neg(s), interleaved}, Operand(d.dy())));
}

}  // namespace gradus
