#pragma once
#include <vector>

#include "tensor/tensor.h"

namespace gradus {

// New tensors from parts of others. All copy.

/// Joins tensors along an existing axis; they have equal sizes on the others. dtypes are promoted.
/// Shapes: x_i [..., n_i, ...]  ->  y [..., sum n_i, ...]. Throws IndexError, ConfigError (none):
///   ShapeError "[cat] tensors[1]: shape [2, 4]; expected [2, 3] but for axis 0"
Tensor cat(const std::vector<Tensor>& tensors, int axis = 0);

/// Joins n tensors of one shape along a new axis. Shapes: x_i [...]  ->  y [..., n, ...].
/// Throws as cat, ShapeError beyond eight axes.
Tensor stack(const std::vector<Tensor>& tensors, int axis = 0);

/// Repeats the whole tensor repeats[i] times along axis i (np.tile); missing leading axes have
/// size 1. Throws ShapeError for fewer repeats than axes or negative ones.
Tensor repeat(const Tensor& x, const Dims& repeats);

/// Moves elements by `shifts` positions along `axes`; those that leave at one end come back at the
/// other. No axes: one shift of the flattened tensor. Throws IndexError, ConfigError (counts).
Tensor roll(const Tensor& x, const Dims& shifts, const Axes& axes = {});

/// The elements on and below (tril) or above (triu) diagonal k of the last two axes; 0 elsewhere.
/// Throws ShapeError for less than two axes.
Tensor tril(const Tensor& x, std::int64_t k = 0);
Tensor triu(const Tensor& x, std::int64_t k = 0);

/// Adds pads[0] elements of `value` before and pads[1] after the last axis, pads[2] and pads[3]
/// around the one before it, ...; negative pads cut, as in PyTorch. Throws ShapeError.
Tensor pad(const Tensor& x, const std::vector<std::int64_t>& pads, double value = 0);

/// What stands beyond the ends of an axis.
enum class PadMode {
  kReflect,    ///< the elements inside, mirrored at the end element: c b | a b c | b a
  kReplicate,  ///< the end element: a a | a b c | c c
  kCircular,   ///< the elements from the other end: b c | a b c | a b
};
/// The same with elements of x. Throws ShapeError also where x has too few: reflect needs more
/// elements than pads, circular as many, replicate one.
Tensor pad(const Tensor& x, const std::vector<std::int64_t>& pads, PadMode mode);

/// Each element `repeats` times in a row along an axis (np.repeat, torch.repeat_interleave).
/// Shapes: x [..., n, ...]  ->  y [..., n * repeats, ...]. Throws IndexError, ConfigError.
Tensor repeat_interleave(const Tensor& x, std::int64_t repeats, int axis);
/// Position i of the axis repeats[i] times. repeats: whole numbers [n]. Throws also DTypeError,
/// ShapeError.
Tensor repeat_interleave(const Tensor& x, const Tensor& repeats, int axis);

/// How the axes of a grid follow each other.
enum class MeshOrder {
  kIJ,  ///< as the vectors do: matrices
  kXY,  ///< the first two are swapped: images
};
/// Coordinates of a grid: views of the vectors, grid i with the elements of vector i along its
/// axis. Shapes: x_i [n_i] or []  ->  each [n_0, n_1, ...]. Throws ShapeError, ConfigError (none).
std::vector<Tensor> meshgrid(const std::vector<Tensor>& vectors, MeshOrder order = MeshOrder::kIJ);

/// Views of the common shape. Throws ShapeError, ConfigError (none).
std::vector<Tensor> broadcast_tensors(const std::vector<Tensor>& tensors);

/// A matrix with x [n] on its k-th diagonal and 0 elsewhere, or the k-th diagonal of a matrix x.
/// Throws ShapeError for other ranks.
Tensor diag(const Tensor& x, std::int64_t k = 0);

/// x with `value` where mask is true; dtype of x. mask: bool, broadcast to the shape of x.
/// Throws DTypeError, ShapeError.
Tensor masked_fill(const Tensor& x, const Tensor& mask, double value);

/// y[..., c] = 1 where c is the class index[...], else 0; int64. index: whole numbers in
/// 0..classes-1. Shapes: index [...]  ->  y [..., classes]. Throws DTypeError, IndexError.
Tensor one_hot(const Tensor& index, std::int64_t classes);

}  // namespace gradus
