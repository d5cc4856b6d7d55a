// The tape as text, and the names that it shows.
#include "autograd/print_tape.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

std::string at(int line) { return "  " + std::string(__FILE__) + ":" + std::to_string(line); }

TEST(PrintTape, ListsResultsWithInputsKindsNamesAndLines) {
  const Variable x = named(Variable(ones({10, 5})), "x");
  const Variable w = named(parameter(ones({5, 1})), "w");
  const Variable y = matmul(x, w);
  const Variable loss = named(mean(square(y - 1)), "loss");
  const int line = __LINE__ - 2;
  EXPECT_EQ(print_tape(loss),
            "%1 = constant -> f32[10,5] \"x\"\n"
            "%2 = parameter -> f32[5,1] \"w\"\n"
            "%3 = matmul(%1: f32[10,5] \"x\", %2: f32[5,1] \"w\") -> f32[10,1]" +
                at(line) +
                "\n"
                "%4 = constant -> i64[]\n"
                "%5 = sub(%3: f32[10,1], %4: i64[]) -> f32[10,1]" +
                at(line + 1) +
                "\n"
                "%6 = square(%5: f32[10,1]) -> f32[10,1]" +
                at(line + 1) +
                "\n"
                "%7 = mean(%6: f32[10,1]) -> f32[] \"loss\"" +
                at(line + 1) + "\n");
}

TEST(PrintTape, ShowsWhatIsFreedAndOneInputTwice) {
  const Variable x = parameter(ones({2}, kFloat64));
  const Variable y = x * x;
  const int line = __LINE__ - 1;
  EXPECT_EQ(print_tape(y), "%1 = parameter -> f64[2]\n%2 = mul(%1: f64[2], %1: f64[2]) -> f64[2]" +
                               at(line) + "\n");
  sum(y).backward();
  EXPECT_EQ(print_tape(y), "%1 = mul(freed) -> f64[2]" + at(line) + "\n");
}

TEST(PrintTape, OfAVariableWithoutATapeIsOneLine) {
  EXPECT_EQ(print_tape(Variable(ones({3}, kBool))), "%1 = constant -> bool[3]\n");
  EXPECT_EQ(print_tape(parameter(ones({}, kBFloat16))), "%1 = parameter -> bf16[]\n");
}

TEST(PrintTape, KeepsANameOnItsLine) {
  const Variable x = named(parameter(ones({1})), "two\nlines\tand \"quotes\"");
  EXPECT_EQ(print_tape(x), "%1 = parameter -> f32[1] \"two lines and \"quotes\"\"\n");
}

TEST(PrintTape, NamesOperationsAndGradientsOfASecondDerivativeByTheLineOfForward) {
  const Variable x = named(parameter(tensor({2}, kFloat64)), "x");
  const Variable y = sum(square(x));
  const int line = __LINE__ - 1;
  const Variable dx = grad(y, x, {.create_graph = true});
  const std::string text = print_tape(dx);
  EXPECT_NE(text.find("\"x\""), std::string::npos) << text;
  for (std::size_t i = 0; (i = text.find(__FILE__, i)) != std::string::npos; ++i) {
    EXPECT_EQ(text.compare(i - 2, at(line).size(), at(line)), 0) << text;
  }
}

TEST(PrintTape, OfAnUndefinedVariableIsAnError) {
  expect_throws_text<Error>([] { print_tape(Variable()); },
                            "[print_tape] y: undefined tensor; expected one with elements; was it "
                            "default constructed?");
  EXPECT_TRUE(tape_of(Variable()).empty());
}

TEST(PrintTape, TellsWhereAnElementIs) {
  EXPECT_EQ(position_text(5, {2, 3}), "[1, 2]");
  EXPECT_EQ(position_text(0, {}), "[]");
  EXPECT_EQ(position_text(4, {5}), "[4]");
}

TEST(PrintTape, ShowsTheEndsOfALongTape) {
  Variable x = parameter(ones({1}));
  for (int i = 0; i < 9; ++i) x = tanh(x);
  const std::string text = print_tape(x, 4);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
  EXPECT_NE(text.find("\n%2 = tanh(%1: f32[1])"), std::string::npos);
  EXPECT_NE(text.find("\n... 6 more results\n%9 = tanh(%8: f32[1])"), std::string::npos);
}

TEST(PrintTape, OfAMillionResultsNeedsNoStack) {
  Variable x = parameter(ones({}));
  for (int i = 0; i < 1000000; ++i) x = -x;
  EXPECT_EQ(tape_of(x).size(), 1000001u);
  EXPECT_NE(print_tape(x).find("\n... 999801 more results\n"), std::string::npos);
}

TEST(Named, GivesChangesAndTakesAwayAName) {
  const Variable x = parameter(ones({1}));
  EXPECT_EQ(name_of(x), "");
  EXPECT_EQ(named(x, "first").node(), x.node());
  EXPECT_EQ(name_of(x), "first");
  named(x, "second");
  EXPECT_EQ(name_of(x), "second");
  named(x, "");
  EXPECT_EQ(name_of(x), "");
  EXPECT_EQ(name_of(Variable()), "");
  sum(named(x, "w") * 2).backward();  // a name is no hook
  EXPECT_EQ(x.grad().item(), 2);
  EXPECT_THROW(named(Variable(), "w"), Error);
}

}  // namespace
}  // namespace gradus::testing
