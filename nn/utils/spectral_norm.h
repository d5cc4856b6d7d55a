#pragma once
#include <cstdint>
#include <utility>

#include "nn/utils/parametrized.h"

namespace gradus::nn {

/// n_power_iterations: in each call while training, >= 1. axis: that of the outputs. eps: the
/// smallest length that counts, > 0.
struct SpectralNormOptions {
  std::int64_t n_power_iterations = 1;
  int axis = 0;
  double eps = 1e-12;
};

/// The parameter and the singular vectors, under PyTorch's names.
struct SingularVectors : Module {
  SingularVectors(Tensor u, Tensor v)
      : u(buffer("_u", std::move(u))), v(buffer("_v", std::move(v))) {}
  Buffer u, v;
};
struct SpectralNormWeight : Module {
  SpectralNormWeight(Tensor weight, Generator& rng, const SpectralNormOptions& options);
  /// weight / s for the largest singular value s = u^T W v, where u and v are constants.
  Variable normalized(bool iterate, const SpectralNormOptions& options,
                      const std::source_location& where) const;
  Parameter original;
  Child<SingularVectors> vectors;

 private:
  void iterate(std::int64_t n, const SpectralNormOptions& options) const;
};
struct SpectralNormParametrizations : Module {
  explicit SpectralNormParametrizations(SpectralNormWeight part)
      : weight(child("weight", std::move(part))) {}
  Child<SpectralNormWeight> weight;
};

/// A layer whose weight is divided by its largest singular value, so that it lengthens no vector;
/// the weight as a matrix with a row for each position of the axis. The singular vectors u and v
/// are followed by power iteration, u = W v / |W v|, v = W^T u / |W^T u|, while training:
///   SpectralNorm hidden(Linear(784, 256, rng), rng);
/// They begin at random, 15 iterations on. Names are those of torch.nn.utils.parametrizations.
/// spectral_norm: `parametrizations.weight.original`, buffers `parametrizations.weight.0._u`, `_v`.
/// Throws IndexError (axis), ConfigError as Parametrized, and:
///   "[SpectralNorm] n_power_iterations: 0; expected >= 1"
/// Source: Miyato et al. 2018, arXiv:1802.05957, algorithm 1.
/// Differs: the weight has two axes at least.
template <class M>
struct SpectralNorm : Parametrized<M> {
  SpectralNorm(M layer, Generator& rng, const SpectralNormOptions& options = {})
      : Parametrized<M>("SpectralNorm", std::move(layer)), options_(options) {
    parametrizations_ =
        this->child("parametrizations", SpectralNormParametrizations(SpectralNormWeight(
                                            this->layer_.weight.value().clone(), rng, options)));
  }

  Variable weight(std::source_location where = std::source_location::current()) const override {
    return parametrizations_->weight->normalized(this->training(), options_, where);
  }

 private:
  SpectralNormOptions options_;
  Child<SpectralNormParametrizations> parametrizations_;
};

}  // namespace gradus::nn
