#pragma once
#include <concepts>
#include <functional>
#include <span>
#include <type_traits>
#include <vector>

#include "autograd/variable.h"

namespace gradus {

/// A function to be differentiated: of one Variable or of a span of them, with one result or a
/// vector of them. Lambdas convert to it.
class Differentiable {
 public:
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, Differentiable>)
      Differentiable(F f)  // NOLINT: implicit by design
      : call_([f = std::move(f)](std::span<const Variable> x) -> std::vector<Variable> {
          if constexpr (std::is_invocable_v<const F&, std::span<const Variable>>) {
            return results(f(x));
          } else {
            check_one(x.size());
            return results(f(x[0]));
          }
        }) {}
  std::vector<Variable> operator()(std::span<const Variable> x) const { return call_(x); }

 private:
  static std::vector<Variable> results(Variable y) { return {std::move(y)}; }
  static std::vector<Variable> results(std::vector<Variable> y) { return y; }
  static void check_one(std::size_t inputs);

  std::function<std::vector<Variable>(std::span<const Variable>)> call_;
};

/// How jvp, vjp, jacobian, hessian and hvp compute.
struct FunctionalOptions {
  /// Record how the results were computed, so that they can be differentiated again, also by what
  /// the inputs were computed from.
  bool create_graph = false;
  /// Throw AutogradError where a result does not depend on an input, instead of giving zeros.
  bool strict = false;
};

/// Results of f, and derivatives in the order and the shapes that each function says.
struct FunctionalResult {
  std::vector<Variable> outputs;
  std::vector<Variable> derivatives;
};

// All of them call f on copies of the inputs' handles: no gradient of the caller is touched, and
// the inputs need not be parameters. Inputs and results must be floating. Where PyTorch has the
// function, names, shapes and zeros are those of torch.autograd.functional.
// Throws: AutogradError for wrong numbers of vectors or inputs, a result or a vector that is no
// floating or has the wrong shape; and with strict.

/// Vector-Jacobian product: for each input i, sum_k v_k^T dy_k / dx_i, with the shape of x_i.
/// v: one for each output, with its shape; none at all means 1 for a single output of one element.
FunctionalResult vjp(const Differentiable& f, std::span<const Variable> inputs,
                     std::span<const Variable> v = {}, const FunctionalOptions& options = {});

/// Jacobian-vector product: for each output k, sum_i dy_k / dx_i v_i, with the shape of y_k.
/// v: one for each input, with its shape; none at all means 1 for a single input of one element.
/// Computed by differentiating the vector-Jacobian product by its vector, which it is linear in.
FunctionalResult jvp(const Differentiable& f, std::span<const Variable> inputs,
                     std::span<const Variable> v = {}, const FunctionalOptions& options = {});

/// jacobian[k][i] = dy_k / dx_i, of shape [y_k..., x_i...]. One backward per output element.
std::vector<std::vector<Variable>> jacobian(const Differentiable& f,
                                            std::span<const Variable> inputs,
                                            const FunctionalOptions& options = {});
/// The same for one input and one output.
Variable jacobian(const Differentiable& f, const Variable& input,
                  const FunctionalOptions& options = {});

/// hessian[i][j] = d^2 y / dx_i dx_j, of shape [x_i..., x_j...], for a single output of one
/// element.
std::vector<std::vector<Variable>> hessian(const Differentiable& f,
                                           std::span<const Variable> inputs,
                                           const FunctionalOptions& options = {});
Variable hessian(const Differentiable& f, const Variable& input,
                 const FunctionalOptions& options = {});

/// Hessian-vector product: for each input i, sum_j d^2 y / dx_i dx_j v_j, without the Hessian.
/// v: one for each input, with its shape. f has a single output of one element.
FunctionalResult hvp(const Differentiable& f, std::span<const Variable> inputs,
                     std::span<const Variable> v, const FunctionalOptions& options = {});

}  // namespace gradus
