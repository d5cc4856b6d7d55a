#pragma once
#include "autograd/record.h"
#include "tensor/reduce.h"

namespace gradus::ops {

struct Nansum {
  static constexpr const char* kName = "nansum";
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  Axes axes;
  bool keepdim;

  Tensor forward(const Tensor& x) const { return nansum(x, axes, keepdim); }
  void backward(Gradients& d) const;
};

struct Nanmean {
  static constexpr const char* kName = "nanmean";
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  Axes axes;
  bool keepdim;

  Tensor forward(const Tensor& x) const { return nanmean(x, axes, keepdim); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Sum of the elements that are not NaN; those get dy, NaN gets 0.
inline Variable nansum(Operand x, const Axes& axes = {}, bool keepdim = false) {
  return record(ops::Nansum{axes, keepdim}, x);
}

/// Mean of the n elements that are not NaN; those get dy / n, NaN gets 0.
inline Variable nanmean(Operand x, const Axes& axes = {}, bool keepdim = false) {
  return record(ops::Nanmean{axes, keepdim}, x);
}

}  // namespace gradus
