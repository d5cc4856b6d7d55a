#include "autograd/ops/recurrent.h"

#include <string>
#include <vector>

#include "autograd/ops/cast.h"
#include "autograd/ops/cat.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/masked_fill.h"
#include "autograd/ops/select.h"
#include "autograd/ops/split.h"
#include "autograd/ops/where.h"
#include "autograd/record_result.h"
#include "tensor/elementwise/greater.h"
#include "tensor/elementwise/less_equal.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"
#include "tensor/recurrent_cells.h"
#include "tensor/reduce.h"

namespace gradus {
namespace {

void check(const Variable& x, const RecurrentOperands& of, const RecurrentSteps& steps,
           std::int64_t state) {
  const auto is = [](const Variable& v, const Shape& shape) {
    return v.defined() && v.shape() == shape;
  };
  for (const auto& [name, v] :
       {std::pair("x", &x), {"h", &of.h}, {"w_ih", &of.w_ih}, {"w_hh", &of.w_hh}}) {
    check_defined("recurrent", name, v->value());
    check_same_device("recurrent", "x", x.value(), name, v->value());
  }
  const std::int64_t gates = gates_of(steps.cell);
  const bool lstm = steps.cell == RecurrentCell::kLstm;
  bool fits = x.rank() == 3 && of.h.rank() == 2 && of.w_ih.rank() == 2;
  if (fits) {
    const std::int64_t hidden = of.w_ih.dim(0) / gates;
    const Shape bias{gates * hidden};
    fits = is(of.h, {x.dim(1), state < 0 ? hidden : state}) &&
           is(of.w_ih, {gates * hidden, x.dim(2)}) && is(of.w_hh, {gates * hidden, of.h.dim(1)}) &&
           of.c.defined() == lstm && (!lstm || is(of.c, {x.dim(1), hidden})) &&
           of.b_ih.defined() == of.b_hh.defined() &&
           (!of.b_ih.defined() || (is(of.b_ih, bias) && is(of.b_hh, bias)));
  }
  if (!fits) {
    const std::string rows = std::to_string(gates) + " H";
    std::string text = "[recurrent] x is " + to_string(x.shape()) + ", h is " +
                       to_string(of.h.shape()) + ", w_ih is " + to_string(of.w_ih.shape()) +
                       ", w_hh is " + to_string(of.w_hh.shape());
    for (const auto& [name, v] : {std::pair("c", &of.c), {"b_ih", &of.b_ih}, {"b_hh", &of.b_hh}}) {
      if (v->defined()) text += std::string(", ") + name + " is " + to_string(v->shape());
    }
    throw ShapeError(text + "; expected x [T, N, I], h [N, H], w_ih [" + rows + ", I], w_hh [" +
                     rows + ", H], " + (lstm ? "c like h, " : "no c, ") + "b_ih and b_hh [" + rows +
                     "] or none");
  }
  for (const Variable* v : {&of.h, &of.c, &of.w_ih, &of.w_hh, &of.b_ih, &of.b_hh}) {
    if (is_floating(x.dtype()) && (!v->defined() || v->dtype() == x.dtype())) continue;
    throw DTypeError("[recurrent] x is " + std::string(name(x.dtype())) + " beside " +
                     std::string(name((v->defined() ? *v : of.h).dtype())) +
                     "; expected one floating dtype");
  }
  const Tensor& lengths = steps.lengths;
  if (!lengths.defined()) return;
  if (lengths.dtype() == kInt64 && lengths.shape() == Shape{x.dim(1)}) {
    bool inside = true;
    for (const auto n : lengths.to_vector<std::int64_t>()) inside &= n >= 1 && n <= x.dim(0);
    if (inside) return;
  }
  throw ShapeError("[recurrent] lengths: " + std::string(name(lengths.dtype())) + " " +
                   to_string(lengths.shape()) + "; expected int64 [" + std::to_string(x.dim(1)) +
                   "], one per sequence, each in 1.." + std::to_string(x.dim(0)));
}

// The lengths, which may be on the CPU, where x is.
RecurrentSteps on_device_of(const Variable& x, RecurrentSteps steps) {
  if (steps.lengths.defined()) steps.lengths = steps.lengths.to(x.value().device());
  return steps;
}

Variable linear_of(const Variable& x, const Variable& w, const Variable& b,
                   const std::source_location& where) {
  return b.defined() ? linear({x, where}, {w, where}, {b, where}) : linear({x, where}, {w, where});
}

// 0 behind the ends: what stands there, NaN too, must not meet the gradients 0 in a product.
Operand without_padding(Operand x, const Tensor& lengths) {
  if (!lengths.defined()) return x;
  const Tensor time = arange(x.value().dim(0)).unsqueeze(-1).to(lengths.device());
  return {masked_fill(x, less_equal(lengths, time).unsqueeze(-1), 0), x.where};
}

struct State {
  Variable h, c;
};

// One step of one batch; from_x [N, G H] and from_h [N, G H] are the parts of a.
State next_state(RecurrentCell cell, const Variable& from_x, const Variable& from_h,
                 const State& now) {
  using V = Variable;
  switch (cell) {
    case RecurrentCell::kTanh:
      return {cells::Tanh::forward<V>(from_x + from_h), {}};
    case RecurrentCell::kRelu:
      return {cells::Relu::forward<V>(from_x + from_h), {}};
    case RecurrentCell::kLstm: {
      const std::vector<V> a = chunk(from_x + from_h, 4, -1);
      const auto y = cells::Lstm::forward<V>(a[0], a[1], a[2], a[3], now.c);
      return {y.h, y.c};
    }
    case RecurrentCell::kGru: {
      const std::vector<V> x = chunk(from_x, 3, -1), h = chunk(from_h, 3, -1);
      return {cells::Gru::forward<V>(x[0] + h[0], x[1] + h[1], x[2], h[2], now.h).h, {}};
    }
  }
  return {};
}

// The outputs of all steps, h_n and, if `with_c`, c_n, as ops::Recurrent has them.
std::vector<Variable> all_steps(const Variable& x, const RecurrentOperands& of,
                                const RecurrentSteps& steps, const Variable& w_hr,
                                const std::source_location& where) {
  const std::int64_t count = x.dim(0);
  std::vector<Variable> y(count);
  State now{of.h, of.c};
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t t = steps.reverse ? count - 1 - i : i;
    const Variable from_x = linear_of(select({x, where}, 0, t), of.w_ih, of.b_ih, where);
    State next = next_state(steps.cell, from_x, linear_of(now.h, of.w_hh, of.b_hh, where), now);
    if (w_hr.defined()) next.h = linear_of(next.h, w_hr, {}, where);
    y[t] = next.h;
    if (steps.lengths.defined()) {
      const Tensor over = less_equal(steps.lengths, t).unsqueeze(-1);
      y[t] = masked_fill({next.h, where}, over, 0);
      next.h = gradus::where({over, where}, now.h, next.h);
      if (next.c.defined()) next.c = gradus::where({over, where}, now.c, next.c);
    }
    now = std::move(next);
  }
  y.push_back(now.h);
  if (now.c.defined()) y.push_back(now.c);
  return y;
}

RecurrentOperands in_dtype(const RecurrentOperands& of, DType dtype) {
  const auto cast = [&](const Variable& v) { return v.defined() ? in_dtype(v, dtype) : v; };
  return {cast(of.h), cast(of.c), cast(of.w_ih), cast(of.w_hh), cast(of.b_ih), cast(of.b_hh)};
}

}  // namespace

RecurrentResult recurrent_by_steps(Operand x, const RecurrentOperands& operands,
                                   const RecurrentSteps& steps, const Variable& w_hr) {
  check(x.variable, operands, steps, w_hr.defined() ? w_hr.dim(0) : -1);
  const RecurrentSteps at = on_device_of(x.variable, steps);
  x = without_padding(std::move(x), at.lengths);
  const std::vector<Variable> y = all_steps(x.variable, operands, at, w_hr, x.where);
  const std::int64_t count = x.variable.dim(0);
  return {stack(std::span(y).first(count), 0, x.where), y[count],
          operands.c.defined() ? y[count + 1] : Variable()};
}

RecurrentResult recurrent(Operand x, const RecurrentOperands& of, const RecurrentSteps& steps) {
  check(x.variable, of, steps, -1);
  ops::Recurrent op{on_device_of(x.variable, steps), of.c.defined(), of.b_ih.defined(), {}, {}};
  x = without_padding(std::move(x), op.steps.lengths);
  if (steps.lengths.defined()) op.steps.lengths = op.steps.lengths.clone();
  std::vector<Variable> inputs{x.variable, of.h, of.w_ih, of.w_hh};
  if (op.has_c) inputs.push_back(of.c);
  if (op.has_bias) inputs.insert(inputs.end(), {of.b_ih, of.b_hh});
  bool keep = false;
  for (const Variable& input : inputs) keep = keep || (grad_enabled() && input.requires_grad());

  const DType given = x.variable.dtype(), dtype = compute_dtype(given);
  const auto plain = [&](const Variable& v) {
    return v.defined() ? v.value().to(dtype).contiguous() : Tensor();
  };
  const std::int64_t count = x.variable.dim(0), batch = x.variable.dim(1);
  const Tensor projected = matmul(x.value().to(dtype).reshape({count * batch, x.variable.dim(2)}),
                                  of.w_ih.value().to(dtype).transpose())
                               .reshape({count, batch, of.w_ih.dim(0)});
  RecurrentForward result = recurrent_forward(projected, plain(of.h), plain(of.c), plain(of.w_hh),
                                              plain(of.b_ih), plain(of.b_hh), op.steps, keep);
  op.gates = result.gates;
  op.kept = result.kept;
  const Operand y(record_many(std::move(op), result.y.to(given), inputs, x.where), x.where);
  return {narrow(y, 0, 0, count), select(y, 0, count),
          of.c.defined() ? select(y, 0, count + 1) : Variable()};
}

void ops::Recurrent::backward(Gradients& d) const {
  const int c_at = 4, b_at = has_c ? 5 : 4;
  const DType given = d.dtype(0), dtype = compute_dtype(given);
  if (grad_enabled()) {
    const RecurrentOperands of =
        in_dtype({d.x(1), has_c ? d.x(c_at) : Variable(), d.x(2), d.x(3),
                  has_bias ? d.x(b_at) : Variable(), has_bias ? d.x(b_at + 1) : Variable()},
                 dtype);
    const Variable x = gradus::in_dtype(d.x(0), dtype);
    return d.resume_at(gradus::in_dtype(
        stack(all_steps(x, of, steps, {}, std::source_location::current())), given));
  }
  const auto plain = [&](const Variable& v) { return v.value().to(dtype).contiguous(); };
  const RecurrentForward forward{plain(d.y()), gates, kept};
  const RecurrentBackward g =
      recurrent_backward(plain(d.dy()), forward, plain(d.x(1)), has_c ? plain(d.x(c_at)) : Tensor(),
                         plain(d.x(3)), steps);
  const std::int64_t rows = d.shape(0)[0] * d.shape(0)[1];
  const Tensor of_x = g.projected.reshape({rows, d.shape(2)[0]});
  const Tensor of_h = g.recurrent.reshape({rows, d.shape(2)[0]});
  const auto set = [&](int i, const Tensor& dx) { d.set(i, dx.reshape(d.shape(i)).to(given)); };
  if (d.needs(0)) set(0, matmul(of_x, d.x(2).value().to(dtype)));
  if (d.needs(1)) set(1, g.h);
  if (d.needs(2)) {
    set(2, matmul(of_x.transpose(), d.x(0).value().to(dtype).reshape({rows, d.shape(0)[2]})));
  }
  if (d.needs(3)) {
    set(3, matmul(of_h.transpose(), g.previous.reshape({rows, d.shape(3)[1]})));
  }
  if (has_c && d.needs(c_at)) set(c_at, g.c);
  if (!has_bias) return;
  const bool apart = !g.recurrent.shares_storage_with(g.projected);
  Tensor of_b;
  if (d.needs(b_at) || (d.needs(b_at + 1) && !apart)) of_b = sum(of_x, 0);
  if (d.needs(b_at)) set(b_at, of_b);
  if (d.needs(b_at + 1)) set(b_at + 1, apart ? sum(of_h, 0) : of_b);
}

}  // namespace gradus
