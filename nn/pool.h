#pragma once
#include <string>

#include "autograd/ops/pooling.h"
#include "nn/module.h"

namespace gradus::nn {

// What the layers that pool have in common; windows and options: tensor/pooling.h. Constructors
// throw ConfigError:
//   "[MaxPool2d] kernel_size: 0; expected numbers from 1 on"
//   "[MaxPool2d] padding: 2; expected at most half of the window, which spans 3"
// forward throws ShapeError, as max_pool2d and its kin do.

struct MaxPool : Module {
  Variable forward(Operand x) const override { return with_indices(std::move(x)).values; }
  /// Also where each largest element stands in its channel, PyTorch's return_indices.
  VariableAndIndices with_indices(Operand x) const;
  std::string extra_repr() const override;

 protected:
  MaxPool(int axes, const PerAxis& kernel_size, const MaxPoolOptions& options);

 private:
  int axes_;
  PerAxis kernel_;
  MaxPoolOptions options_;
};

struct AvgPool : Module {
  Variable forward(Operand x) const override;
  std::string extra_repr() const override;

 protected:
  AvgPool(int axes, const PerAxis& kernel_size, const AvgPoolOptions& options);

 private:
  int axes_;
  PerAxis kernel_;
  AvgPoolOptions options_;
};

/// Windows that cover x, so many per axis as output_size says (>= 0).
struct AdaptivePool : Module {
  std::string extra_repr() const override;

 protected:
  AdaptivePool(const char* layer, int axes, const PerAxis& output_size);
  PerAxis size_;
};

}  // namespace gradus::nn
