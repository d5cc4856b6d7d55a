#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "nn/module.h"
#include "tensor/random.h"

namespace gradus::nn {

struct EmbeddingOptions {
  /// A row, from the end if negative, that starts as 0 and gets no gradient.
  std::optional<std::int64_t> padding_idx = {};
  /// Rows that are looked up and have a larger norm are shortened to this one, in place; > 0.
  std::optional<double> max_norm = {};
  double norm_type = 2;  ///< p of that norm
  DType dtype = kFloat32;
};

/// Rows of a learned table: y[i...] = weight[x[i...]].
/// Shapes: x [...], int64 or int32 in 0..num_embeddings-1; weight [num_embeddings, embedding_dim]
/// ->  y [..., embedding_dim].
/// Init: N(0, 1), the default of torch.nn.Embedding; the row padding_idx 0.
/// Throws ConfigError, IndexError:
///   "[Embedding] num_embeddings: 0; expected >= 1",
///   "[Embedding] max_norm: -1; expected a number > 0",
///   "[Embedding] padding_idx: 10; expected -10..9, a row of weight [10, 3]"
/// Differs: PyTorch also has sparse gradients, and scale_grad_by_freq.
struct Embedding : Module {
  Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim, Generator& rng,
            const EmbeddingOptions& options = {});

  /// With this table, shared; learned further unless it is frozen. Throws ShapeError:
  ///   "[Embedding] weight is [3]; expected [num_embeddings, embedding_dim]"
  static Embedding from_pretrained(const Tensor& weight, bool freeze = true,
                                   const EmbeddingOptions& options = {});

  /// Throws IndexError, DTypeError:
  ///   "[embedding] indices: 10 at [0, 1]; expected 0..9, the rows of weight [10, 4]"
  Variable forward(Operand x) const override;
  std::string extra_repr() const override;

  Parameter weight;
  EmbeddingOptions options;

 private:
  Embedding(Tensor weight, const EmbeddingOptions& options);
  void shorten(const Tensor& indices) const;
};

}  // namespace gradus::nn
