#pragma once
#include <initializer_list>
#include <span>
#include <string_view>

#include "tensor/tensor.h"

namespace gradus {

// Products of tensors. dtypes are promoted, whole numbers wrap around, half types are summed in
// float32 and rounded once at the end. bool operands give bool where nothing is summed, else int64.
// Differs: PyTorch refuses operands of different dtypes here, except in outer, and sums of bool.

/// y[i, j] = a[i] b[j].
/// Shapes: a [n], b [m]  ->  [n, m].
/// Throws ShapeError: "[outer] a: shape [2, 1]; expected one axis".
Tensor outer(const Tensor& a, const Tensor& b);

/// y = sum_i a[i] b[i].
/// Shapes: a [n], b [n]  ->  [].
/// Throws ShapeError: "[dot] a is [2] and b is [3]: sizes 2 and 3 differ; expected equal sizes".
Tensor dot(const Tensor& a, const Tensor& b);

/// Sums over the last n axes of a with the first n axes of b, in order.
/// Shapes: a [A..., C...], b [C..., B...] with n axes C  ->  [A..., B...]. A size of 1 is repeated.
/// Throws ShapeError: "[tensordot] a is [2, 3] and b is [5, 4]: sizes 3 of axis 1 and 5 of axis 0
/// differ; expected equal sizes, or 1", ConfigError for an n outside 0..rank of each.
Tensor tensordot(const Tensor& a, const Tensor& b, int n = 2);

/// Sums over axes a_axes[i] of a with b_axes[i] of b; the others follow each other, those of a
/// first. `{}` sums over none.
/// Throws as above, IndexError for a bad axis, ConfigError for one named twice and for lists of
/// different length.
Tensor tensordot(const Tensor& a, const Tensor& b, const Axes& a_axes, const Axes& b_axes);

/// A sum of products in Einstein's notation: einsum("ij,jk->ik", {a, b}) is the matrix product
/// y[i, k] = sum_j a[i, j] b[j, k].
///
/// One term per operand names its axes by letters, upper and lower case; spaces do not count. "..."
/// once in a term stands for the axes left over, which are broadcast as in NumPy. A letter twice in
/// a term takes the diagonal. Letters and "..." that the output leaves out are summed. Without "->"
/// the output is "..." and then, in ASCII order, the letters that occur once. Sizes of a letter are
/// equal, or 1 and repeated. With one operand and nothing to sum the result is a view of it.
///
/// Any number of operands are multiplied two at a time by matmul, always the two whose product
/// takes the fewest elements more than the two themselves. One operand is summed as by sum(), so
/// that integers give int64.
///
/// Throws ConfigError for an equation that makes no sense or another number of operands than terms,
/// ShapeError for operands that do not fit the terms:
///   "[einsum] operand 0 is [2, 3] and operand 1 is [4, 5]: sizes 3 and 4 of letter 'j' differ;
///   expected equal sizes, or 1"
/// and where the result, or a product of all ways to pair the operands, has more than eight axes.
Tensor einsum(std::string_view equation, std::span<const Tensor> operands);
Tensor einsum(std::string_view equation, std::initializer_list<Tensor> operands);

}  // namespace gradus
