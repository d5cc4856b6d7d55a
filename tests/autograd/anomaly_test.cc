// The first NaN or infinity is an error that names the line which made it.
#include "autograd/anomaly.h"

#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops_all.h"
#include "autograd/print_tape.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

std::string here(int line) { return std::string(__FILE__) + ":" + std::to_string(line); }

TEST(Anomaly, InForwardNamesLineResultAndOperands) {
  const Variable x = named(parameter(tensor({{2, -1}, {0, 3}})), "x");
  const AnomalyGuard guard;
  const int line = __LINE__ + 2;
  expect_throws_text<AutogradError>(
      [&] { log(x); },
      "[anomaly] log recorded at " + here(line) +
          ": result f32[2,2] has 1 NaN, 1 Inf, first at [0, 1]; expected finite numbers; "
          "input 0: f32[2,2] \"x\", -1 to 3, no NaN, no Inf");
}

TEST(Anomaly, InForwardIsNamedWhereItBegins) {
  const Variable a = parameter(tensor({1, 2})), b = parameter(tensor({1, 0}));
  const AnomalyGuard guard;
  const int line = __LINE__ + 2;
  expect_throws_text<AutogradError>(
      [&] { sum(exp(a / b - 1)); },
      "[anomaly] div recorded at " + here(line) +
          ": result f32[2] has 1 Inf, first at [1]; expected finite numbers; "
          "input 0: f32[2], 1 to 2, no NaN, no Inf; input 1: f32[2], 0 to 1, no NaN, no Inf");
}

TEST(Anomaly, OfAnOperandIsShownAsItsOwn) {
  const Variable x = parameter(tensor({std::nan(""), 2, 1}));
  const AnomalyGuard guard;
  const int line = __LINE__ + 2;
  expect_throws_text<AutogradError>(
      [&] { square(x); }, "[anomaly] square recorded at " + here(line) +
                              ": result f32[3] has 1 NaN, first at [0]; expected finite numbers; "
                              "input 0: f32[3], 1 to 2, 1 NaN, no Inf");
}

TEST(Anomaly, InBackwardNamesTheLineOfForward) {
  const Variable x = named(parameter(tensor({0, 4})), "x");
  const Variable y = sqrt(x);
  const int line = __LINE__ - 1;
  const Variable loss = sum(y);
  const AnomalyGuard guard;
  expect_throws_text<AutogradError>(
      [&] { loss.backward(); },
      "[backward] sqrt recorded at " + here(line) +
          ": [anomaly] gradient of input 0, f32[2], has 1 Inf, first at [0]; expected finite "
          "numbers; gradient of the result: f32[2], 1 to 1, no NaN, no Inf; result: f32[2], 0 to "
          "2, no NaN, no Inf; input 0: f32[2] \"x\", 0 to 4, no NaN, no Inf");
  EXPECT_FALSE(x.grad().defined());
}

TEST(Anomaly, OfElementsThatAreGoneShowsTheirShape) {
  Variable y;
  const Variable x = parameter(tensor({0, 4}));
  int line = 0;
  {
    const Variable shifted = x - 0.0;
    y = pow(shifted * 1.0, 0.5);
    line = __LINE__ - 1;
    y = y + 0.0;
  }
  const AnomalyGuard guard;
  try {
    sum(y).backward();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const AutogradError& error) {
    EXPECT_NE(std::string(error.what()).find("[backward] pow recorded at " + here(line)),
              std::string::npos)
        << error.what();
  }
}

TEST(Anomaly, InASeedIsFoundAtTheFirstStep) {
  const Variable x = parameter(tensor({1, 4}));
  const Variable y = x * 2;
  const int line = __LINE__ - 1;
  const AnomalyGuard guard;
  expect_throws_text<AutogradError>(
      [&] {
        y.backward(tensor({1, std::nan("")}));
      },
      "[backward] mul recorded at " + here(line) +
          ": [anomaly] gradient of the result, f32[2], has 1 NaN, first at [1]; expected finite "
          "numbers; gradient of the result: f32[2], 1 to 1, 1 NaN, no Inf; result: f32[2], 2 to 8, "
          "no NaN, no Inf; input 0: f32[2], 1 to 4, no NaN, no Inf; input 1: i64[], 2 to 2, no "
          "NaN, no Inf");
}

TEST(Anomaly, OfASecondDerivativeNamesTheLineOfForward) {
  const Variable x = parameter(tensor({0, 4}));
  const Variable y = sum(pow(x, 1.5));  // x^-1/2 in the second derivative
  const int line = __LINE__ - 1;
  const Variable dx = grad(y, x, {.create_graph = true});
  const AnomalyGuard guard;
  try {
    grad(sum(dx), x);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const AutogradError& error) {
    EXPECT_NE(std::string(error.what()).find("recorded at " + here(line)), std::string::npos)
        << error.what();
  }
}

TEST(Anomaly, InfinitiesThatAreOnlyPassedOnAreNone) {
  const Variable x = parameter(tensor({1, 2, 3}));
  const Variable mask = tensor({0, -INFINITY, 0});
  const AnomalyGuard guard;
  const Variable scores = x + mask;
  const Variable p = exp(scores - max(scores)) / sum(exp(scores - max(scores)));
  sum(p * tensor({1, 2, 3})).backward();
  EXPECT_TRUE(std::isfinite(x.grad().value().at({0})));
}

TEST(Anomaly, IsLookedForOnlyWhileAGuardLivesAndOnlyOnTheTape) {
  const Variable x = parameter(tensor({-1}));
  log(x);
  {
    const AnomalyGuard guard;
    const NoGradGuard no_grad;
    log(x);
    log(x.detach());
  }
  log(x);
  {
    const AnomalyGuard outer;
    { const AnomalyGuard inner; }
    EXPECT_THROW(log(x), AutogradError);
  }
  EXPECT_EQ(TapeWatch::current(), nullptr);
}

TEST(Anomaly, AnErrorLeavesTheGraphUsable) {
  const Variable x = parameter(tensor({0, 4}));
  const Variable loss = sum(sqrt(x));
  {
    const AnomalyGuard guard;
    EXPECT_THROW(loss.backward({.retain_graph = true}), AutogradError);
  }
  loss.backward();
  EXPECT_EQ(x.grad().value().at({1}), 0.25);
}

}  // namespace
}  // namespace gradus::testing
