#pragma once
// Elements chosen by position: NumPy's indexing, and the functions that take tensors of indices.
// Included by tensor.h.
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <variant>
#include <vector>

#include "tensor/tensor.h"

namespace gradus {

/// All axes that no other index of the list speaks of, as ... in Python.
struct EllipsisType {};
inline constexpr EllipsisType Ellipsis{};

/// One entry of x.index({...}):
///   a number      one position, whose axis disappears
///   Slice         some positions of an axis; Slice() all
///   None          a new axis of size 1
///   Ellipsis      all axes in between
///   Tensor, whole (int64, int32): the positions in it, whose axes take the place of the axis
///   Tensor, bool  the positions where it is true; it covers as many axes as it has
class IndexItem {
 public:
  IndexItem(Slice range) : item_(range) {}              // NOLINT: implicit by design
  IndexItem(NoneType) : item_(None) {}                  // NOLINT
  IndexItem(EllipsisType) : item_(Ellipsis) {}          // NOLINT
  IndexItem(Tensor index) : item_(std::move(index)) {}  // NOLINT
  template <std::integral T>
  requires(!std::same_as<T, bool>) IndexItem(T position)  // NOLINT
      : item_(static_cast<std::int64_t>(position)) {}

  template <class T>
  const T* as() const {
    return std::get_if<T>(&item_);
  }

 private:
  std::variant<Slice, NoneType, EllipsisType, std::int64_t, Tensor> item_;
};

// Positions may be negative and then count from the end; index tensors are int64 or int32. Each
// function throws, before anything is written: DTypeError for another dtype of an index, IndexError
//   "[gather] index: 3 at [0, 1]; expected -3..2 for axis 0 of shape [3, 2]"
// and ShapeError where shapes do not fit.

/// Chosen positions of one axis: y[..., i, ...] = x[..., index[i], ...].
/// Shapes: x [..., n, ...], index [m]  ->  y [..., m, ...].
Tensor index_select(const Tensor& x, int axis, const Tensor& index);

/// x with alpha * source[..., i, ...] added at [..., index[i], ...], in the order of i.
/// Shapes: x [..., n, ...], index [m], source [..., m, ...]. Differs: each sum is rounded to the
/// dtype of x, in which source must be.
Tensor index_add(const Tensor& x, int axis, const Tensor& index, const Tensor& source,
                 double alpha = 1);

/// x with `value` at the chosen positions of one axis.
Tensor index_fill(const Tensor& x, int axis, const Tensor& index, double value);

/// y[i, j] = x[index[i, j], j] for axis 0, and so on; `index` may be smaller than x along the other
/// axes. Shapes: x [...], index of the same rank  ->  y like index.
Tensor gather(const Tensor& x, int axis, const Tensor& index);

/// x with y[index[i, j], j] = source[i, j] for axis 0, and so on; of several sources of one element
/// the last in row-major order stays. source: of one element, or at least as large as index.
Tensor scatter(const Tensor& x, int axis, const Tensor& index, const Tensor& source);
/// The same with y[index[i, j], j] += source[i, j], in row-major order.
Tensor scatter_add(const Tensor& x, int axis, const Tensor& index, const Tensor& source);

/// gather() after broadcasting x and index to each other along all axes but one.
Tensor take_along_axis(const Tensor& x, const Tensor& index, int axis);

/// Elements of the flattened x. Shapes: index [...]  ->  y like index.
Tensor take(const Tensor& x, const Tensor& index);

/// The elements where mask is true, in row-major order; both are broadcast to each other.
/// Shapes: y [number of them].
Tensor masked_select(const Tensor& x, const Tensor& mask);

/// The positions of the elements that are not 0, in row-major order; int64.
/// Shapes: x of rank r  ->  y [number of them, r].
Tensor nonzero(const Tensor& x);

}  // namespace gradus
