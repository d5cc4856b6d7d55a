#include "autograd/ops/recurrent.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <functional>

#include "autograd/ops/cat.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reshape.h"
#include "autograd/ops/select.h"
#include "autograd/ops/slice.h"
#include "autograd/ops/sum.h"
#include "autograd/ops/transpose.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/relu.h"
#include "tensor/elementwise/sigmoid.h"
#include "tensor/elementwise/sub.h"
#include "tensor/elementwise/tanh.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"

namespace gradus {
namespace {

using testing::expect_close;
using testing::expect_gradients;
using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::gap_parameter;

constexpr RecurrentCell kCells[] = {RecurrentCell::kTanh, RecurrentCell::kRelu,
                                    RecurrentCell::kLstm, RecurrentCell::kGru};

struct Sizes {
  std::int64_t steps, batch, in, hidden;
};

// x, h, w_ih, w_hh, b_ih, b_hh and, for an LSTM, c.
std::vector<Variable> operands(RecurrentCell cell, const Sizes& s) {
  const std::int64_t rows = gates_of(cell) * s.hidden;
  std::vector<Variable> all = {gap_parameter({s.steps, s.batch, s.in}, -1, 1, 1),
                               gap_parameter({s.batch, s.hidden}, -1, 1, 2),
                               gap_parameter({rows, s.in}, -1, 1, 3),
                               gap_parameter({rows, s.hidden}, -0.4, 0.4, 4),
                               gap_parameter({rows}, -1, 1, 5),
                               gap_parameter({rows}, -1, 1, 6)};
  if (cell == RecurrentCell::kLstm) all.push_back(gap_parameter({s.batch, s.hidden}, -1, 1, 7));
  return all;
}

RecurrentOperands as_operands(std::span<const Variable> in) {
  return {in[1], in.size() > 6 ? in[6] : Variable(), in[2], in[3], in[4], in[5]};
}

// All results as one.
Variable joined(const RecurrentResult& y) {
  std::vector<Variable> parts = {y.output, unsqueeze(y.h_n, 0)};
  if (y.c_n.defined()) parts.push_back(unsqueeze(y.c_n, 0));
  return cat(parts, 0);
}

// The equations once more, sequence by sequence and step by step.
Variable by_hand(RecurrentCell cell, bool reverse, const std::vector<std::int64_t>& lengths,
                 std::span<const Variable> in) {
  const std::int64_t steps = in[0].dim(0), hidden = in[3].dim(1);
  const auto part = [&](const Variable& v, int k) {
    return slice(v, -1, {k * hidden, (k + 1) * hidden});
  };
  std::vector<Variable> sequences;
  for (std::int64_t n = 0; n < in[0].dim(1); ++n) {
    std::vector<Variable> y(steps, Variable(zeros({hidden}, in[0].dtype())));
    Variable h = select(in[1], 0, n), c = in.size() > 6 ? select(in[6], 0, n) : Variable();
    for (std::int64_t i = 0; i < lengths[n]; ++i) {
      const std::int64_t t = reverse ? lengths[n] - 1 - i : i;
      const Variable x = matmul(in[2], select(select(in[0], 0, t), 0, n)) + in[4];
      const Variable r = matmul(in[3], h) + in[5];
      if (cell == RecurrentCell::kTanh) h = tanh(x + r);
      if (cell == RecurrentCell::kRelu) h = relu(x + r);
      if (cell == RecurrentCell::kLstm) {
        c = sigmoid(part(x + r, 1)) * c + sigmoid(part(x + r, 0)) * tanh(part(x + r, 2));
        h = sigmoid(part(x + r, 3)) * tanh(c);
      }
      if (cell == RecurrentCell::kGru) {
        const Variable z = sigmoid(part(x, 1) + part(r, 1));
        const Variable of_h = sigmoid(part(x, 0) + part(r, 0)) * part(r, 2);
        h = (1 - z) * tanh(part(x, 2) + of_h) + z * h;
      }
      y[t] = h;
    }
    y.push_back(h);
    if (c.defined()) y.push_back(c);
    sequences.push_back(stack(y, 0));
  }
  return stack(sequences, 1);
}

TEST(Recurrent, GradientsAgreeWithDifferences) {
  for (const RecurrentCell cell : kCells) {
    for (const bool reverse : {false, true}) {
      const Tensor lengths = reverse ? tensor({2, 3}, kInt64) : Tensor();
      expect_gradients(
          "recurrent",
          [&](auto in) {
            return joined(recurrent(in[0], as_operands(in), {cell, reverse, lengths}));
          },
          operands(cell, {3, 2, 2, 2}));
    }
  }
}

// Each operand alone needs a gradient, as when the others are frozen.
TEST(Recurrent, GivesEachOperandItsGradientAlone) {
  for (const RecurrentCell cell : kCells) {
    const std::vector<Variable> in = operands(cell, {3, 2, 2, 2});
    const auto loss = [&](const std::vector<Variable>& of) {
      const Variable y = joined(recurrent(of[0], as_operands(of), {cell, false, {}}));
      return sum(y * y);
    };
    const Variable whole = loss(in);
    const auto all = grad(std::span(&whole, 1), in);
    for (std::size_t i = 0; i < in.size(); ++i) {
      std::vector<Variable> frozen;
      for (const Variable& x : in) frozen.push_back(x.detach());
      frozen[i] = parameter(in[i].value());
      const Variable one = loss(frozen);
      expect_same_bits(grad(one, frozen[i]).value(), all[i].value(), std::to_string(i));
    }
  }
}

// Sizes that fill vectors and that do not, few and many sequences, few and all steps.
TEST(Recurrent, IsTheEquationsStepByStep) {
  for (const RecurrentCell cell : kCells) {
    for (const Sizes& s : {Sizes{5, 3, 4, 18}, Sizes{4, 18, 3, 32}, Sizes{1, 1, 1, 1}}) {
      for (const bool reverse : {false, true}) {
        const std::vector<Variable> in = operands(cell, s);
        std::vector<std::int64_t> lengths(s.batch, s.steps);
        RecurrentSteps steps{cell, reverse, {}};
        if (s.batch == 3) lengths = {2, 5, 1}, steps.lengths = tensor({2, 5, 1}, kInt64);
        const Variable y = joined(recurrent(in[0], as_operands(in), steps));
        const Variable expected = by_hand(cell, reverse, lengths, in);
        // Sums of a few products of numbers of size 1 in another order, through 5 steps.
        expect_close(y.value(), expected.value(), 1e-12, 1e-13);
        const Variable steps_alone = joined(recurrent_by_steps(in[0], as_operands(in), steps));
        expect_close(steps_alone.value(), expected.value(), 1e-12, 1e-13);
        const Variable dy = gap_parameter(y.shape(), -1, 1, 9).detach();
        const auto got = grad(std::span(&y, 1), in, std::span(&dy, 1));
        const auto wanted = grad(std::span(&expected, 1), in, std::span(&dy, 1));
        for (std::size_t i = 0; i < in.size(); ++i) {
          expect_close(got[i].value(), wanted[i].value(), 1e-12, 1e-12);
        }
      }
    }
  }
}

TEST(Recurrent, LeavesOutWhatNobodyNeeds) {
  std::vector<Variable> in = operands(RecurrentCell::kLstm, {3, 2, 2, 2});
  const RecurrentSteps steps{RecurrentCell::kLstm};
  const Variable y = joined(recurrent(in[0], as_operands(in), steps));
  for (const Variable& each : in) Variable(each).set_requires_grad(false);
  const Variable constant = joined(recurrent(in[0], as_operands(in), steps));
  EXPECT_FALSE(constant.requires_grad());
  expect_same_bits(constant.value(), y.value());
  RecurrentOperands some = as_operands(in);
  some.w_hh = parameter(in[3].value());
  some.b_ih = some.b_hh = {};
  const Variable alone = joined(recurrent(in[0], some, steps));
  some.b_ih = some.b_hh = zeros({8}, kFloat64);
  const Variable beside = joined(recurrent(in[0], some, steps));
  expect_same_bits(grad(sum(alone), some.w_hh).value(), grad(sum(beside), some.w_hh).value());
}

TEST(Recurrent, KeepsLengthsOfItsOwn) {
  const std::vector<Variable> in = operands(RecurrentCell::kGru, {3, 2, 2, 2});
  const Tensor lengths = tensor({1, 2}, kInt64);
  const Variable y =
      joined(recurrent(in[0], as_operands(in), {RecurrentCell::kGru, true, lengths}));
  const Variable loss = sum(y);
  const Tensor before = grad(std::span(&loss, 1), in, {}, {.retain_graph = true})[0].value();
  lengths.fill(3);
  expect_same_bits(grad(loss, in[0]).value(), before);
}

TEST(Recurrent, HalfTypesAreComputedInFloat32) {
  for (const RecurrentCell cell : kCells) {
    std::vector<Variable> half, single;
    for (const Variable& v : operands(cell, {4, 2, 3, 5})) {
      half.push_back(parameter(v.value().to(kBFloat16)));
      single.push_back(parameter(half.back().value().to(kFloat32)));
    }
    const auto y = joined(recurrent(half[0], as_operands(half), {cell}));
    const auto exact = joined(recurrent(single[0], as_operands(single), {cell}));
    EXPECT_EQ(y.dtype(), kBFloat16);
    expect_same_bits(y.value(), exact.value().to(kBFloat16));
    const Variable dw = grad(sum(y), half[3]), expected = grad(sum(exact), single[3]);
    EXPECT_EQ(dw.dtype(), kBFloat16);
    // Backward reads the outputs, which were rounded to 8 bits.
    expect_close(dw.value(), expected.value().to(kBFloat16), 0.02, 0.02);
  }
}

TEST(Recurrent, ManyStepsNeedNoMoreStack) {
  const auto run = [](void*) -> void* {
    const std::vector<Variable> in = operands(RecurrentCell::kLstm, {2000, 1, 1, 1});
    const Variable y = recurrent(in[0], as_operands(in), {RecurrentCell::kLstm}).output;
    const Variable dx = grad(sum(y), in[0], {.create_graph = true});
    const Variable again = grad(sum(dx * dx), in[3]);
    EXPECT_EQ(again.shape(), (Shape{4, 1}));
    return nullptr;
  };
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 256 << 10);
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, &small, run, nullptr), 0);
  pthread_join(thread, nullptr);
}

TEST(Recurrent, BadOperandsAreNamed) {
  const Tensor x = zeros({5, 2, 3}), h = zeros({2, 4}), w = zeros({4, 3}), u = zeros({4, 4});
  const RecurrentSteps steps{RecurrentCell::kTanh};
  expect_throws_text<ShapeError>(
      [&] {
        recurrent(x, {h, {}, zeros({4, 2}), u, {}, {}}, steps);
      },
      "[recurrent] x is [5, 2, 3], h is [2, 4], w_ih is [4, 2], w_hh is [4, 4]; expected x [T, N, "
      "I], h [N, H], w_ih [1 H, I], w_hh [1 H, H], no c, b_ih and b_hh [1 H] or none");
  expect_throws_text<ShapeError>(
      [&] {
        recurrent(x, {h, {}, zeros({16, 3}), zeros({16, 4}), {}, {}}, {RecurrentCell::kLstm});
      },
      "[recurrent] x is [5, 2, 3], h is [2, 4], w_ih is [16, 3], w_hh is [16, 4]; expected x [T, "
      "N, I], h [N, H], w_ih [4 H, I], w_hh [4 H, H], c like h, b_ih and b_hh [4 H] or none");
  expect_throws_text<ShapeError>(
      [&] {
        recurrent(x, {h, {}, w, u, {}, {}}, {RecurrentCell::kTanh, false, zeros({3}, kInt64)});
      },
      "[recurrent] lengths: int64 [3]; expected int64 [2], one per sequence, each in 1..5");
  expect_throws_text<DTypeError>(
      [&] {
        recurrent(x, {h, {}, w, u.to(kFloat64), {}, {}}, steps);
      },
      "[recurrent] x is float32 beside float64; expected one floating dtype");
  EXPECT_THROW(recurrent(x, {{}, {}, w, u, {}, {}}, steps), Error);
}

}  // namespace
}  // namespace gradus
