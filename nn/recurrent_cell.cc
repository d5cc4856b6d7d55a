#include "nn/recurrent_cell.h"

#include "autograd/ops/shapes.h"

namespace gradus::nn {

OneStep::OneStep(const char* layer, RecurrentCell cell, std::int64_t input_size,
                 std::int64_t hidden_size, Generator& rng, bool bias, DType dtype)
    : layer_(layer), cell_(cell) {
  check_recurrent_size(layer, "input_size", input_size);
  check_recurrent_size(layer, "hidden_size", hidden_size);
  const std::int64_t rows = gates_of(cell) * hidden_size;
  const auto weight = [&](const char* name, const Shape& shape) {
    return parameter(name, recurrent_weight(shape, hidden_size, rng, dtype));
  };
  weight_ih = weight("weight_ih", {rows, input_size});
  weight_hh = weight("weight_hh", {rows, hidden_size});
  if (!bias) return;
  bias_ih = weight("bias_ih", {rows});
  bias_hh = weight("bias_hh", {rows});
}

std::string OneStep::extra_repr() const {
  std::string text = std::to_string(weight_ih.dim(1)) + ", " + std::to_string(weight_hh.dim(1));
  if (!bias_ih.defined()) text += ", bias=False";
  if (cell_ == RecurrentCell::kRelu) text += ", nonlinearity=relu";
  return text;
}

void OneStep::check_state(const char* argument, const Variable& state, const Tensor& x) const {
  if (!state.defined()) return;
  const std::string op = "[" + std::string(layer_) + "] " + argument;
  const std::int64_t hidden = weight_hh.dim(1);
  const Shape expected = x.rank() == 1 ? Shape{hidden} : Shape{x.dim(0), hidden};
  if (state.shape() != expected) {
    throw ShapeError(op + " is " + to_string(state.shape()) + "; expected " + to_string(expected) +
                     " for x " + to_string(x.shape()));
  }
  if (state.dtype() != x.dtype()) {
    throw DTypeError(op + ": " + std::string(name(state.dtype())) + "; expected " +
                     std::string(name(x.dtype())) + ", the dtype of x");
  }
}

RecurrentResult OneStep::run(const Operand& x, const Variable& h, const Variable& c) const {
  const std::source_location line = x.where;
  const Tensor& value = x.value();
  check_defined(layer_, "x", value);
  const std::string op = "[" + std::string(layer_) + "] x";
  if ((value.rank() != 1 && value.rank() != 2) || value.dim(-1) != weight_ih.dim(1)) {
    const std::string in = std::to_string(weight_ih.dim(1)) + "]";
    throw ShapeError(op + " is " + to_string(value.shape()) + "; expected [N, " + in + " or [" +
                     in);
  }
  if (value.dtype() != weight_ih.dtype()) {
    throw DTypeError(op + ": " + std::string(name(value.dtype())) + "; expected " +
                     std::string(name(weight_ih.dtype())) + ", the dtype of the weights");
  }
  check_state("h", h, value);
  check_state("c", c, value);
  const bool batched = value.rank() == 2;
  const auto rows = [&](const Variable& v) -> Variable {
    if (!v.defined())
      return zeros({batched ? value.dim(0) : 1, weight_hh.dim(1)}, value.dtype(), value.device());
    return batched ? v : unsqueeze({v, line}, 0);
  };
  const bool lstm = cell_ == RecurrentCell::kLstm;
  RecurrentResult next =
      recurrent({unsqueeze(batched ? x : unsqueeze(x, 0), 0), line},
                {rows(h), lstm ? rows(c) : Variable(), weight_ih, weight_hh, bias_ih, bias_hh},
                {.cell = cell_});
  if (!batched) next.h_n = squeeze({next.h_n, line}, {0});
  if (!batched && lstm) next.c_n = squeeze({next.c_n, line}, {0});
  return next;
}

}  // namespace gradus::nn
