// gradcheck finds the mistakes that people make, and says what they look like.
#include "autograd/gradcheck.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"

namespace gradus::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Inputs = std::span<const Variable>;

// y = x^2 with a backward of 2 x dy, times a factor.
struct ScaledSquare {
  static constexpr const char* kName = "scaled_square";
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  double factor;

  Tensor forward(const Tensor& x) const { return square(x); }
  void backward(Gradients& d) const { d.set(0, 2 * factor * d.x(0) * d.dy()); }
};

// y = sum of x repeated three times, whose backward forgets the repetition.
struct RepeatedSum {
  static constexpr const char* kName = "repeated_sum";
  static constexpr bool kReadsInputs = false, kReadsResult = false;

  Tensor forward(const Tensor& x) const { return sum(x) * 3; }
  void backward(Gradients& d) const { d.set(0, expand(d.dy(), d.shape(0))); }
};

// y = x^3, whose backward is right but not differentiable again.
struct OnceOnly {
  static constexpr const char* kName = "once_only";
  static constexpr bool kReadsInputs = true, kReadsResult = false;

  Tensor forward(const Tensor& x) const { return square(x) * x; }
  void backward(Gradients& d) const { d.set(0, 3 * square(d.x(0).detach()) * d.dy()); }
};

std::string text_of(const GradcheckReport& report) {
  EXPECT_FALSE(report.ok);
  return report.text;
}

GradcheckReport check_factor(double factor) {
  const std::vector<Variable> x = {Variable(ones({2}, kFloat64)),
                                   parameter(tensor({1, 3}, kFloat64))};
  return gradcheck([=](Inputs v) { return record(ScaledSquare{factor}, Operand(v[1])); }, x);
}

TEST(Gradcheck, AcceptsTheRightGradientAndCountsWhatItCompared) {
  const GradcheckReport report = check_factor(1);
  EXPECT_TRUE(report.ok) << report.text;
  EXPECT_EQ(report.text, "");
  EXPECT_EQ(report.checked, 4);  // two outputs by two elements of the one parameter
}

TEST(Gradcheck, NamesTheWorstCoordinateAndTheCause) {
  EXPECT_THAT(text_of(check_factor(-1)),
              AllOf(StartsWith("input 1 at [1], output at [1]: analytic -6, numeric "),
                    EndsWith(" (the sign is wrong)")));
  EXPECT_THAT(text_of(check_factor(2)),
              AllOf(StartsWith("input 1 at [1], output at [1]: analytic 12, numeric "),
                    EndsWith(" (twice the numeric one: a factor 2, or counted twice)")));
  EXPECT_THAT(text_of(check_factor(0.5)),
              EndsWith(" (half the numeric one: a factor 2 is missing)"));
  EXPECT_THAT(text_of(check_factor(0)),
              EndsWith(" (zero for all of this input: detached, or its gradient is not set)"));
  EXPECT_THAT(text_of(check_factor(1.3)),
              EndsWith(" (all are 1.3 times the numeric ones: a constant factor)"));
}

TEST(Gradcheck, GuessesAMissingSum) {
  const std::vector<Variable> x = {parameter(tensor({1, 2}, kFloat64))};
  const auto report = gradcheck([](Inputs v) { return record(RepeatedSum{}, Operand(v[0])); }, x);
  EXPECT_THAT(text_of(report),
              EndsWith(" (numeric is 3 times larger: a missing sum over a broadcast axis?)"));
}

// y = a + b, b broadcast over the rows of a; backward takes the first row instead of the sum.
struct FirstRowOnly {
  static constexpr const char* kName = "first_row_only";
  static constexpr bool kReadsInputs = false, kReadsResult = false;

  Tensor forward(const Tensor& a, const Tensor& b) const { return a + b; }
  void backward(Gradients& d) const {
    d.set(0, d.dy());
    d.set(1, reshape(slice(d.dy(), 0, {0, 1}), d.shape(1)));
  }
};

// y = a b of square matrices, whose backward forgets to transpose the result for b.
struct ForgetsToTranspose {
  static constexpr const char* kName = "forgets_to_transpose";
  static constexpr bool kReadsInputs = true, kReadsResult = false;

  Tensor forward(const Tensor& a, const Tensor& b) const { return matmul(a, b); }
  void backward(Gradients& d) const {
    d.set(0, matmul(d.dy(), transpose(d.x(1))));
    d.set(1, transpose(matmul(transpose(d.x(0)), d.dy())));
  }
};

// y = x^2 + sin x, whose backward has a term only.
struct MissesATerm {
  static constexpr const char* kName = "misses_a_term";
  static constexpr bool kReadsInputs = true, kReadsResult = false;

  Tensor forward(const Tensor& x) const { return square(x) + sin(x); }
  void backward(Gradients& d) const { d.set(0, 2 * d.x(0) * d.dy()); }
};

TEST(Gradcheck, SeesThatOnlyOneCopyOfABroadcastOperandCounts) {
  const std::vector<Variable> x = {gap_parameter({3, 2}, -1, 1, 1), gap_parameter({2}, -1, 1, 2)};
  const auto report =
      gradcheck([](Inputs v) { return record(FirstRowOnly{}, Operand(v[0]), Operand(v[1])); }, x);
  EXPECT_THAT(text_of(report),
              AllOf(StartsWith("input 1 at ["),
                    EndsWith(" (right for some results and zero for others: a missing sum over a "
                             "broadcast axis)")));
}

TEST(Gradcheck, SeesATransposedGradient) {
  const std::vector<Variable> x = {gap_parameter({3, 3}, -1, 1, 1),
                                   gap_parameter({3, 3}, -1, 1, 2)};
  const auto report = gradcheck(
      [](Inputs v) { return record(ForgetsToTranspose{}, Operand(v[0]), Operand(v[1])); }, x);
  EXPECT_THAT(text_of(report),
              AllOf(StartsWith("input 1 at ["),
                    EndsWith(" (transposed: right with the last two axes of the input swapped)")));
}

TEST(Gradcheck, SaysFormulaWhenNoOtherCauseFits) {
  const std::vector<Variable> x = {parameter(tensor({0.5, 2}, kFloat64))};
  const auto report = gradcheck([](Inputs v) { return record(MissesATerm{}, Operand(v[0])); }, x);
  EXPECT_THAT(text_of(report), EndsWith(" (formula: a wrong or a missing term)"));
}

TEST(Gradcheck, SaysThatABranchIsMissingWhereOneEntryIsZero) {
  const std::vector<Variable> x = {parameter(tensor({0.5, 2}, kFloat64))};
  const auto report = gradcheck(
      [](Inputs v) {
        const Variable low = slice(v[0], 0, {0, 1}), high = slice(v[0], 0, {1, 2});
        return square(low) + square(high.detach());
      },
      x);
  EXPECT_THAT(text_of(report), EndsWith(" (zero: a term or a whole branch is missing)"));
}

TEST(Gradcheck, SeesThatNothingWasRecorded) {
  const std::vector<Variable> x = {parameter(tensor({0.5, 2}, kFloat64))};
  const auto report = gradcheck([](Inputs v) { return square(v[0].detach()); }, x);
  EXPECT_THAT(text_of(report), EndsWith(" (nothing is recorded: detached, or under NoGradGuard)"));
}

TEST(Gradcheck, CountsNaNAsWrong) {
  const std::vector<Variable> x = {parameter(tensor({1, 2}, kFloat64))};
  const auto report =
      gradcheck([](Inputs v) { return record(ScaledSquare{std::nan("")}, Operand(v[0])); }, x);
  EXPECT_THAT(text_of(report), HasSubstr("analytic nan"));
  EXPECT_THAT(text_of(report), EndsWith(" (NaN: 0 / 0 or inf - inf in backward)"));
}

TEST(Gradcheck, FindsAnErrorOfOnePartInAHundred) {
  EXPECT_FALSE(check_factor(1.01).ok);
  EXPECT_FALSE(check_factor(0.99).ok);
  EXPECT_TRUE(check_factor(1 + 1e-5).ok);
}

TEST(Gradgradcheck, FindsWhatGradcheckCannotSee) {
  const std::vector<Variable> x = {parameter(tensor({0.5, 2}, kFloat64))};
  const auto f = [](Inputs v) { return record(OnceOnly{}, Operand(v[0])); };
  EXPECT_TRUE(gradcheck(f, x).ok);
  EXPECT_THAT(text_of(gradgradcheck(f, x)),
              EndsWith(" (zero for all of this input: detached, or its gradient is not set)"));
  EXPECT_TRUE(gradgradcheck([](Inputs v) { return square(v[0]) * v[0]; }, x).ok);
}

TEST(Gradcheck, ChangesNothingOfTheCaller) {
  const Variable x = parameter(tensor({1, 3}, kFloat64));
  const Tensor before = x.value().clone();
  const std::vector<Variable> in = {x};
  gradcheck([](Inputs v) { return exp(v[0]); }, in);
  gradgradcheck([](Inputs v) { return exp(v[0]); }, in);
  expect_same_bits(x.value(), before);
  EXPECT_FALSE(x.grad().defined());
}

TEST(Gradcheck, RejectsInputsItCannotCheck) {
  const auto f = [](Inputs v) { return exp(v[0]); };
  expect_throws_text<DTypeError>(
      [&] { gradcheck(f, std::vector<Variable>{parameter(ones({2}))}); },
      "[gradcheck] input: float32; expected float64, differences need its digits");
  expect_throws_text<AutogradError>(
      [&] { gradcheck(f, std::vector<Variable>{Variable(ones({2}, kFloat64))}); },
      "[gradcheck] inputs: none requires a gradient; expected one");
}

TEST(ExpectGradients, SeesWhetherTheOperationIsOnTheTape) {
  const Variable x = parameter(tensor({1, 2}, kFloat64));
  EXPECT_TRUE(tape_has(sum(tanh(x) * 2), "tanh"));
  EXPECT_FALSE(tape_has(sum(tanh(x.detach()) * x), "tanh"));
}

}  // namespace
}  // namespace gradus::testing
