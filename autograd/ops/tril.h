#pragma once
#include "autograd/record.h"
#include "tensor/assemble.h"

namespace gradus::ops {

struct Tril {
  static constexpr const char* kName = "tril";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  std::int64_t k;

  Tensor forward(const Tensor& x) const { return tril(x, k); }
  void backward(Gradients& d) const;
};

struct Triu {
  static constexpr const char* kName = "triu";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  std::int64_t k;

  Tensor forward(const Tensor& x) const { return triu(x, k); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// The elements on and below diagonal k of the last two axes; 0 elsewhere. Throws ShapeError.
inline Variable tril(Operand x, std::int64_t k = 0) { return record(ops::Tril{k}, x); }

/// The elements on and above diagonal k of the last two axes; 0 elsewhere. Throws ShapeError.
inline Variable triu(Operand x, std::int64_t k = 0) { return record(ops::Triu{k}, x); }

inline void ops::Tril::backward(Gradients& d) const { d.set(0, tril(d.dy(), k)); }
inline void ops::Triu::backward(Gradients& d) const { d.set(0, triu(d.dy(), k)); }

}  // namespace gradus
