#include <gtest/gtest.h>

#include <cmath>

#include "autograd/node.h"
#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"

namespace gradus::testing {
namespace {

std::vector<double> list(const Variable& x) { return x.value().to_vector(); }
using Values = std::vector<double>;

// An operation that hands one gradient to both inputs.
struct PlainAdd {
  static constexpr const char* kName = "plain_add";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Tensor forward(const Tensor& a, const Tensor& b) const { return a + b; }
  void backward(Gradients& d) const {
    d.set(0, d.dy());
    d.set(1, d.dy());
  }
};
Variable plain_add(Operand a, Operand b) { return record(PlainAdd{}, a, b); }

TEST(Backward, AddsToTheGradientsOfLeaves) {
  const Variable x = parameter(tensor({1, 2})), w = parameter(tensor({3, 4}));
  sum(x * w).backward();
  EXPECT_EQ(list(x.grad()), (Values{3, 4}));
  sum(x * 2).backward();
  EXPECT_EQ(list(x.grad()), (Values{5, 6}));
  EXPECT_EQ(list(w.grad()), (Values{1, 2}));
  x.zero_grad();
  EXPECT_FALSE(x.grad().defined());
  sum(x * w).backward();
  EXPECT_EQ(list(x.grad()), (Values{3, 4}));
  EXPECT_EQ(list(w.grad()), (Values{2, 4}));
}

TEST(Backward, OfADiamondAddsBothWays) {
  const Variable x = parameter(Tensor(3.0));
  const Variable a = x * x, b = a + x, c = a * b;  // x^4 + x^3
  c.backward();
  EXPECT_EQ(x.grad().item(), 4 * 27 + 3 * 9);
}

TEST(Backward, RunsEachNodeOnceHoweverManyPathsThereAre) {
  Variable x = parameter(Tensor(1.0)), y = x;
  for (int i = 0; i < 60; ++i) y = y + y;  // 2^60 paths
  y.backward();
  EXPECT_EQ(x.grad().item(), 0x1p60);
}

TEST(Backward, FromALeafGivesTheSeed) {
  const Variable x = parameter(Tensor(2.0));
  x.backward();
  EXPECT_EQ(x.grad().item(), 1);
  const Variable v = parameter(tensor({1, 2}));
  v.backward(Variable(tensor({5, 7})));
  EXPECT_EQ(list(v.grad()), (Values{5, 7}));
}

TEST(Backward, TakesASeedForOutputsOfAnyShape) {
  const Variable x = parameter(tensor({{1, 2}, {3, 4}}));
  square(x).backward(Variable(tensor({{1, 0}, {0, 10}})));
  EXPECT_EQ(list(x.grad()), (Values{2, 0, 0, 80}));
  // Of another dtype it is converted.
  x.zero_grad();
  square(x).backward(Variable(ones({2, 2}, kFloat64)));
  EXPECT_EQ(x.grad().dtype(), kFloat32);
}

TEST(Backward, OfAFreedGraphSaysWhichLineIsGone) {
  const Variable x = parameter(tensor({1, 2}));
  const Variable y = tanh(x), z = sum(y);
  const int line = __LINE__ - 1;
  z.backward();
  const auto text = [&](const std::string& op) {
    return "[backward] " + op + " recorded at " + __FILE__ + ":" + std::to_string(line) +
           ": its tape was freed by an earlier backward; expected one backward per tape; pass "
           "retain_graph for more";
  };
  expect_throws_text<AutogradError>([&] { z.backward(); }, text("sum"));
  expect_throws_text<AutogradError>([&] { sum(y * 2).backward(); }, text("tanh"));
  // Values that a user holds stay.
  EXPECT_NEAR(y.value().at({0}), std::tanh(1), 1e-6);
}

TEST(Backward, RunsAgainWithRetainGraph) {
  const Variable x = parameter(tensor({1, 2}));
  const Variable y = sum(exp(x) * x);
  y.backward({.retain_graph = true});
  const Tensor once = x.grad().value().clone();
  y.backward({.retain_graph = true});
  y.backward();
  expect_close(x.grad().value(), once * 3, 1e-6, 0);
  EXPECT_THROW(y.backward(), AutogradError);
}

TEST(Backward, RejectsWhatHasNoGradient) {
  const Variable x = parameter(tensor({1, 2})), constant = tensor({1, 2});
  const std::string nothing =
      "[backward] output: nothing it was computed from requires a gradient; expected a parameter "
      "among its inputs; was it made under NoGradGuard or detached?";
  expect_throws_text<AutogradError>([&] { sum(constant).backward(); }, nothing);
  expect_throws_text<AutogradError>([&] { sum(x.detach()).backward(); }, nothing);
  expect_throws_text<AutogradError>([&] { sum(x > 0).backward(); }, nothing);
  expect_throws_text<AutogradError>([&] { (x * 2).backward(); },
                                    "[backward] output: shape [2]; expected one element, or a seed "
                                    "of that shape");
  expect_throws_text<AutogradError>([&] { (x * 2).backward(Variable(ones({3}))); },
                                    "[backward] seed: shape [3]; expected [2], that of the output");
  expect_throws_text<Error>([&] { Variable().backward(); },
                            "[backward] output: undefined tensor; expected one with elements; was "
                            "it default constructed?");
}

TEST(Backward, StoredGradientsShareMemoryWithNothing) {
  const Variable a = parameter(tensor({1, 2})), b = parameter(tensor({3, 4}));
  const Variable seed = tensor({1, 1});
  plain_add(a, b).backward(seed);
  a.grad().value().fill(9);
  EXPECT_EQ(list(b.grad()), (Values{1, 1}));
  EXPECT_EQ(list(seed), (Values{1, 1}));
  b.backward(seed);  // the second gradient, added to the first
  b.grad().value().fill(8);
  EXPECT_EQ(list(seed), (Values{1, 1}));

  const Variable leaf = parameter(tensor({5, 6}));
  leaf.backward(seed);
  seed.value().fill(7);
  EXPECT_EQ(list(leaf.grad()), (Values{1, 1}));

  // Gradients that are views of others: of expand, reshape, transpose.
  const Variable m = parameter(ones({2, 3})), n = parameter(ones({3, 2}));
  sum(plain_add(transpose(m), n)).backward();
  m.grad().value().fill(5);
  EXPECT_EQ(list(n.grad()), Values(6, 1));
  n.grad().value().slice(0, {0, 1}).fill(4);
  EXPECT_EQ(list(n.grad()), (Values{4, 4, 1, 1, 1, 1}));
}

TEST(Backward, GradientsHaveTheDTypeOfTheLeaf) {
  const Variable w = parameter(tensor({1, 2}));
  const Variable c = tensor({0.1, 0.2}, kFloat64);
  const Variable y = sum(w * c);
  EXPECT_EQ(y.dtype(), kFloat64);
  y.backward();
  EXPECT_EQ(w.grad().dtype(), kFloat32);
  EXPECT_EQ(list(w.grad()), (Values{static_cast<double>(0.1f), static_cast<double>(0.2f)}));
}

TEST(Backward, SumsOverBroadcastAxesInTheShapeOfTheLeaf) {
  const Variable x = parameter(ones({4, 3})), b = parameter(ones({3})), s = parameter(Tensor(2.f));
  sum(x * s + b).backward();
  EXPECT_EQ(b.grad().shape(), (Shape{3}));
  EXPECT_EQ(list(b.grad()), (Values{4, 4, 4}));
  EXPECT_EQ(s.grad().shape(), (Shape{}));
  EXPECT_EQ(s.grad().item(), 12);
}

TEST(Backward, OfEmptyTensorsGivesEmptyGradients) {
  const Variable x = parameter(zeros({0, 3})), b = parameter(ones({3}));
  sum(x + b).backward();
  EXPECT_EQ(x.grad().shape(), (Shape{0, 3}));
  EXPECT_EQ(list(b.grad()), (Values{0, 0, 0}));
}

TEST(Grad, LeavesStoredGradientsAlone) {
  const Variable x = parameter(tensor({1, 2})), w = parameter(tensor({3, 4}));
  x.set_grad(Variable(tensor({7, 7})));
  const Variable y = sum(square(x) * w);
  EXPECT_EQ(list(grad(y, x)), (Values{6, 16}));
  EXPECT_EQ(list(x.grad()), (Values{7, 7}));
  EXPECT_FALSE(w.grad().defined());
}

TEST(Grad, OfSeveralOutputsAddsThemWithTheirSeeds) {
  const Variable x = parameter(tensor({1, 2})), w = parameter(Tensor(3.f));
  const std::vector<Variable> y = {x * w, sum(x)}, in = {w, x, w};
  const std::vector<Variable> seeds = {Variable(tensor({1, 10})), Variable(Tensor(100.f))};
  const auto g = grad(y, in, seeds);
  EXPECT_EQ(g[0].item(), 21);
  EXPECT_EQ(list(g[1]), (Values{103, 130}));
  EXPECT_EQ(g[2].item(), 21);  // the same input twice
}

TEST(Grad, GoesToResultsInTheMiddleToo) {
  const Variable x = parameter(Tensor(2.0)), y = square(x), z = y * y * x;
  const std::vector<Variable> in = {y, x};
  const auto g = grad(std::span(&z, 1), in);
  EXPECT_EQ(g[0].item(), 2 * 4 * 2);           // 2 y x
  EXPECT_EQ(g[1].item(), 16 + 2 * 4 * 2 * 4);  // y^2 + dz/dy 2x
}

TEST(Grad, OfAnUnusedInputIsZeroOnlyWhenAsked) {
  const Variable x = parameter(tensor({1, 2})), unused = parameter(ones({2, 2}, kFloat64));
  const std::vector<Variable> in = {x, unused};
  const Variable y = sum(x);
  expect_throws_text<AutogradError>([&] { grad(std::span(&y, 1), in, {}, {.retain_graph = true}); },
                                    "[grad] input 1: no output depends on it; expected one that "
                                    "does; pass allow_unused to get zeros");
  const auto g = grad(std::span(&y, 1), in, {}, {}, true);
  EXPECT_EQ(g[1].shape(), (Shape{2, 2}));
  EXPECT_EQ(g[1].dtype(), kFloat64);
  EXPECT_EQ(list(g[1]), Values(4, 0));
}

TEST(Grad, RejectsTheWrongNumberOfSeeds) {
  const Variable x = parameter(tensor({1, 2})), y = sum(x);
  const std::vector<Variable> seeds(2, Variable(Tensor(1.0)));
  expect_throws_text<AutogradError>([&] { grad(std::span(&y, 1), std::span(&x, 1), seeds); },
                                    "[grad] seeds: 2; expected 1, one per output, or none");
}

TEST(Grad, NamesTheOutputThatDoesNotFit) {
  const Variable x = parameter(tensor({1, 2}));
  const std::vector<Variable> outputs = {sum(x), x * 2}, constant = {sum(x), tensor({1})};
  const std::vector<Variable> undefined = {Variable()};
  expect_throws_text<AutogradError>([&] { grad(outputs, std::span(&x, 1)); },
                                    "[grad] output 1: shape [2]; expected one element, or a seed "
                                    "of that shape");
  const std::vector<Variable> seeds = {Variable(Tensor(1.0)), Variable(ones({3}))};
  expect_throws_text<AutogradError>([&] { grad(outputs, std::span(&x, 1), seeds); },
                                    "[grad] seed 1: shape [3]; expected [2], that of the output");
  expect_throws_text<AutogradError>(
      [&] { grad(constant, std::span(&x, 1)); },
      "[grad] output 1: nothing it was computed from requires a gradient; expected a parameter "
      "among its inputs; was it made under NoGradGuard or detached?");
  expect_throws_text<Error>([&] { grad(undefined, std::span(&x, 1)); },
                            "[grad] output: undefined tensor; expected one with elements; was it "
                            "default constructed?");
  expect_throws_text<Error>([&] { grad(sum(x), Variable()); },
                            "[grad] input: undefined tensor; expected one with elements; was it "
                            "default constructed?");
  // None of them has used up the tape.
  EXPECT_EQ(list(grad(outputs[0], x)), (Values{1, 1}));
}

TEST(CreateGraph, GivesDerivativesOfAnyOrder) {
  const Variable x = parameter(Tensor(0.7));
  Variable y = sin(x) * exp(x);
  // The n-th derivative of e^x sin x is 2^(n/2) e^x sin(x + n pi / 4).
  for (int n = 1; n <= 5; ++n) {
    y = grad(y, x, {.create_graph = true});
    const double expected = std::pow(2, n / 2.0) * std::exp(0.7) * std::sin(0.7 + n * M_PI / 4);
    EXPECT_NEAR(y.item(), expected, 1e-12) << "derivative " << n;
  }
}

TEST(CreateGraph, BackwardOfAGradientReachesTheLeaves) {
  const Variable x = parameter(Tensor(3.0)), w = parameter(Tensor(2.0));
  const Variable g = grad(w * x * x * x, x, {.create_graph = true});  // 3 w x^2
  square(g).backward();                                               // 9 w^2 x^4
  EXPECT_EQ(w.grad().item(), 18 * 2 * 81);
  EXPECT_EQ(x.grad().item(), 36 * 4 * 27);
}

TEST(GradMode, GuardsNestAndEndWithTheirBlock) {
  const Variable x = parameter(Tensor(2.0));
  EXPECT_TRUE(grad_enabled());
  {
    const NoGradGuard off;
    EXPECT_FALSE((x * x).requires_grad());
    {
      const EnableGradGuard on;
      EXPECT_TRUE((x * x).requires_grad());
      const NoGradGuard off_again;
      EXPECT_FALSE(grad_enabled());
    }
    EXPECT_FALSE(grad_enabled());
  }
  EXPECT_TRUE((x * x).requires_grad());
  const NoGradGuard off;
  const Variable y = x * 3;
  EXPECT_TRUE(y.is_leaf());
  EXPECT_EQ(y.item(), 6);
}

TEST(GradMode, BackwardWorksUnderNoGrad) {
  const Variable x = parameter(Tensor(2.0)), y = x * x;
  const NoGradGuard off;
  y.backward();
  EXPECT_EQ(x.grad().item(), 4);
  EXPECT_FALSE(x.grad().requires_grad());
}

TEST(Detach, SharesTheElementsAndCutsTheTape) {
  const Variable x = parameter(Tensor(2.0)), y = x * x, z = y.detach();
  EXPECT_TRUE(z.value().shares_storage_with(y.value()));
  EXPECT_FALSE(z.requires_grad());
  (x * z).backward();
  EXPECT_EQ(x.grad().item(), 4);
}

TEST(RequiresGrad, IsForFloatingLeavesOnly) {
  for (DType dtype : {kBool, kInt64}) {
    expect_throws_text<DTypeError>([&] { parameter(ones({2}, dtype)); },
                                   "[requires_grad] x: " + std::string(name(dtype)) +
                                       "; expected a floating dtype, only these have gradients");
  }
  const Variable x = parameter(Tensor(2.0));
  Variable y = x * x;
  expect_throws_text<AutogradError>(
      [&] { y.set_requires_grad(false); },
      "[requires_grad] x: the result of mul; expected a leaf; use detach() first");
  Variable off = x;
  off.set_requires_grad(false);
  EXPECT_FALSE((x * 2).requires_grad());  // handles are the same variable
}

TEST(RequiresGrad, IntegerResultsAreConstants) {
  const Variable x = parameter(tensor({2.7, 3.2}, kFloat64));
  EXPECT_FALSE(cast(x, kInt64).requires_grad());
  const Variable y = cast(cast(x, kInt64), kFloat64) * x;  // [2, 3] are constants
  sum(y).backward();
  EXPECT_EQ(x.grad().value().to_vector(), (std::vector<double>{2, 3}));
}

TEST(RequiresGrad, TurnedOnAfterUseGivesTheWholeGradient) {
  const Variable w = parameter(tensor({2})), v = parameter(tensor({5}));
  Variable x(tensor({1}));
  const Variable z = sum(x * w + x * v);
  x.set_requires_grad(true);
  EXPECT_EQ(grad(z, x).item(), 7);
}

TEST(Backward, ThatFailsChangesNoGradient) {
  const Variable p = parameter(tensor({3}));
  const Variable a = square(p);
  sum(a).backward();  // frees the tape below a
  p.zero_grad();
  const Variable q = parameter(tensor({4}));
  EXPECT_THROW(sum(a * q).backward(), AutogradError);
  EXPECT_FALSE(q.grad().defined());
  EXPECT_FALSE(p.grad().defined());
}

TEST(Grad, OfAConstantInputIsAnErrorThatNamesIt) {
  const Variable x = parameter(tensor({1})), c(tensor({1}));
  const std::vector<Variable> outputs = {sum(x * c)}, inputs = {x, c};
  expect_throws_text<AutogradError>(
      [&] { grad(outputs, inputs); },
      "[grad] input 1: requires no gradient; expected a parameter or a result of one");
}

TEST(Values, OfTemporariesLiveOn) {
  const Tensor& y = (Variable(tensor({1, 2})) + 1).value();
  EXPECT_EQ(y.to_vector(), (std::vector<double>{2, 3}));
}

TEST(Linear, AndMeanSquaredErrorTakeTheirShapesOnly) {
  const Variable x = ones({3, 2}), w = ones({4, 2}), b = ones({4});
  EXPECT_EQ(linear(x, w, b).shape(), (Shape{3, 4}));
  EXPECT_EQ(linear(ones({2}), w, b).shape(), (Shape{4}));
  expect_throws_text<ShapeError>([&] { linear(ones({3}), w, b); },
                                 "[linear] x is [3], w is [4, 2] and b is [4]; expected x [..., "
                                 "in], w [out, in], b [out]");
  EXPECT_THROW(linear(x, ones({2, 4}), b), ShapeError);
  EXPECT_THROW(linear(x, w, ones({3, 1})), ShapeError);
  expect_throws_text<ShapeError>(
      [] {
        mean_squared_error(ones({2, 1}), ones({2}), 1);
      },
      "[mean_squared_error] a is [2, 1] and b is [2]; expected equal shapes");
}

TEST(SetGrad, ChecksShapeAndDType) {
  const Variable x = parameter(tensor({1, 2}));
  expect_throws_text<ShapeError>([&] { x.set_grad(Variable(ones({3}))); },
                                 "[set_grad] grad: shape [3]; expected [2], that of the variable");
  expect_throws_text<DTypeError>(
      [&] { x.set_grad(Variable(ones({2}, kFloat64))); },
      "[set_grad] grad: float64; expected float32, that of the variable");
}

}  // namespace
}  // namespace gradus::testing
