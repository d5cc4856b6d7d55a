#pragma once
// Random cases of what moves elements: views, copies, conversions, joins.
#include "tests/tensor/random_operations.h"

namespace gradus::testing {

/// A view and what it should show.
struct View {
  Tensor tensor;
  Plain plain;
  std::string text;

  template <class F>
  void take(const Tensor& now, const Shape& shape, const std::string& step, F from) {
    tensor = now;
    plain = taken(plain, shape, from);
    text += (text.empty() ? "" : ".") + step;
  }
};

using Step = void (*)(Rng&, View&);

inline int draw_axis(Rng& rng, const View& view) {
  return static_cast<int>(rng.below(view.plain.shape.rank()));
}
/// From either end.
inline int named(Rng& rng, int axis, int rank) { return rng.once_in(2) ? axis : axis - rank; }

inline Dims draw_order(Rng& rng, int rank) {
  Dims order = Dims::filled(rank, 0);
  for (int i = 0; i < rank; ++i) order[i] = i;
  for (int i = rank; i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
  return order;
}

inline void permute_step(Rng& rng, View& view) {
  const int rank = view.plain.shape.rank();
  const Dims order = draw_order(rng, rank);
  Shape shape = order;
  for (int i = 0; i < rank; ++i) shape[i] = view.plain.shape[static_cast<int>(order[i])];
  view.take(view.tensor.permute(order), shape, "permute(" + to_string(order) + ")",
            [&](const Dims& index) {
              Dims from = index;
              for (int i = 0; i < rank; ++i) from[static_cast<int>(order[i])] = index[i];
              return from;
            });
}

inline void transpose_step(Rng& rng, View& view) {
  if (view.plain.shape.rank() == 0) return;
  const int a = draw_axis(rng, view), b = draw_axis(rng, view), rank = view.plain.shape.rank();
  Shape shape = view.plain.shape;
  std::swap(shape[a], shape[b]);
  view.take(view.tensor.transpose(named(rng, a, rank), named(rng, b, rank)), shape,
            "transpose(" + std::to_string(a) + ", " + std::to_string(b) + ")", [&](Dims index) {
              std::swap(index[a], index[b]);
              return index;
            });
}

/// As Python's range(size)[start:stop:step].
inline void slice_step(Rng& rng, View& view) {
  if (view.plain.shape.rank() == 0) return;
  const int axis = draw_axis(rng, view);
  const std::int64_t size = view.plain.shape[axis];
  std::int64_t step = rng.between(1, 3);
  if (rng.once_in(2)) step = -step;
  std::int64_t first = step > 0 ? 0 : size - 1, last = step > 0 ? size : -1;
  std::string text;
  const auto bound = [&](std::int64_t& position) -> Slice::Bound {
    if (rng.once_in(2)) {
      text += "None, ";
      return None;
    }
    const std::int64_t given = rng.between(-size - 2, size + 2);
    position = std::clamp(given < 0 ? given + size : given, step > 0 ? std::int64_t{0} : -1,
                          step > 0 ? size : size - 1);
    text += std::to_string(given) + ", ";
    return given;
  };
  const Slice::Bound start = bound(first), stop = bound(last);
  std::vector<std::int64_t> kept;
  for (std::int64_t i = first; step > 0 ? i < last : i > last; i += step) kept.push_back(i);
  Shape shape = view.plain.shape;
  shape[axis] = static_cast<std::int64_t>(kept.size());
  view.take(view.tensor.slice(named(rng, axis, shape.rank()), {start, stop, step}), shape,
            "slice(" + std::to_string(axis) + ", {" + text + std::to_string(step) + "})",
            [&](Dims index) {
              index[axis] = kept[index[axis]];
              return index;
            });
}

inline void select_step(Rng& rng, View& view) {
  if (view.plain.shape.rank() == 0) return;
  const int axis = draw_axis(rng, view);
  Shape shape = view.plain.shape;
  if (shape[axis] == 0) return;
  const std::int64_t place = rng.below(shape[axis]), size = shape[axis];
  shape.erase(axis);
  view.take(view.tensor.select(named(rng, axis, shape.rank() + 1), place - size * rng.below(2)),
            shape, "select(" + std::to_string(axis) + ", " + std::to_string(place) + ")",
            [&](Dims index) {
              index.insert(axis, place);
              return index;
            });
}

inline void expand_step(Rng& rng, View& view) {
  Shape shape = view.plain.shape;
  for (auto& size : shape) {
    if (size == 1 && rng.once_in(2) && numel(shape) <= 2000) size = rng.below(4);
  }
  if (shape.rank() < 8 && rng.once_in(2)) shape.insert(0, rng.between(1, 2));
  const Shape before = view.plain.shape;
  view.take(view.tensor.expand(shape), shape, "expand(" + to_string(shape) + ")",
            [&](const Dims& index) { return broadcast_index(before, index); });
}

inline void unsqueeze_step(Rng& rng, View& view) {
  Shape shape = view.plain.shape;
  if (shape.rank() == 8) return;
  const int axis = static_cast<int>(rng.below(shape.rank() + 1));
  shape.insert(axis, 1);
  view.take(view.tensor.unsqueeze(named(rng, axis, shape.rank())), shape,
            "unsqueeze(" + std::to_string(axis) + ")", [&](Dims index) {
              index.erase(axis);
              return index;
            });
}

inline void squeeze_step(Rng&, View& view) {
  const Shape before = view.plain.shape;
  Shape shape;
  for (const auto size : before) {
    if (size != 1) shape.push_back(size);
  }
  view.take(view.tensor.squeeze(), shape, "squeeze()", [&](const Dims& index) {
    Dims from;
    int next = 0;
    for (const auto size : before) from.push_back(size == 1 ? 0 : index[next++]);
    return from;
  });
}

inline void flip_step(Rng& rng, View& view) {
  const Shape shape = view.plain.shape;
  if (shape.rank() == 0) return;
  const int axis = draw_axis(rng, view);
  view.take(view.tensor.flip(named(rng, axis, shape.rank())), shape,
            "flip(" + std::to_string(axis) + ")", [&](Dims index) {
              index[axis] = shape[axis] - 1 - index[axis];
              return index;
            });
}

inline void diagonal_step(Rng& rng, View& view) {
  const Shape before = view.plain.shape;
  if (before.rank() < 2) return;
  const Dims order = draw_order(rng, before.rank());
  const int a = static_cast<int>(order[0]), b = static_cast<int>(order[1]);
  const std::int64_t offset = rng.between(-2, 2);
  Shape shape = before;
  shape.erase(std::max(a, b));
  shape.erase(std::min(a, b));
  std::int64_t length = 0;
  for (std::int64_t i = 0; i < before[a]; ++i) length += i + offset >= 0 && i + offset < before[b];
  shape.push_back(length);
  view.take(view.tensor.diagonal(offset, a, b), shape,
            "diagonal(" + std::to_string(offset) + ", " + std::to_string(a) + ", " +
                std::to_string(b) + ")",
            [&](const Dims& index) {
              const std::int64_t i = index[index.rank() - 1] + std::max<std::int64_t>(0, -offset);
              Dims from;
              for (int axis = 0, next = 0; axis < before.rank(); ++axis) {
                from.push_back(axis == a ? i : axis == b ? i + offset : index[next++]);
              }
              return from;
            });
}

inline void unfold_step(Rng& rng, View& view) {
  const Shape before = view.plain.shape;
  if (before.rank() == 0 || before.rank() == 8 || numel(before) > 2000) return;
  const int axis = draw_axis(rng, view);
  if (before[axis] == 0) return;
  const std::int64_t size = rng.between(1, std::min<std::int64_t>(3, before[axis]));
  const std::int64_t step = rng.between(1, 3);
  Shape shape = before;
  shape[axis] = 0;
  for (std::int64_t i = 0; i + size <= before[axis]; i += step) ++shape[axis];
  shape.push_back(size);
  view.take(view.tensor.unfold(named(rng, axis, before.rank()), size, step), shape,
            "unfold(" + std::to_string(axis) + ", " + std::to_string(size) + ", " +
                std::to_string(step) + ")",
            [&](Dims index) {
              const std::int64_t inside = index[before.rank()];
              index.erase(before.rank());
              index[axis] = index[axis] * step + inside;
              return index;
            });
}

inline void reshape_step(Rng& rng, View& view) {
  std::int64_t left = view.plain.values.size();
  Shape shape;
  if (left == 0) shape.push_back(0);
  while (left > 1 && shape.rank() < 6) {
    static constexpr std::int64_t kFactors[] = {1, 2, 3, 6, 17, 33};
    const std::int64_t factor = rng.once_in(4) ? left : rng.pick(kFactors);
    if (left % factor != 0) continue;
    shape.push_back(factor);
    left /= factor;
  }
  if (left > 1) shape.push_back(left);
  Shape given = shape;
  if (left > 0 && given.rank() > 0 && rng.once_in(3)) {
    given[static_cast<int>(rng.below(given.rank()))] = -1;
  }
  view.tensor = view.tensor.reshape(given);
  view.plain.shape = shape;
  view.text += (view.text.empty() ? "reshape(" : ".reshape(") + to_string(given) + ")";
}

inline void views(Rng& rng, Trial& trial) {
  static constexpr Step kSteps[] = {permute_step, transpose_step, slice_step,     slice_step,
                                    select_step,  expand_step,    unsqueeze_step, squeeze_step,
                                    flip_step,    diagonal_step,  unfold_step,    reshape_step};
  const Drawn& x = trial.add(draw(rng, draw_shape(rng), draw_dtype(rng), any_bits));
  View view{x.tensor, x.plain, ""};
  for (std::int64_t steps = rng.between(1, 5); steps > 0; --steps) {
    rng.pick(kSteps)(rng, view);
    trial.args = view.text;
  }
  trial.got = view.tensor;
  trial.expected = view.plain;
}

}  // namespace gradus::testing
