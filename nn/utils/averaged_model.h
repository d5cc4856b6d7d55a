#pragma once
#include <optional>
#include <utility>

#include "nn/module.h"

namespace gradus::nn {

/// decay: of an exponential average, a = decay a + (1 - decay) theta, in 0..1; none for the mean of
/// all that came, as in stochastic weight averaging.
/// warmup: the decay begins smaller, 1 - (1 + t / warmup_gamma)^-warmup_power at average t >= 1,
/// not below min_decay and not above decay.
/// average_buffers: floating buffers are averaged too; else, and all others, they are copied.
struct AveragingOptions {
  std::optional<double> decay = {};
  bool warmup = false;
  double warmup_gamma = 1, warmup_power = 2.0 / 3, min_decay = 0;
  bool average_buffers = false;
};

// What AveragedModel is made of.
void check_averaging(const AveragingOptions& options);
void average_into(const Module& average, const Module& model, const Tensor& count,
                  const AveragingOptions& options);

/// Exchanges the values of all parameters and buffers of two modules of one structure. Throws
/// ConfigError: "[swap_values] 'weight': only in one of the modules; expected equal ones"
void swap_values(const Module& a, const Module& b);

/// A copy of a model with averages of its weights over training, which often predict better:
///   AveragedModel ema(model, {.decay = 0.999});
///   for (...) { ...; optimizer.step(); ema.update_parameters(model); }
///   ema(x)
/// The first update copies. Shared weights are averaged once. Its parameters require no gradient.
/// State: `n_averaged`, and the model below `module`, as in PyTorch.
/// Throws ConfigError: "[AveragedModel] decay: 1.5; expected a number in 0..1"; and for a model of
/// another structure:
///   "[AveragedModel] model: no 'weight' of shape [2, 3]; expected the module that was copied"
/// Source: Polyak & Juditsky 1992; Izmailov et al. 2018, arXiv:1803.05407;
/// torch.optim.swa_utils.AveragedModel; warm-up as timm's ModelEmaV3.
/// Differs: PyTorch cuts averages of whole buffers to whole numbers, and leaves gradients on.
template <class M>
struct AveragedModel : Module {
  explicit AveragedModel(const M& model, AveragingOptions options = {})
      : n_averaged(buffer("n_averaged", zeros({}, kInt64))),
        module(child("module", deep_copy(model))),
        options_(options) {
    check_averaging(options);
    module->set_requires_grad(false);
  }

  Variable forward(Operand x) const override { return module(std::move(x)); }
  void update_parameters(const Module& model) const {
    average_into(*module, model, n_averaged.value(), options_);
  }

  Buffer n_averaged;
  Child<M> module;

 private:
  AveragingOptions options_;
};

/// While it lives, the model computes with the averages, and the average holds its weights.
class SwappedValues {
 public:
  SwappedValues(const Module& model, const Module& average) : model_(model), average_(average) {
    swap_values(model, average);
  }
  ~SwappedValues() { swap_values(model_, average_); }
  SwappedValues(const SwappedValues&) = delete;
  SwappedValues& operator=(const SwappedValues&) = delete;

 private:
  const Module &model_, &average_;
};

}  // namespace gradus::nn
