// Functions whose index has as many axes as x: each element has a position of its own along one.
#include <string>

#include "tensor/broadcast.h"
#include "tensor/cpu/places.h"
#include "tensor/cpu/positions.h"
#include "tensor/cuda/ops/copy.h"
#include "tensor/cuda/ops/places.h"
#include "tensor/elementwise/mul.h"
#include "tensor/indexing.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

/// Checked operands of gather and scatter. A 0-d tensor counts as a line of one element.
struct Gathering {
  Gathering(std::string_view op, const Tensor& x, int axis, const Tensor& index) {
    check_defined(op, "x", x);
    check_defined(op, "index", index);
    check_same_device(op, "x", x, "index", index);
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

  /// Where the elements stand in lines() of a tensor with this stride along the axis.
  Tensor table(std::int64_t step) const {
    if (step == 1) return positions;
    if (!positions.on_cpu()) [[unlikely]]
      return mul(positions, Tensor(step));
    const Tensor places = Tensor::empty(positions.shape(), kInt64);
    const std::int64_t* from = positions.data<std::int64_t>();
    std::int64_t* to = places.data<std::int64_t>();
    parallel_pieces(positions.numel(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) to[i] = from[i] * step;
    });
    return places;
  }

  int along = 0;
  std::int64_t step = 0;
  Tensor positions;
};

Tensor scattered(cpu::Write how, std::string_view op, const Tensor& x, int axis,
                 const Tensor& index, const Tensor& source) {
  Gathering g(op, x, axis, index);
  check_defined(op, "source", source);
  if (source.dtype() != x.dtype() && !source.weak()) {
    throw DTypeError("[" + std::string(op) + "] source: " + std::string(name(source.dtype())) +
                     "; expected " + std::string(name(x.dtype())) + ", the dtype of x");
  }
  const Shape& shape = g.positions.shape();
  Tensor from = gpu::operand_on(op, "source", source.to(x.dtype()), "x", x);
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
  const std::int64_t step = y.rank() == 0 ? 0 : y.strides()[g.along];
  cpu::write_places(g.lines(y), g.table(step), from, g.along, how);
  return y;
}

}  // namespace

Tensor gather(const Tensor& x, int axis, const Tensor& index) {
  const Gathering g("gather", x, axis, index);
  const Tensor y = Tensor::empty(index.shape(), x.dtype(), x.device());
  if (y.numel() == 0) return y;
  const Tensor lines = g.lines(x);
  if (!x.on_cpu()) [[unlikely]] {
    gpu::read_places(lines, g.table(g.step), y.reshape(g.positions.shape()));
    return y;
  }
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
  return scattered(cpu::Write::kReplace, "scatter", x, axis, index, source);
}

Tensor scatter_add(const Tensor& x, int axis, const Tensor& index, const Tensor& source) {
  return scattered(cpu::Write::kAdd, "scatter_add", x, axis, index, source);
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
