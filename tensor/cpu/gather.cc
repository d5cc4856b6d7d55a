// Functions whose index has as many axes as x: each element has a position of its own along one.
#include <string>

#include "tensor/broadcast.h"
#include "tensor/cpu/positions.h"
#include "tensor/indexing.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

/// Checked operands of gather and scatter. A 0-d tensor counts as a line of one element.
struct Gathering {
  Gathering(std::string_view op, const Tensor& x, int axis, const Tensor& index) {
    check_defined(op, "x", x);
    check_defined(op, "index", index);
    const Tensor target = x.rank() == 0 ? x.unsqueeze(0) : x;
    const Tensor given = index.rank() == 0 ? index.unsqueeze(0) : index;
    along = normalize_line_axis(op, axis, x.shape());
    bool fits = given.rank() == target.rank();
    for (int i = 0; fits && i < given.rank(); ++i) {
      fits = i == along || given.shape()[i] <= target.shape()[i];
    }
    if (!fits) {
      throw ShapeError("[" + std::string(op) + "] index: shape " + to_string(index.shape()) +
                       "; expected as many axes as x of shape " + to_string(x.shape()) +
                       ", none but axis " + std::to_string(along) + " longer than there");
    }
    positions =
        cpu::checked_positions(op, "index", given, target.shape()[along], along, target.shape());
    step = target.strides()[along];
  }

  /// x with the shape of the index, at position 0 of the axis.
  Tensor lines(const Tensor& x) const {
    Strides strides = x.rank() == 0 ? Strides{0} : x.strides();
    strides[along] = 0;
    return as_strided_unchecked(x, positions.shape(), strides, 0);
  }

  int along = 0;
  std::int64_t step = 0;
  Tensor positions;
};

template <bool kAdds>
Tensor scattered(std::string_view op, const Tensor& x, int axis, const Tensor& index,
                 const Tensor& source) {
  Gathering g(op, x, axis, index);
  check_defined(op, "source", source);
  if (source.dtype() != x.dtype() && !source.weak()) {
    throw DTypeError("[" + std::string(op) + "] source: " + std::string(name(source.dtype())) +
                     "; expected " + std::string(name(x.dtype())) + ", the dtype of x");
  }
  const Shape& shape = g.positions.shape();
  Tensor from = source.to(x.dtype());
  if (source.numel() == 1 && source.rank() == 0) {
    from = from.expand(shape);
  } else {
    bool fits = from.rank() == shape.rank();
    for (int i = 0; fits && i < shape.rank(); ++i) fits = shape[i] <= from.shape()[i];
    if (!fits) {
      throw ShapeError("[" + std::string(op) + "] source: shape " + to_string(source.shape()) +
                       "; expected a number, or at least " + to_string(shape) +
                       ", the shape of index");
    }
    for (int i = 0; i < shape.rank(); ++i) from = from.narrow(i, 0, shape[i]);
  }
  const Tensor y = x.clone();
  if (g.positions.numel() == 0) return y;
  const std::int64_t step = y.rank() == 0 ? 0 : y.strides()[g.along];
  // The axis goes last: elements that meet are on one line, which one thread walks in order.
  const Tensor positions = g.positions.transpose(g.along, -1);
  const Tensor lines = g.lines(y).transpose(g.along, -1), sources = from.transpose(g.along, -1);
  const std::int64_t n = positions.dim(-1), count = positions.numel() / n;
  dispatch(x.dtype(), [&]<class T>(std::type_identity<T>) {
    T* to = static_cast<T*>(lines.raw_data());
    const T* values = static_cast<const T*>(sources.raw_data());
    const std::int64_t* at = positions.data<std::int64_t>();
    // Merged axes would not show where a line ends, so lines are walked by their first elements.
    const Tensor heads[] = {positions.narrow(-1, 0, 1), lines.narrow(-1, 0, 1),
                            sources.narrow(-1, 0, 1)};
    const LoopPlan<3> plan(heads[0].shape(), {&heads[0], &heads[1], &heads[2]});
    const std::int64_t step_at = positions.strides()[positions.rank() - 1];
    const std::int64_t step_from = sources.strides()[sources.rank() - 1];
    const std::int64_t group = std::max<std::int64_t>(1, kPieceSize / n);
    parallel_for((count + group - 1) / group, [&](std::int64_t piece) {
      plan.rows(piece * group, std::min(count, (piece + 1) * group),
                [&](const auto& offset, std::int64_t m, auto) {
                  for (std::int64_t line = 0; line < m; ++line) {
                    const std::int64_t* p = at + offset[0] + line * plan.inner(0);
                    T* y = to + offset[1] + line * plan.inner(1);
                    const T* value = values + offset[2] + line * plan.inner(2);
                    for (std::int64_t i = 0; i < n; ++i) {
                      T& element = y[p[i * step_at] * step];
                      const T given = value[i * step_from];
                      element = kAdds ? static_cast<T>(element + given) : given;
                    }
                  }
                });
    });
  });
  return y;
}

}  // namespace

Tensor gather(const Tensor& x, int axis, const Tensor& index) {
  const Gathering g("gather", x, axis, index);
  const Tensor y = Tensor::empty(index.shape(), x.dtype());
  if (y.numel() == 0) return y;
  const Tensor lines = g.lines(x);
  const LoopPlan<2> plan(g.positions.shape(), {&g.positions, &lines});
  cpu::dispatch_size(size_of(x.dtype()), [&]<class T>(std::type_identity<T>) {
    const T* from = static_cast<const T*>(lines.raw_data());
    const std::int64_t* at = g.positions.data<std::int64_t>();
    T* to = static_cast<T*>(y.raw_data());
    parallel_pieces(y.numel(), [&](std::int64_t begin, std::int64_t end) {
      plan.rows(begin, end, [&](const auto& offset, std::int64_t n, std::int64_t position) {
        for (std::int64_t i = 0; i < n; ++i) {
          to[position + i] =
              from[offset[1] + i * plan.inner(1) + at[offset[0] + i * plan.inner(0)] * g.step];
        }
      });
    });
  });
  return y;
}

Tensor scatter(const Tensor& x, int axis, const Tensor& index, const Tensor& source) {
  return scattered<false>("scatter", x, axis, index, source);
}

Tensor scatter_add(const Tensor& x, int axis, const Tensor& index, const Tensor& source) {
  return scattered<true>("scatter_add", x, axis, index, source);
}

Tensor take_along_axis(const Tensor& x, const Tensor& index, int axis) {
  check_defined("take_along_axis", "x", x);
  check_defined("take_along_axis", "index", index);
  const int along = normalize_axis("take_along_axis", axis, x.shape());
  if (index.rank() != x.rank()) {
    throw ShapeError("[take_along_axis] index: shape " + to_string(index.shape()) +
                     "; expected as many axes as x of shape " + to_string(x.shape()));
  }
  Shape of_x = x.shape(), of_index = index.shape();
  of_x[along] = of_index[along] = 1;
  Shape common = broadcast_shapes("take_along_axis", of_x, of_index, "x", "index");
  of_x = of_index = common;
  of_x[along] = x.shape()[along];
  of_index[along] = index.shape()[along];
  return gather(x.expand(of_x), along, index.expand(of_index));
}

}  // namespace gradus
