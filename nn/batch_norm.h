#pragma once
#include <optional>
#include <string>

#include "nn/module.h"

namespace gradus::nn {

/// Options of BatchNorm1d, BatchNorm2d, InstanceNorm1d and InstanceNorm2d, with PyTorch's names.
struct BatchNormOptions {
  double eps = 1e-5;  ///< added to the variance, >= 0
  /// What one batch counts for in the running statistics, in 0..1; none: all batches count alike.
  std::optional<double> momentum = 0.1;
  bool affine = true;               ///< weight and bias are learned
  bool track_running_stats = true;  ///< the running statistics are kept and used in eval mode
  bool bias = true;                 ///< false: affine learns the weight alone
  DType dtype = kFloat32;
};

/// What batch normalization is made of: the parameters, the running statistics and their update.
struct RunningNorm : Module {
  std::string extra_repr() const override;

  Parameter weight, bias;            ///< [C]; undefined when there is none
  Buffer running_mean, running_var;  ///< [C]; undefined without track_running_stats
  Buffer num_batches_tracked;        ///< int64 []

 protected:
  RunningNorm(const char* layer, std::int64_t num_features, const BatchNormOptions& options);

  /// Whether the statistics of the batch are to be used.
  bool uses_batch() const { return training() || !running_mean.defined(); }
  /// running = (1 - m) running + m batch, for the mean and the variance of n elements, which counts
  /// n / (n - 1) times: unbiased.
  void update(const Tensor& mean, const Tensor& var, std::int64_t n, double m) const;
  /// (x - running_mean) / sqrt(running_var + eps) weight + bias; channels lie along `axis`.
  Variable normalized(const Operand& x, int axis) const;
  /// weight x + bias.
  Variable affine(const Operand& x, int axis) const;

  const char* layer_;
  std::int64_t features_;
  BatchNormOptions options_;
};

/// What BatchNorm1d and BatchNorm2d have in common.
struct BatchNorm : RunningNorm {
  Variable forward(Operand x) const override;

 protected:
  BatchNorm(const char* layer, int axes, std::int64_t num_features, const BatchNormOptions& options)
      : RunningNorm(layer, num_features, options), axes_(axes) {}

 private:
  int axes_;
};

/// What InstanceNorm1d and InstanceNorm2d have in common.
struct InstanceNorm : RunningNorm {
  Variable forward(Operand x) const override;

 protected:
  InstanceNorm(const char* layer, int axes, std::int64_t num_features,
               const BatchNormOptions& options)
      : RunningNorm(layer, num_features, options), axes_(axes) {}

 private:
  int axes_;
};

}  // namespace gradus::nn
