#pragma once
// Random cases of indexing by lists of items, of gather and of scatter.
#include "tests/tensor/random_operations.h"

namespace gradus::testing {

inline DType index_dtype(Rng& rng) { return rng.once_in(2) ? kInt64 : kInt32; }

/// Positions of an axis, from either end.
inline Values positions_in(std::int64_t size) {
  return [size](Rng& rng, DType) { return Real(size == 0 ? 0 : rng.between(-size, size - 1)); };
}
inline std::int64_t from_start(Real position, std::int64_t size) {
  const auto k = static_cast<std::int64_t>(position);
  return k < 0 ? k + size : k;
}

/// One axis of x[items], as the reference sees it.
struct Choice {
  std::vector<std::int64_t> range;  // positions of a slice
  std::size_t tensor = 0;           // else the operand that is looked up, if not 0,
  int mask_axis = -1;               // and which axis of it, if it is a mask
  bool keeps_axis = true;           // numbers do not
  bool is_new = false;
};

/// A list of items, and for each of them the choices along the axes of x.
struct Items {
  std::vector<IndexItem> list;
  std::vector<Choice> choices;
};

inline Items draw_items(Rng& rng, Trial& trial, bool put) {
  const Shape shape = trial.in[0].plain.shape;
  Items items;
  const Shape common = rng.once_in(4) ? Shape{2, 3} : Shape{rng.below(5)};
  std::optional<std::int64_t> trues;  // how many a mask has; then indices have that size, or 1
  int axis = 0, news = 0;
  const auto whole = [&](std::int64_t size) {
    Choice choice;
    for (std::int64_t i = 0; i < size; ++i) choice.range.push_back(i);
    return choice;
  };
  while (axis < shape.rank()) {
    const std::int64_t size = shape[axis];
    const std::int64_t kind = rng.below(8);
    Choice choice;
    if (kind == 0 && size > 0) {
      const std::int64_t k = rng.between(-size, size - 1);
      choice.range = {from_start(k, size)};
      choice.keeps_axis = false;
      items.list.push_back(k);
      trial.args += std::to_string(k) + ", ";
    } else if (kind <= 2) {
      const std::int64_t step = rng.once_in(2) ? 1 : -2, first = rng.below(size + 1);
      for (std::int64_t i = first; i >= 0 && i < size; i += step) choice.range.push_back(i);
      if (step < 0 && first == size) {  // clamped to the last one
        choice.range.clear();
        for (std::int64_t i = size - 1; i >= 0; i += step) choice.range.push_back(i);
      }
      items.list.push_back(Slice{first, None, step});
      trial.args += std::to_string(first) + "::" + std::to_string(step) + ", ";
    } else if (kind == 3 && news == 0 && shape.rank() < 8) {
      choice.is_new = true;
      choice.range = {0};
      ++news;
      items.list.push_back(None);
      items.choices.push_back(choice);
      trial.args += "None, ";
      continue;
    } else if (kind == 4 && !trues && common.rank() == 1 && !put) {
      const int rank = static_cast<int>(rng.between(1, std::min(2, shape.rank() - axis)));
      Shape own;
      for (int k = 0; k < rank; ++k) own.push_back(shape[axis + k]);
      bool other_sizes = false;  // of indices before
      for (std::size_t k = 1; k < trial.in.size(); ++k) {
        other_sizes |= numel(trial.in[k].plain.shape) != 1;
      }
      if (other_sizes) continue;
      trial.add(draw(rng, own, kBool, small));
      trues = 0;
      for (const Real value : trial.in.back().plain.values) *trues += value != 0;
      for (int k = 0; k < rank; ++k) {
        choice.tensor = trial.in.size() - 1;
        choice.mask_axis = k;
        items.choices.push_back(choice);
      }
      items.list.push_back(trial.in.back().tensor);
      trial.args += "mask, ";
      axis += rank;
      continue;
    } else if (kind == 5) {
      const auto left = static_cast<int>(rng.below(shape.rank() - axis + 1));
      for (int end = axis + left; axis < end; ++axis) items.choices.push_back(whole(shape[axis]));
      items.list.push_back(Ellipsis);
      trial.args += "..., ";
      // The rest is named axis by axis.
      for (; axis < shape.rank(); ++axis) {
        items.choices.push_back(whole(shape[axis]));
        items.list.push_back(Slice{});
        trial.args += ":, ";
      }
      break;
    } else {
      const bool single = rng.once_in(4);
      Shape own = single ? Shape{1} : trues ? Shape{*trues} : common;
      if (size == 0 && numel(own) > 0) continue;
      trial.add(draw(rng, own, index_dtype(rng), positions_in(size)));
      choice.tensor = trial.in.size() - 1;
      items.list.push_back(trial.in.back().tensor);
      trial.args += to_string(own) + ", ";
    }
    items.choices.push_back(choice);
    ++axis;
  }
  for (; axis < shape.rank(); ++axis) items.choices.push_back(whole(shape[axis]));
  return items;
}

/// For each element of x[items] in row-major order the row-major position in x; `y` gets the shape.
inline std::vector<std::int64_t> chosen(const Trial& trial, const Items& items, Shape& y) {
  const Shape& shape = trial.in[0].plain.shape;
  // The positions that each choice looks up, as a plain tensor, and their common shape.
  std::vector<Plain> looked_up(items.choices.size());
  Shape common;
  bool any = false, apart = false, after_gap = false;
  int axis = 0;
  for (std::size_t c = 0; c < items.choices.size(); ++c) {
    const Choice& choice = items.choices[c];
    const int own = choice.is_new ? -1 : axis++;
    if (choice.tensor == 0) {
      after_gap |= any && choice.keeps_axis;
      continue;
    }
    apart |= after_gap;
    any = true;
    const Plain& index = trial.in[choice.tensor].plain;
    Plain& plain = looked_up[c];
    if (choice.mask_axis < 0) {
      plain.shape = index.shape;
      for (const Real k : index.values) plain.values.push_back(from_start(k, shape[own]));
    } else {
      for_each_index(index.shape, [&](const Dims& at) {
        if (index.values[row_major(index.shape, at)] == 0) return;
        plain.values.push_back(at[choice.mask_axis]);
      });
      plain.shape = {static_cast<std::int64_t>(plain.values.size())};
    }
    while (common.rank() < plain.shape.rank()) common.insert(0, 1);
    for (int i = 1; i <= plain.shape.rank(); ++i) {
      auto& size = common[common.rank() - i];
      if (size == 1) size = plain.shape[plain.shape.rank() - i];
    }
  }
  y = Shape{};
  std::vector<int> place(items.choices.size(), -1);  // the axis of y
  int place_of_common = -1;
  const auto put_common = [&] {
    if (place_of_common >= 0) return;
    place_of_common = y.rank();
    for (const auto size : common) y.push_back(size);
  };
  if (apart) put_common();
  for (std::size_t c = 0; c < items.choices.size(); ++c) {
    if (items.choices[c].tensor != 0) {
      put_common();
    } else if (items.choices[c].keeps_axis) {
      place[c] = y.rank();
      y.push_back(static_cast<std::int64_t>(items.choices[c].range.size()));
    }
  }
  std::vector<std::int64_t> found;
  for_each_index(y, [&](const Dims& at) {
    Dims in_common = Dims::filled(common.rank(), 0), from;
    for (int i = 0; i < common.rank(); ++i) in_common[i] = at[place_of_common + i];
    for (std::size_t c = 0; c < items.choices.size(); ++c) {
      const Choice& choice = items.choices[c];
      if (choice.is_new) continue;
      const Plain& index = looked_up[c];
      from.push_back(
          choice.tensor == 0
              ? choice.range[place[c] < 0 ? 0 : at[place[c]]]
              : static_cast<std::int64_t>(
                    index.values[row_major(index.shape, broadcast_index(index.shape, in_common))]));
    }
    found.push_back(row_major(shape, from));
  });
  return found;
}

inline bool has_room(const Shape& shape) { return shape.rank() < 6; }

inline void index_items(Rng& rng, Trial& trial) {
  Shape shape = draw_shape(rng);
  while (!has_room(shape)) shape.erase(0);  // the indices may have more axes than they replace
  trial.add(draw(rng, shape, draw_dtype(rng), any_bits));
  const Items items = draw_items(rng, trial, false);
  trial.expected.dtype = trial.in[0].plain.dtype;
  for (const std::int64_t at : chosen(trial, items, trial.expected.shape)) {
    trial.expected.values.push_back(trial.in[0].plain.values[at]);
  }
  trial.got = trial.in[0].tensor.index(items.list);
}

/// The sum or the last one, as a dtype holds it.
inline Real written(Real before, Real value, DType dtype, bool adds) {
  return adds ? held(before + value, dtype) : value;
}

inline void put_items(Rng& rng, Trial& trial) {
  Shape shape = draw_shape(rng);
  while (!has_room(shape)) shape.erase(0);
  const DType dtype = draw_dtype(rng);
  const bool adds = rng.once_in(2);
  trial.add(draw(rng, shape, dtype, small, false));
  const Items items = draw_items(rng, trial, true);
  Shape chosen_shape;
  const std::vector<std::int64_t> found = chosen(trial, items, chosen_shape);
  const Drawn values = draw(rng, draw_part(rng, chosen_shape), dtype, small);
  trial.args += adds ? "accumulate" : "";
  trial.changes_operand = true;
  const Drawn& x = trial.in[0];
  trial.expected = x.base_plain;
  std::size_t next = 0;
  for_each_index(chosen_shape, [&](const Dims& at) {
    Real& y = trial.expected.values[x.at[found[next++]]];
    const Dims from = broadcast_index(values.plain.shape, at);
    y = written(y, values.plain.values[row_major(values.plain.shape, from)], dtype, adds);
  });
  x.tensor.index_put(items.list, values.tensor, adds);
  trial.got = x.base;
}

/// An index for gather and scatter: as large as x or smaller, along the axis of any size.
inline Shape draw_index_shape(Rng& rng, const Shape& shape, int axis) {
  Shape index = shape;
  for (auto& size : index) size = rng.once_in(3) ? rng.below(size + 1) : size;
  index[axis] = shape[axis] == 0 ? 0 : rng.below(2 * shape[axis] + 1);
  return index;
}

inline void gather_lines(Rng& rng, Trial& trial) {
  const Shape shape = draw_shape(rng, 1);
  const int axis = static_cast<int>(rng.below(shape.rank()));
  trial.add(draw(rng, shape, draw_dtype(rng), any_bits));
  trial.add(
      draw(rng, draw_index_shape(rng, shape, axis), index_dtype(rng), positions_in(shape[axis])));
  trial.args = "axis " + std::to_string(axis);
  const Plain &x = trial.in[0].plain, &index = trial.in[1].plain;
  trial.expected = taken(x, index.shape, [&](Dims at) {
    at[axis] = from_start(index.values[row_major(index.shape, at)], shape[axis]);
    return at;
  });
  trial.got =
      gather(trial.in[0].tensor, rng.once_in(2) ? axis : axis - shape.rank(), trial.in[1].tensor);
}

inline void scatter_lines(Rng& rng, Trial& trial) {
  const Shape shape = draw_shape(rng, 1);
  const int axis = static_cast<int>(rng.below(shape.rank()));
  const DType dtype = draw_dtype(rng);
  const bool adds = rng.once_in(2);
  const Shape of_index = draw_index_shape(rng, shape, axis);
  Shape of_source = of_index;
  for (auto& size : of_source) size += rng.once_in(4);
  trial.add(draw(rng, shape, dtype, small));
  trial.add(draw(rng, of_index, index_dtype(rng), positions_in(shape[axis])));
  trial.add(draw(rng, of_source, dtype, small));
  trial.args = std::string(adds ? "add, axis " : "axis ") + std::to_string(axis);
  const Plain &index = trial.in[1].plain, &source = trial.in[2].plain;
  trial.expected = trial.in[0].plain;
  for_each_index(of_index, [&](const Dims& at) {
    Dims to = at;
    to[axis] = from_start(index.values[row_major(of_index, at)], shape[axis]);
    Real& y = trial.expected.values[row_major(shape, to)];
    y = written(y, source.values[row_major(of_source, at)], dtype, adds);
  });
  const Tensor &x = trial.in[0].tensor, &i = trial.in[1].tensor, &from = trial.in[2].tensor;
  trial.got = adds ? scatter_add(x, axis, i, from) : scatter(x, axis, i, from);
}

inline void add_indexing(std::vector<Operation>& operations) {
  operations.push_back({"index", 8, index_items});
  operations.push_back({"index_put", 6, put_items});
  operations.push_back({"gather", 4, gather_lines});
  operations.push_back({"scatter and scatter_add", 5, scatter_lines});
}

}  // namespace gradus::testing
