#include "nn/embedding.h"

#include "autograd/ops/embedding.h"
#include "nn/repr.h"
#include "tensor/elementwise.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/greater.h"
#include "tensor/elementwise/mul.h"
#include "tensor/reduce.h"
#include "tensor/sort.h"

namespace gradus::nn {
namespace {

std::int64_t check(std::int64_t size, const char* name) {
  if (size >= 1) return size;
  throw ConfigError("[Embedding] " + std::string(name) + ": " + std::to_string(size) +
                    "; expected >= 1");
}

void check_positive(double x, const char* name) {
  if (x > 0) return;
  throw ConfigError("[Embedding] " + std::string(name) + ": " + to_text(x) +
                    "; expected a number > 0");
}

}  // namespace

Embedding::Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim, Generator& rng,
                     const EmbeddingOptions& options)
    : Embedding(
          normal({check(num_embeddings, "num_embeddings"), check(embedding_dim, "embedding_dim")},
                 0, 1, rng, options.dtype),
          options) {
  if (this->options.padding_idx) weight.value().select(0, *this->options.padding_idx).fill(0);
}

Embedding::Embedding(Tensor table, const EmbeddingOptions& options) : options(options) {
  if (table.rank() != 2) {
    throw ShapeError("[Embedding] weight is " + to_string(table.shape()) +
                     "; expected [num_embeddings, embedding_dim]");
  }
  if (options.max_norm) check_positive(*options.max_norm, "max_norm");
  check_positive(options.norm_type, "norm_type");
  if (std::optional<std::int64_t>& row = this->options.padding_idx; row) {
    const std::int64_t rows = table.dim(0);
    if (*row < -rows || *row >= rows) {
      throw IndexError("[Embedding] padding_idx: " + std::to_string(*row) + "; expected " +
                       std::to_string(-rows) + ".." + std::to_string(rows - 1) +
                       ", a row of weight " + to_string(table.shape()));
    }
    if (*row < 0) *row += rows;
  }
  weight = parameter("weight", std::move(table));
}

Embedding Embedding::from_pretrained(const Tensor& weight, bool freeze,
                                     const EmbeddingOptions& options) {
  check_defined("Embedding", "weight", weight);
  Embedding layer(weight, options);
  if (freeze) layer.weight.set_requires_grad(false);
  return layer;
}

Variable Embedding::forward(Operand x) const {
  if (!options.max_norm) return embedding({weight, x.where}, x.value(), options.padding_idx);
  // The lookup checks the indices, with rows as they were.
  embedding(weight.value(), x.value());
  shorten(x.value());
  return embedding({weight, x.where}, x.value(), options.padding_idx);
}

void Embedding::shorten(const Tensor& indices) const {
  if (indices.numel() == 0) return;
  const Tensor rows = unique(indices.to(kInt64)).values;
  const Tensor found = index_select(weight.value(), 0, rows);
  const Tensor length = norm(found, options.norm_type, 1, true);
  const double most = *options.max_norm;
  // 1e-7, as PyTorch has it, against a norm of 0.
  const Tensor factor = where(length > most, most / (length + 1e-7), ones_like(length));
  weight.value().index_put({rows}, found * factor);
}

std::string Embedding::extra_repr() const {
  std::string text = std::to_string(weight.dim(0)) + ", " + std::to_string(weight.dim(1));
  if (options.padding_idx) text += ", padding_idx=" + std::to_string(*options.padding_idx);
  if (options.max_norm) text += ", max_norm=" + repr(*options.max_norm);
  if (options.norm_type != 2) text += ", norm_type=" + repr(options.norm_type);
  return text;
}

}  // namespace gradus::nn
