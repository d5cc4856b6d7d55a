#pragma once
#include "nn/losses/loss.h"

namespace gradus::nn {

/// axis: along which the vectors lie. eps: the smallest length that counts, > 0.
struct CosineSimilarityOptions {
  int axis = 1;
  double eps = 1e-8;
};

/// y = x1 x2 / (max(|x1|, eps) max(|x2|, eps)) of the vectors along an axis: 1 for those of one
/// direction, 0 for a vector of zeros, where its slope is x2 / (eps |x2|).
/// Shapes: x1 and x2 broadcast to [..., D, ...]  ->  y [..., ...] without the axis.
/// Throws ShapeError, DTypeError, IndexError (axis), ConfigError:
///   "[cosine_similarity] eps: 0; expected a number > 0"
/// Source: torch.nn.functional.cosine_similarity, whose `dim` is `axis` here.
Variable cosine_similarity(Operand x1, Operand x2, const CosineSimilarityOptions& options = {});

struct CosineSimilarity : LossModule<CosineSimilarityOptions, cosine_similarity> {
  using LossModule::LossModule;
};

/// margin: the similarity in -1..1 from which on those with target -1 count.
struct CosineEmbeddingOptions {
  double margin = 0;
  Reduction reduction = Reduction::kMean;
};

/// l = 1 - cos where target is 1, max(0, cos - margin) where it is -1, reduced, with cos = x1 x2 /
/// sqrt((|x1|^2 + 1e-12) (|x2|^2 + 1e-12)).
/// Shapes: input1 and input2 [N, D] alike, target [N]; or [D] and []  ->  [], unreduced like
/// target. Throws ShapeError, DTypeError, ConfigError:
///   "[cosine_embedding_loss] target: 0 at [1]; expected 1 or -1"
///   "[cosine_embedding_loss] input1 is [2, 3] and target is [3]; expected input1 [N, D] with
///   target [N], or [D] with []"
/// Source: torch.nn.functional.cosine_embedding_loss. Differs: PyTorch gives 0 for other targets.
Variable cosine_embedding_loss(Operand input1, Operand input2, Operand target,
                               const CosineEmbeddingOptions& options = {});

struct CosineEmbeddingLoss : LossModule<CosineEmbeddingOptions, cosine_embedding_loss> {
  using LossModule::LossModule;
};

}  // namespace gradus::nn
