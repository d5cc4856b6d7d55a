#pragma once
// Random cases of copies, conversions and of new tensors made from parts of others.
#include "tensor/assemble.h"
#include "tensor/elementwise.h"
#include "tests/tensor/random_moves.h"

namespace gradus::testing {

/// Numbers that every dtype has, but for the fraction.
inline Real in_all_dtypes(Rng& rng, DType dtype) {
  if (dtype == kBool) return rng.below(2);
  return is_floating(dtype) ? static_cast<Real>(rng.below(250)) / 16 : rng.below(100);
}

inline void convert(Rng& rng, Trial& trial) {
  const DType from = draw_dtype(rng), to = draw_dtype(rng);
  const bool wraps = rng.once_in(2), whole = to != kBool && !is_floating(to);
  // What does not fit is refused when checked; floating numbers do not wrap by a rule.
  const bool any = !whole || (wraps && !is_floating(from));
  const Drawn& x =
      trial.add(draw(rng, draw_shape(rng), from, any ? Values(any_bits) : in_all_dtypes));
  trial.args = "to " + std::string(name(to)) + (wraps ? ", wrapping" : "");
  trial.expected = {to, x.plain.shape, x.plain.values};
  trial.got = x.tensor.to(to, wraps ? Cast::kWrap : Cast::kChecked);
}

inline void copy(Rng& rng, Trial& trial) {
  const Drawn& x = trial.add(draw(rng, draw_shape(rng), draw_dtype(rng), any_bits));
  trial.expected = x.plain;
  trial.got = rng.once_in(2) ? x.tensor.clone() : x.tensor.contiguous();
  if (!trial.got.is_contiguous()) throw std::runtime_error("the copy is not contiguous");
}

/// Into a part of a larger tensor, whose other elements stay.
inline void assign(Rng& rng, Trial& trial) {
  const Shape shape = draw_shape(rng);
  const DType from = draw_dtype(rng), to = rng.once_in(2) ? from : draw_dtype(rng);
  trial.add(draw(rng, shape, to, any_bits, false));
  trial.add(draw(rng, draw_part(rng, shape), from,
                 from == to ? Values(any_bits) : Values(in_all_dtypes)));
  trial.changes_operand = true;
  const Drawn &y = trial.in[0], &x = trial.in[1];
  trial.expected = y.base_plain;
  std::size_t next = 0;
  for_each_index(shape, [&](const Dims& index) {
    const Dims at = broadcast_index(x.plain.shape, index);
    trial.expected.values[y.at[next++]] = x.plain.values[row_major(x.plain.shape, at)];
  });
  y.tensor.copy_from(x.tensor);
  trial.got = y.base;
}

/// cond ? a : b.
inline void choice(Rng& rng, Trial& trial) {
  const Shape shape = draw_shape(rng);
  const Drawn condition = draw(rng, draw_part(rng, shape), kBool, small);
  const DType first = draw_dtype(rng), second = rng.once_in(2) ? first : draw_dtype(rng);
  trial.add(draw(rng, draw_part(rng, shape), first, special));
  trial.add(draw(rng, draw_part(rng, shape), second, special));
  const DType dtype = common_dtype(trial.in);
  trial.in.insert(trial.in.begin(), condition);
  trial.expected = mapped(trial.in, dtype, [](const auto& x) { return x[0] != 0 ? x[1] : x[2]; });
  trial.got = where(trial.in[0].tensor, trial.in[1].tensor, trial.in[2].tensor);
}

inline std::vector<Tensor> tensors_of(const std::vector<Drawn>& operands) {
  std::vector<Tensor> tensors;
  for (const Drawn& x : operands) tensors.push_back(x.tensor);
  return tensors;
}

inline DType joined_dtype(const std::vector<Drawn>& operands) {
  DType dtype = operands[0].plain.dtype;
  for (const Drawn& x : operands) dtype = higher(dtype, x.plain.dtype);
  return dtype;
}

inline void join(Rng& rng, Trial& trial) {
  Shape shape = draw_shape(rng, 1);
  const int axis = static_cast<int>(rng.below(shape.rank()));
  const DType first = draw_dtype(rng);
  const bool mixed = rng.once_in(2);
  const std::int64_t count = rng.between(1, 4);
  std::vector<std::pair<std::size_t, std::int64_t>> places;  // which operand, where there
  for (std::int64_t k = 0; k < count; ++k) {
    if (rng.once_in(2)) shape[axis] = rng.below(4);
    trial.add(draw(rng, shape, mixed ? draw_dtype(rng) : first, special));
    for (std::int64_t i = 0; i < shape[axis]; ++i) places.push_back({k, i});
  }
  trial.args = "axis " + std::to_string(axis);
  shape[axis] = static_cast<std::int64_t>(places.size());
  trial.expected = {joined_dtype(trial.in), shape, {}};
  for_each_index(shape, [&](Dims index) {
    const auto [k, i] = places[index[axis]];
    const Plain& x = trial.in[k].plain;
    index[axis] = i;
    trial.expected.values.push_back(x.values[row_major(x.shape, index)]);
  });
  trial.got = cat(tensors_of(trial.in), named(rng, axis, shape.rank()));
}

inline void pile(Rng& rng, Trial& trial) {
  Shape shape = draw_shape(rng);
  if (shape.rank() == 8) shape.erase(0);
  const DType first = draw_dtype(rng);
  const bool mixed = rng.once_in(2);
  const std::int64_t count = rng.between(1, 4);
  for (std::int64_t k = 0; k < count; ++k) {
    trial.add(draw(rng, shape, mixed ? draw_dtype(rng) : first, special));
  }
  const int axis = static_cast<int>(rng.below(shape.rank() + 1));
  trial.args = "axis " + std::to_string(axis);
  shape.insert(axis, count);
  trial.expected = {joined_dtype(trial.in), shape, {}};
  for_each_index(shape, [&](Dims index) {
    const Plain& x = trial.in[index[axis]].plain;
    index.erase(axis);
    trial.expected.values.push_back(x.values[row_major(x.shape, index)]);
  });
  trial.got = stack(tensors_of(trial.in), named(rng, axis, shape.rank()));
}

inline void rows(Rng& rng, Trial& trial) {
  Shape shape = draw_shape(rng, 1);
  const std::int64_t size = shape[0];
  const std::int64_t count = size == 0 ? 0 : rng.below(6);
  trial.add(draw(rng, shape, draw_dtype(rng), any_bits));
  trial.add(draw(rng, {count}, kInt64,
                 [&](Rng& r, DType) { return Real(size == 0 ? 0 : r.between(-size, size - 1)); }));
  const Plain &x = trial.in[0].plain, &index = trial.in[1].plain;
  shape[0] = count;
  trial.expected = taken(x, shape, [&](Dims at) {
    const auto row = static_cast<std::int64_t>(index.values[at[0]]);
    at[0] = row < 0 ? row + size : row;
    return at;
  });
  trial.got = index_select(trial.in[0].tensor, 0, trial.in[1].tensor);
}

inline void mask(Rng& rng, Trial& trial) {
  const Shape shape = draw_shape(rng);
  trial.add(draw(rng, shape, draw_dtype(rng), any_bits));
  trial.add(draw(rng, draw_part(rng, shape), kBool, small));
  trial.expected = mapped(trial.in, trial.in[0].plain.dtype,
                          [](const auto& x) { return x[1] != 0 ? Real{3} : x[0]; });
  trial.got = masked_fill(trial.in[0].tensor, trial.in[1].tensor, 3);
}

inline void roll_lines(Rng& rng, Trial& trial) {
  const Shape shape = draw_shape(rng, 1);
  const int axis = static_cast<int>(rng.below(shape.rank()));
  const std::int64_t shift = rng.between(-40, 40), size = shape[axis];
  const Drawn& x = trial.add(draw(rng, shape, draw_dtype(rng), any_bits));
  trial.args = "shift " + std::to_string(shift) + ", axis " + std::to_string(axis);
  trial.expected = taken(x.plain, shape, [&](Dims index) {
    index[axis] = ((index[axis] - shift) % size + size) % size;
    return index;
  });
  trial.got = roll(x.tensor, {shift}, {axis});
}

inline void triangle(Rng& rng, Trial& trial) {
  const Shape shape = draw_shape(rng, 2);
  const std::int64_t k = rng.between(-4, 4);
  const bool lower = rng.once_in(2);
  const Drawn& x = trial.add(draw(rng, shape, draw_dtype(rng), any_bits));
  trial.args = (lower ? "lower, k " : "upper, k ") + std::to_string(k);
  trial.expected = x.plain;
  for_each_index(shape, [&](const Dims& index) {
    const std::int64_t right = index[index.rank() - 1] - index[index.rank() - 2];
    if (lower ? right > k : right < k) trial.expected.values[row_major(shape, index)] = 0;
  });
  trial.got = lower ? tril(x.tensor, k) : triu(x.tensor, k);
}

inline void add_moves(std::vector<Operation>& operations) {
  operations.push_back({"views", 16, views});
  operations.push_back({"to", 12, convert});
  operations.push_back({"clone and contiguous", 4, copy});
  operations.push_back({"copy_from", 6, assign});
  operations.push_back({"where", 4, choice});
  operations.push_back({"cat", 4, join});
  operations.push_back({"stack", 4, pile});
  operations.push_back({"index_select", 3, rows});
  operations.push_back({"masked_fill", 2, mask});
  operations.push_back({"roll", 2, roll_lines});
  operations.push_back({"tril and triu", 2, triangle});
}

}  // namespace gradus::testing
