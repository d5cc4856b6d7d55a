#include "nn/recurrent_layer.h"

#include <cmath>

#include "autograd/ops/cat.h"
#include "autograd/ops/dropout.h"
#include "autograd/ops/select.h"
#include "autograd/ops/shapes.h"
#include "autograd/ops/transpose.h"
#include "nn/repr.h"
#include "tensor/elementwise/mul.h"
#include "tensor/random.h"

namespace gradus::nn {
namespace {

std::string in_brackets(const char* layer) { return "[" + std::string(layer) + "] "; }

}  // namespace

Tensor recurrent_weight(const Shape& shape, std::int64_t hidden_size, Generator& rng, DType dtype) {
  const double k = 1 / std::sqrt(static_cast<double>(hidden_size));
  return uniform(shape, -k, k, rng, dtype);
}

void check_recurrent_size(const char* layer, const char* name, std::int64_t size) {
  if (size >= 1) return;
  throw ConfigError(in_brackets(layer) + name + ": " + std::to_string(size) + "; expected >= 1");
}

RecurrentLayer::RecurrentLayer(const RecurrentArguments& arguments, Generator& rng)
    : all_(arguments) {
  const RecurrentArguments& a = all_;
  check_recurrent_size(a.layer, "input_size", a.input_size);
  check_recurrent_size(a.layer, "hidden_size", a.hidden_size);
  check_recurrent_size(a.layer, "num_layers", a.num_layers);
  if (!(a.dropout >= 0 && a.dropout <= 1)) {
    throw ConfigError(in_brackets(a.layer) + "dropout: " + to_text(a.dropout) +
                      "; expected a probability in 0..1");
  }
  if (a.proj_size < 0 || a.proj_size >= a.hidden_size) {
    throw ConfigError(in_brackets(a.layer) + "proj_size: " + std::to_string(a.proj_size) +
                      "; expected 0, for none, or less than hidden_size " +
                      std::to_string(a.hidden_size));
  }
  const std::int64_t rows = gates_of(a.cell) * a.hidden_size, output = output_size();
  const int count = a.bidirectional ? 2 : 1;
  const auto weight = [&](const std::string& name, const Shape& shape) {
    return parameter(name, recurrent_weight(shape, a.hidden_size, rng, a.dtype));
  };
  for (std::int64_t layer = 0; layer < a.num_layers; ++layer) {
    for (int d = 0; d < count; ++d) {
      const std::string end = "_l" + std::to_string(layer) + (d == 1 ? "_reverse" : "");
      Direction& made = directions_.emplace_back();
      made.weight_ih =
          weight("weight_ih" + end, {rows, layer == 0 ? a.input_size : count * output});
      made.weight_hh = weight("weight_hh" + end, {rows, output});
      if (a.bias) {
        made.bias_ih = weight("bias_ih" + end, {rows});
        made.bias_hh = weight("bias_hh" + end, {rows});
      }
      if (a.proj_size > 0) made.weight_hr = weight("weight_hr" + end, {output, a.hidden_size});
    }
  }
  if (a.dropout > 0) dropped_ = random_stream("dropout", rng);
}

std::string RecurrentLayer::extra_repr() const {
  const RecurrentArguments& a = all_;
  std::string text = std::to_string(a.input_size) + ", " + std::to_string(a.hidden_size);
  if (a.proj_size > 0) text += ", proj_size=" + std::to_string(a.proj_size);
  if (a.num_layers != 1) text += ", num_layers=" + std::to_string(a.num_layers);
  if (!a.bias) text += ", bias=False";
  if (a.batch_first) text += ", batch_first=True";
  if (a.dropout > 0) text += ", dropout=" + repr(a.dropout);
  if (a.bidirectional) text += ", bidirectional=True";
  return text;
}

RecurrentLayer::Sizes RecurrentLayer::check(const Tensor& x, const Tensor& lengths) const {
  const std::string op = in_brackets(all_.layer);
  check_defined(all_.layer, "x", x);
  const bool batched = x.rank() == 3;
  if ((!batched && x.rank() != 2) || x.dim(-1) != all_.input_size) {
    const std::string in = std::to_string(all_.input_size) + "]";
    throw ShapeError(op + "x is " + to_string(x.shape()) + "; expected " +
                     (all_.batch_first ? "[N, T, " : "[T, N, ") + in + " or [T, " + in);
  }
  const DType dtype = directions_[0].weight_ih.dtype();
  if (x.dtype() != dtype) {
    throw DTypeError(op + "x: " + std::string(name(x.dtype())) + "; expected " +
                     std::string(name(dtype)) + ", the dtype of the weights");
  }
  const int time = batched && all_.batch_first ? 1 : 0;
  const Sizes sizes{batched, x.dim(time), batched ? x.dim(1 - time) : 1};
  if (sizes.steps == 0) {
    throw ShapeError(op + "x is " + to_string(x.shape()) + "; expected at least one step on axis " +
                     std::to_string(time));
  }
  if (!lengths.defined()) return sizes;
  if (!batched) {
    throw ShapeError(op + "lengths: given for x " + to_string(x.shape()) +
                     ", one sequence; expected none");
  }
  if (lengths.dtype() != kInt64) {
    throw DTypeError(op + "lengths: " + std::string(name(lengths.dtype())) + "; expected int64");
  }
  if (lengths.shape() != Shape{sizes.batch}) {
    throw ShapeError(op + "lengths: shape " + to_string(lengths.shape()) + "; expected [" +
                     std::to_string(sizes.batch) + "], one per sequence of x " +
                     to_string(x.shape()));
  }
  const std::vector<std::int64_t> all = lengths.to_vector<std::int64_t>();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] >= 1 && all[i] <= sizes.steps) continue;
    throw ShapeError(op + "lengths: " + std::to_string(all[i]) + " at [" + std::to_string(i) +
                     "]; expected 1.." + std::to_string(sizes.steps) + ", the steps of x " +
                     to_string(x.shape()));
  }
  return sizes;
}

void RecurrentLayer::check_state(const char* argument, const Variable& state, std::int64_t size,
                                 const Tensor& x, const Sizes& sizes) const {
  if (!state.defined()) return;
  const std::string op = in_brackets(all_.layer) + argument;
  Shape expected{static_cast<std::int64_t>(directions_.size()), size};
  if (sizes.batched) expected = {expected[0], sizes.batch, size};
  if (state.shape() != expected) {
    throw ShapeError(op + " is " + to_string(state.shape()) + "; expected " + to_string(expected) +
                     ", [num_layers * directions, " + (sizes.batched ? "N, size]" : "size]") +
                     " for x " + to_string(x.shape()));
  }
  if (state.dtype() != x.dtype()) {
    throw DTypeError(op + ": " + std::string(name(state.dtype())) + "; expected " +
                     std::string(name(x.dtype())) + ", the dtype of x");
  }
}

RecurrentResult RecurrentLayer::run(const Operand& x, const Variable& h_0, const Variable& c_0,
                                    const Tensor& lengths) const {
  const std::source_location line = x.where;
  const Sizes sizes = check(x.value(), lengths);
  check_state("h_0", h_0, output_size(), x.value(), sizes);
  check_state("c_0", c_0, all_.hidden_size, x.value(), sizes);

  const bool swapped = sizes.batched && all_.batch_first;
  Variable y = swapped ? transpose(x, 0, 1) : sizes.batched ? x.variable : unsqueeze(x, 1);
  const auto start = [&](const Variable& given, std::size_t i, std::int64_t size) -> Variable {
    if (!given.defined()) return zeros({sizes.batch, size}, x.variable.dtype(), x.value().device());
    const Variable state = select({given, line}, 0, static_cast<std::int64_t>(i));
    return sizes.batched ? state : unsqueeze({state, line}, 0);
  };
  const bool lstm = all_.cell == RecurrentCell::kLstm;
  std::vector<Variable> h_n, c_n;
  const std::size_t count = all_.bidirectional ? 2 : 1;
  for (std::size_t i = 0; i < directions_.size(); i += count) {
    if (i > 0 && training() && all_.dropout > 0) {
      y = dropout({y, line}, all_.dropout, *dropped_);
    }
    std::vector<Variable> outputs;
    for (std::size_t k = i; k < i + count; ++k) {
      const Direction& at = directions_[k];
      const RecurrentOperands of{start(h_0, k, output_size()),
                                 lstm ? start(c_0, k, all_.hidden_size) : Variable(),
                                 at.weight_ih,
                                 at.weight_hh,
                                 at.bias_ih,
                                 at.bias_hh};
      const RecurrentSteps steps{all_.cell, k != i, lengths};
      RecurrentResult one = at.weight_hr.defined()
                                ? recurrent_by_steps({y, line}, of, steps, at.weight_hr)
                                : recurrent({y, line}, of, steps);
      outputs.push_back(std::move(one.output));
      h_n.push_back(std::move(one.h_n));
      if (lstm) c_n.push_back(std::move(one.c_n));
    }
    y = count == 1 ? outputs[0] : cat(outputs, -1, line);
  }
  if (swapped) y = transpose({y, line}, 0, 1);
  if (!sizes.batched) y = squeeze({y, line}, {1});
  const auto all = [&](const std::vector<Variable>& parts) -> Variable {
    if (parts.empty()) return {};
    const Variable together = stack(parts, 0, line);
    return sizes.batched ? together : squeeze({together, line}, {1});
  };
  return {y, all(h_n), all(c_n)};
}

}  // namespace gradus::nn
