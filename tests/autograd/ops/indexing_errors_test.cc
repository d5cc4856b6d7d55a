// Errors of indexing and its kin on variables, with whole texts; and what they keep for backward.
#include <gtest/gtest.h>

#include <functional>

#include "autograd/ops/broadcast.h"
#include "autograd/ops/diag.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/index.h"
#include "autograd/ops/index_select.h"
#include "autograd/ops/masked_fill.h"
#include "autograd/ops/pad_mode.h"
#include "autograd/ops/repeat_interleave.h"
#include "autograd/ops/sum.h"
#include "autograd/ops/take.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"

namespace gradus::testing {
namespace {

Variable grid() { return parameter(zeros({2, 3})); }
const Tensor kHigh = tensor({0, 3}, kInt64), kTwo = tensor({0, 1}, kInt64);

TEST(VariableIndexErrors, OfReads) {
  const Variable x = grid();
  expect_throws_text<IndexError>(
      [&] {
        x.index({0, 3});
      },
      "[index] items[1]: 3; expected -3..2 for axis 1 of shape [2, 3]");
  expect_throws_text<DTypeError>([&] { x.index({ones({1})}); },
                                 "[index] items[0]: float32; expected int64, int32 or bool");
  expect_throws_text<ShapeError>(
      [&] { x.index({zeros({3}, kBool)}); },
      "[index] items[0]: mask of shape [3]; expected the sizes that x of shape [2, 3] has there, "
      "axis by axis");
  expect_throws_text<IndexError>(
      [&] { index_select(x, 1, kHigh); },
      "[index_select] index: 3 at [1]; expected -3..2 for axis 1 of shape [2, 3]");
  expect_throws_text<IndexError>(
      [&] { index_select(x, 2, kTwo); },
      "[index_select] axis: 2; expected -2..1 for a tensor of shape [2, 3]");
  expect_throws_text<ShapeError>(
      [&] {
        gather(x, 0, zeros({2, 4}, kInt64));
      },
      "[gather] index: shape [2, 4]; expected as many axes as x of shape [2, 3], none but axis 0 "
      "longer than there");
  expect_throws_text<IndexError>(
      [&] {
        gather(x, 1, kHigh.reshape({2, 1}));
      },
      "[gather] index: 3 at [1, 0]; expected -3..2 for axis 1 of shape [2, 3]");
  expect_throws_text<ShapeError>(
      [&] { take_along_axis(x, kTwo, 0); },
      "[take_along_axis] index: shape [2]; expected as many axes as x of shape [2, 3]");
  expect_throws_text<IndexError>([&] { take(x, tensor({6}, kInt64)); },
                                 "[take] index: 6 at [0]; expected -6..5 for axis 0 of shape [6]");
  expect_throws_text<DTypeError>(
      [&] { masked_select(x, x.value()); },
      "[masked_select] mask: float32; expected bool, the result of a comparison");
  expect_throws_text<ShapeError>(
      [&] { masked_select(x, zeros({2}, kBool)); },
      "[masked_select] x is [2, 3] and mask is [2]: sizes 3 and 2 of axis -1 differ; expected "
      "equal sizes, or 1 (use reshape to line axes up)");
}

TEST(VariableIndexErrors, OfWrites) {
  const Variable x = grid();
  expect_throws_text<ShapeError>(
      [&] { index_put(x, {0}, parameter(zeros({2}))); },
      "[index_put] x at the items is [3] and value is [2]: sizes 3 and 2 of axis -1 differ; "
      "expected equal sizes, or 1 (use reshape to line axes up)");
  expect_throws_text<ShapeError>(
      [&] {
        index_put(x, {0}, parameter(zeros({2, 3})));
      },
      "[index_put] value: shape [2, 3]; expected one that broadcasts to [3], the shape of x at the "
      "items");
  expect_throws_text<IndexError>(
      [&] { index_put(x, {-3}, 1); },
      "[index_put] items[0]: -3; expected -2..1 for axis 0 of shape [2, 3]");
  expect_throws_text<ShapeError>(
      [&] {
        index_add(x, 0, kTwo, parameter(zeros({2, 2})));
      },
      "[index_add] source: shape [2, 2]; expected [2, 3]");
  expect_throws_text<DTypeError>(
      [&] {
        index_add(x, 0, kTwo, parameter(zeros({2, 3}, kFloat64)));
      },
      "[index_add] source: float64; expected float32, the dtype of x");
  expect_throws_text<IndexError>(
      [&] { index_fill(x, 1, kHigh, 1); },
      "[index_fill] index: 3 at [1]; expected -3..2 for axis 1 of shape [2, 3]");
  expect_throws_text<DTypeError>(
      [&] {
        scatter(x, 0, zeros({1, 1}, kInt64), parameter(zeros({1, 1}, kFloat64)));
      },
      "[scatter] source: float64; expected float32, the dtype of x");
  expect_throws_text<ShapeError>(
      [&] {
        scatter_add(x, 0, zeros({2, 2}, kInt64), parameter(zeros({1, 2})));
      },
      "[scatter_add] source: shape [1, 2]; expected a number, or at least [2, 2], the shape of "
      "index");
}

TEST(VariableIndexErrors, OfAssembling) {
  const Variable x = grid();
  expect_throws_text<ShapeError>(
      [&] {
        pad(x, {3, 0}, PadMode::kReflect);
      },
      "[pad] pads: 3 for axis 1 of shape [2, 3]; expected more elements there for mode reflect");
  expect_throws_text<ShapeError>(
      [&] { pad(x, {1}, PadMode::kCircular); },
      "[pad] pads: [1]; expected two numbers for each of the last axes for shape [2, 3]");
  expect_throws_text<ConfigError>([&] { repeat_interleave(x, -1, 0); },
                                  "[repeat_interleave] repeats: -1; expected numbers >= 0");
  expect_throws_text<IndexError>(
      [&] { repeat_interleave(x, 2, 2); },
      "[repeat_interleave] axis: 2; expected -2..1 for a tensor of shape [2, 3]");
  expect_throws_text<ShapeError>([&] { repeat_interleave(x, tensor({1}, kInt64), 0); },
                                 "[repeat_interleave] repeats: shape [1]; expected [2]");
  expect_throws_text<DTypeError>([&] { repeat_interleave(x, zeros({2}), 0); },
                                 "[repeat_interleave] repeats: float32; expected whole numbers");
  expect_throws_text<ShapeError>(
      [&] {
        meshgrid({parameter(zeros({2})), x});
      },
      "[meshgrid] tensors[1]: shape [2, 3]; expected [n] or []");
  expect_throws_text<ConfigError>([&] { meshgrid(std::span<const Variable>()); },
                                  "[meshgrid] tensors: none; expected at least one");
  expect_throws_text<ShapeError>(
      [&] {
        broadcast_tensors({x, parameter(zeros({2}))});
      },
      "[broadcast_tensors] the shape before is [2, 3] and one of tensors is [2]: sizes 3 and 2 of "
      "axis -1 differ; expected equal sizes, or 1 (use reshape to line axes up)");
  expect_throws_text<ConfigError>([&] { broadcast_tensors(std::span<const Variable>()); },
                                  "[broadcast_tensors] tensors: none; expected at least one");
  expect_throws_text<ShapeError>([&] { diag(sum(x)); },
                                 "[diag] x: shape []; expected one or two axes");
}

TEST(VariableIndexErrors, OfUndefinedOperands) {
  const Variable none, x = grid();
  const Tensor no_tensor{};
  const std::vector<std::pair<std::string, std::function<void()>>> calls = {
      {"[index] x", [&] { none.index({0}); }},
      {"[index] items", [&] { x.index({no_tensor}); }},
      {"[index_put] x", [&] { index_put(none, {0}, 1); }},
      {"[index_put] value", [&] { index_put(x, {0}, none); }},
      {"[index_fill] x", [&] { index_fill(none, 0, kTwo, 1); }},
      {"[index_add] source", [&] { index_add(x, 0, kTwo, none); }},
      {"[gather] x", [&] { gather(none, 0, kTwo); }},
      {"[gather] index", [&] { gather(x, 0, no_tensor); }},
      {"[scatter] x", [&] { scatter(none, 0, kTwo, 1); }},
      {"[scatter] source", [&] { scatter(x, 0, kTwo.unsqueeze(0), none); }},
      {"[scatter_add] index", [&] { scatter_add(x, 0, no_tensor, 1); }},
      {"[take] x", [&] { take(none, kTwo); }},
      {"[take] index", [&] { take(x, no_tensor); }},
      {"[take_along_axis] x", [&] { take_along_axis(none, kTwo, 0); }},
      {"[masked_select] x", [&] { masked_select(none, ones({2}, kBool)); }},
      {"[masked_select] mask", [&] { masked_select(x, no_tensor); }},
      {"[pad] x",
       [&] {
         pad(none, {1, 1}, PadMode::kReflect);
       }},
      {"[repeat_interleave] x", [&] { repeat_interleave(none, 2, 0); }},
      {"[repeat_interleave] repeats", [&] { repeat_interleave(x, no_tensor, 0); }},
      {"[diag] x", [&] { diag(none); }},
      {"[meshgrid] tensors", [&] { meshgrid({none}); }},
      {"[broadcast_tensors] tensors",
       [&] {
         broadcast_tensors({x, none});
       }},
  };
  for (const auto& [start, call] : calls) {
    expect_throws_text<Error>(
        call,
        start + ": undefined tensor; expected one with elements; was it default constructed?");
  }
}

// Indices and masks that were changed between forward and backward.
TEST(VariableIndexErrors, OfChangedIndices) {
  const Tensor index = tensor({{0, 1}, {1, 0}}, kInt64), line = tensor({1, 0}, kInt64);
  const Tensor mask = tensor({1, 0}, kBool), repeats = tensor({1, 2}, kInt64);
  const Variable x = parameter(zeros({2, 2})), s = parameter(ones({2, 2}));
  struct Case {
    const char* name;
    Tensor changed;
    std::function<Variable()> f;
  };
  const std::vector<Case> cases = {
      {"index", line,
       [&] {
         return x.index({0, line});
       }},
      {"index", mask, [&] { return x.index({mask}); }},
      {"put_index", line,
       [&] {
         return put_index(s, {3, 2}, {line});
       }},
      {"index_put", line, [&] { return index_put(x, {line}, s); }},
      {"index_put", mask, [&] { return index_put(x, {mask}, s.index({0}), true); }},
      {"index_select", line, [&] { return index_select(x, 0, line); }},
      {"index_add", line, [&] { return index_add(x, 0, line, s); }},
      {"index_fill", line, [&] { return index_fill(x, 0, line, 2); }},
      {"gather", index, [&] { return gather(x, 0, index); }},
      {"take_along_axis", index, [&] { return take_along_axis(x, index, 0); }},
      {"scatter", index, [&] { return scatter(x, 0, index, s); }},
      {"scatter_add", index, [&] { return scatter_add(x, 0, index, s); }},
      {"take", index, [&] { return take(x, index); }},
      {"masked_select", mask, [&] { return masked_select(x, mask); }},
      {"masked_fill", mask, [&] { return masked_fill(x, mask, 2); }},
      {"repeat_interleave", repeats, [&] { return repeat_interleave(x, repeats, 0); }},
  };
  for (const Case& c : cases) {
    const Variable loss = sum(c.f());
    ASSERT_TRUE(tape_has(loss, c.name)) << c.name;
    c.changed.copy_from(c.changed.clone());
    try {
      loss.backward();
      ADD_FAILURE() << c.name << ": the change was not noticed";
    } catch (const AutogradError& error) {
      const std::string text = error.what(), start = "[backward] " + std::string(c.name);
      EXPECT_TRUE(text.starts_with(start + " recorded at ")) << text;
      EXPECT_NE(text.find(": a saved tensor was changed in place at "), std::string::npos) << text;
    }
  }
}

// index_add of a source that is a constant reads no index.
TEST(VariableIndexErrors, NoneWhereBackwardReadsNoIndex) {
  const Tensor line = tensor({1, 0}, kInt64);
  const Variable x = parameter(zeros({2, 2}));
  const Variable loss = sum(index_add(x, 0, line, ones({2, 2})));
  line.fill(0);
  EXPECT_NO_THROW(loss.backward());
}

TEST(VariableIndex, OfWholeNumbersIsNotRecorded) {
  const Variable x = parameter(ones({2})), whole = tensor({1, 2}, kInt64);
  EXPECT_FALSE(whole.index({kTwo}).requires_grad());
  EXPECT_FALSE(index_put(whole, {kTwo}, x).requires_grad());
}

TEST(VariableIndex, GradientsArriveInTheDtypeOfTheirInput) {
  const Variable x = parameter(zeros({3})), value = parameter(ones({2}, kFloat64));
  sum(index_put(x, {kTwo}, value)).backward();
  EXPECT_EQ(x.grad().dtype(), kFloat32);
  EXPECT_EQ(value.grad().dtype(), kFloat64);
  EXPECT_EQ(x.grad().value().to_vector(), (std::vector<double>{0, 0, 1}));
  EXPECT_EQ(value.grad().value().to_vector(), (std::vector<double>{1, 1}));
}

TEST(VariableIndex, LeavesItsOperandsAlone) {
  const Variable x = parameter(zeros({3}));
  for (const Variable& y :
       {index_put(x, {0}, 1), scatter(x, 0, kTwo, 1), index_fill(x, 0, kTwo, 1)}) {
    EXPECT_FALSE(y.value().shares_storage_with(x.value()));
    EXPECT_EQ(y.value().at({0}), 1);
  }
  EXPECT_EQ(x.value().to_vector(), (std::vector<double>{0, 0, 0}));
  EXPECT_TRUE(x.index({Slice{1}}).value().shares_storage_with(x.value()));
}

}  // namespace
}  // namespace gradus::testing
