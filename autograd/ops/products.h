#pragma once
#include <concepts>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "autograd/record_result.h"
#include "tensor/products.h"

namespace gradus::ops {

struct Outer {
  static constexpr const char* kName = "outer";
  static constexpr bool kReadsInputs = true, kReadsResult = false;

  Tensor forward(const Tensor& a, const Tensor& b) const { return outer(a, b); }
  void backward(Gradients& d) const;
};

struct Dot {
  static constexpr const char* kName = "dot";
  static constexpr bool kReadsInputs = true, kReadsResult = false;

  Tensor forward(const Tensor& a, const Tensor& b) const { return dot(a, b); }
  void backward(Gradients& d) const;
};

/// Each term names the axes of one input by different letters.
struct Einsum {
  static constexpr const char* kName = "einsum";
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  std::vector<std::string> terms;
  std::string output;

  void backward(Gradients& d) const;
};

struct Tensordot : Einsum {
  static constexpr const char* kName = "tensordot";
};

}  // namespace gradus::ops

namespace gradus {

// Products, see tensor/products.h. The gradient of one factor is the same kind of product of dy
// with the other factors.

/// y[i, j] = a[i] b[j];  da = dy b,  db = dy^T a. Shapes: a [n], b [m]  ->  [n, m].
/// Throws ShapeError.
inline Variable outer(Operand a, Operand b) { return record(ops::Outer{}, a, b); }

/// y = sum_i a[i] b[i];  da = dy b,  db = dy a. Shapes: a [n], b [n]  ->  []. Throws ShapeError.
inline Variable dot(Operand a, Operand b) { return record(ops::Dot{}, a, b); }

/// Sums over the last n axes of a with the first n axes of b. Throws ShapeError, ConfigError.
Variable tensordot(Operand a, Operand b, int n = 2);

/// Sums over axes a_axes[i] of a with b_axes[i] of b. Throws ShapeError, ConfigError, IndexError.
Variable tensordot(Operand a, Operand b, const Axes& a_axes, const Axes& b_axes);

/// A sum of products in Einstein's notation. Throws ConfigError, ShapeError.
Variable einsum(std::string_view equation, std::span<const Variable> operands,
                std::source_location where = std::source_location::current());

/// einsum("ij,jk->ik", {a, b}); a list of tensors makes a tensor.
template <std::same_as<Variable> V>
Variable einsum(std::string_view equation, std::initializer_list<V> operands,
                std::source_location where = std::source_location::current()) {
  return einsum(equation, std::span<const Variable>(operands.begin(), operands.size()), where);
}

}  // namespace gradus
