#pragma once
// What losses have in common.
#include <concepts>
#include <initializer_list>
#include <string>
#include <utility>

#include "autograd/line_scope.h"
#include "autograd/ops/cross_entropy.h"
#include "nn/module.h"

namespace gradus::nn {

struct LossOptions {
  Reduction reduction = Reduction::kMean;
};
/// weight: of each element, a constant; undefined for 1.
struct WeightedLossOptions {
  Tensor weight = {};
  Reduction reduction = Reduction::kMean;
};

/// The work around the formula of a loss: checks the arguments, brings them to the dtype in which
/// is computed, and lets all operations bear the line of the user.
///
///   Variable l1_loss(Operand input, Operand target, const LossOptions& options) {
///     const LossStep loss("l1_loss", {{"input", input}, {"target", target}});
///     return loss.reduce(abs(input - target), options.reduction);
///   }
///
/// A whole or bool target counts as numbers; half types are computed in float32 and rounded once.
class LossStep {
 public:
  struct Argument {
    const char* name;
    Operand& operand;
  };
  /// The first argument must be floating, all on one device but for 0-d ones on the CPU, and the
  /// first `alike` ones of one shape. Throws DTypeError, DeviceError, ShapeError:
  ///   "[l1_loss] input is [10, 1] and target is [10]; expected equal shapes; use reshape"
  LossStep(const char* loss, std::initializer_list<Argument> arguments, int alike = 9);

  /// A constant in the dtype of computing. Throws DTypeError unless it is floating, ShapeError
  /// unless it broadcasts to `shape`:
  ///   "[binary_cross_entropy] weight: shape [3]; expected one that broadcasts to [4, 2]"
  Tensor weight(const char* argument, const Tensor& weight, const Shape& shape) const;
  /// Throws ConfigError, which names the first element of x where `good` is false:
  ///   "[binary_cross_entropy] input: 1.5 at [2]; expected probabilities in 0..1"
  void expect(const char* argument, const Tensor& x, const Tensor& good,
              const std::string& expected) const;
  /// Throws ConfigError unless all elements are 1 or -1.
  void expect_signs(const Tensor& target) const;

  /// Reduced, and in the dtype of the result. The mean of no element is NaN, as in PyTorch.
  Variable reduce(const Variable& losses, Reduction reduction) const;
  /// Likewise of losses times options.weight, whose mean is sum / sum of the weights.
  Variable reduce(const Variable& losses, const WeightedLossOptions& options) const;
  Variable in_result_dtype(const Variable& loss) const;

 private:
  LineScope line_;
  const char* name_;
  DType computed_ = kFloat32, result_ = kFloat32;
};

/// A loss as a module with forward(input, target), or three tensors: `struct MSELoss :
/// LossModule<WeightedLossOptions, mse_loss>`. Weights among the options become buffers, so that
/// they are converted and saved with it.
template <class Options, auto kLoss>
struct LossModule : Module {
  explicit LossModule(Options given = {}) : options(std::move(given)) {
    if constexpr (requires { options.weight; }) keep("weight", options.weight, weight);
    if constexpr (requires { options.pos_weight; }) {
      keep("pos_weight", options.pos_weight, pos_weight);
    }
  }

  Variable forward(Operand input, Operand target)
      const requires std::invocable<decltype(kLoss), Operand, Operand, const Options&> {
    return kLoss(std::move(input), std::move(target), current());
  }
  Variable forward(Operand first, Operand second, Operand third)
      const requires std::invocable<decltype(kLoss), Operand, Operand, Operand, const Options&> {
    return kLoss(std::move(first), std::move(second), std::move(third), current());
  }
  Variable operator()(Operand input, Operand target)
      const requires std::invocable<decltype(kLoss), Operand, Operand, const Options&> {
    return call("", [&] { return forward(std::move(input), std::move(target)); });
  }
  Variable operator()(Operand first, Operand second, Operand third)
      const requires std::invocable<decltype(kLoss), Operand, Operand, Operand, const Options&> {
    return call("", [&] { return forward(std::move(first), std::move(second), std::move(third)); });
  }

  Options options;
  Buffer weight, pos_weight;  ///< undefined when there are none

 private:
  void keep(const char* name, const Tensor& value, Buffer& into) {
    if (value.defined()) into = buffer(name, value);
  }
  Options current() const {
    Options now = options;
    if constexpr (requires { now.weight; }) now.weight = weight.value();
    if constexpr (requires { now.pos_weight; }) now.pos_weight = pos_weight.value();
    return now;
  }
};

}  // namespace gradus::nn
