#include "nn/pad_sequence.h"

#include <algorithm>
#include <string>

#include "autograd/ops/cat.h"
#include "autograd/ops/pad.h"
#include "autograd/ops/select.h"
#include "autograd/ops/split.h"

namespace gradus::nn {

Variable pad_sequence(std::span<const Variable> sequences, bool batch_first, double padding_value,
                      std::source_location where) {
  if (sequences.empty()) {
    throw ConfigError("[pad_sequence] sequences: none; expected at least one");
  }
  std::int64_t longest = 0;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    check_defined("pad_sequence", "sequence", sequences[i].value());
    const Shape& first = sequences[0].shape();
    Shape expected = first;
    const bool has_steps = sequences[i].rank() >= 1 && first.rank() >= 1;
    if (has_steps) expected[0] = sequences[i].dim(0);
    if (!has_steps || sequences[i].shape() != expected) {
      std::string rest;
      for (int axis = 1; axis < first.rank(); ++axis) rest += ", " + std::to_string(first[axis]);
      throw ShapeError("[pad_sequence] sequence " + std::to_string(i) + " is " +
                       to_string(sequences[i].shape()) + "; expected [T" + rest + "] like " +
                       to_string(first) + " of sequence 0");
    }
    longest = std::max(longest, sequences[i].dim(0));
  }
  std::vector<Variable> padded;
  for (const Variable& each : sequences) {
    std::vector<std::int64_t> pads(2 * each.rank(), 0);
    pads.back() = longest - each.dim(0);
    padded.push_back(pads.back() == 0 ? each : pad({each, where}, pads, padding_value));
  }
  return stack(padded, batch_first ? 0 : 1, where);
}

std::vector<Variable> unpad_sequence(Operand x, const Tensor& lengths, bool batch_first) {
  check_defined("unpad_sequence", "x", x.value());
  check_defined("unpad_sequence", "lengths", lengths);
  const int of_batch = batch_first ? 0 : 1, rank = x.value().rank();
  const std::int64_t steps = rank < 2 ? 0 : x.value().dim(1 - of_batch);
  bool fits =
      rank >= 2 && lengths.dtype() == kInt64 && lengths.shape() == Shape{x.value().dim(of_batch)};
  std::vector<std::int64_t> all;
  if (fits) all = lengths.to_vector<std::int64_t>();
  for (const std::int64_t n : all) fits = fits && n >= 0 && n <= steps;
  if (!fits) {
    const std::string batch = rank < 2 ? "N" : std::to_string(x.value().dim(of_batch));
    throw ShapeError("[unpad_sequence] lengths: " + std::string(name(lengths.dtype())) + " " +
                     to_string(lengths.shape()) + "; expected int64 [" + batch + "], each in 0.." +
                     std::to_string(steps) + ", for x " + to_string(x.value().shape()));
  }
  std::vector<Variable> parts;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Variable one = select(x, of_batch, static_cast<std::int64_t>(i));
    parts.push_back(narrow({one, x.where}, 0, 0, all[i]));
  }
  return parts;
}

}  // namespace gradus::nn
