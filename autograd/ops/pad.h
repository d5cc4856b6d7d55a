#pragma once
#include <vector>

#include "autograd/record.h"
#include "tensor/assemble.h"

namespace gradus::ops {

struct Pad {
  static constexpr const char* kName = "pad";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  std::vector<std::int64_t> pads;
  double value;

  Tensor forward(const Tensor& x) const { return pad(x, pads, value); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Adds pads[0] elements of `value` before and pads[1] after the last axis, pads[2] and pads[3]
/// around the one before it, ...; negative pads cut. The gradient is padded by the opposite.
/// Throws ShapeError.
inline Variable pad(Operand x, const std::vector<std::int64_t>& pads, double value = 0) {
  return record(ops::Pad{pads, value}, x);
}

/// x moved by `steps` positions along one axis; `value` takes the places left, what leaves is lost.
inline Variable shift(Operand x, int axis, std::int64_t steps, double value = 0) {
  const int at = normalize_axis("shift", axis, x.value().shape());
  std::vector<std::int64_t> pads(2 * (x.value().rank() - at), 0);
  *(pads.end() - 2) = steps;
  pads.back() = -steps;
  return record(ops::Pad{std::move(pads), value}, x);
}

inline void ops::Pad::backward(Gradients& d) const {
  std::vector<std::int64_t> back = pads;
  for (std::int64_t& n : back) n = -n;
  d.set(0, pad(d.dy(), back));
}

}  // namespace gradus
