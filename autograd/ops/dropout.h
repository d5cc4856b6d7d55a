#pragma once
#include "autograd/record.h"
#include "tensor/dropout.h"

namespace gradus::ops {

struct Dropout {
  static constexpr const char* kName = "dropout";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  DropoutMask mask;

  Tensor forward(const Tensor& x) const { return dropout(x, mask); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Each element is 0 with probability p and else divided by 1 - p, so that its mean is that of x;
/// dx = the same of dy, with the same zeros, made again from their place in the stream of random
/// numbers. p: 0..1; with 0 it is x itself and nothing is drawn. Throws ConfigError, DTypeError:
///   "[dropout] p: 1.5; expected a probability, 0..1"
/// Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from
/// overfitting", JMLR 15; with the factor in training, "inverted".
/// Differs: PyTorch multiplies by zero, which leaves NaN of NaN and infinity.
inline Variable dropout(Operand x, double p, Generator& generator) {
  const bool drops = p != 0 || !is_floating(x.value().dtype());
  if (!drops && x.value().defined()) return std::move(x.variable);
  return record(ops::Dropout{DropoutMask::draw(p, x.value(), generator)}, x);
}

inline void ops::Dropout::backward(Gradients& d) const { d.set(0, record(*this, Operand(d.dy()))); }

}  // namespace gradus
