// Who keeps a tensor: the way over the tape, and the bytes by line.
#include "autograd/alive.h"

#include <gtest/gtest.h>

#include "autograd/ops_all.h"
#include "autograd/print_tape.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

std::string here(int line) { return std::string(__FILE__) + ":" + std::to_string(line); }

TEST(ExplainAlive, ShowsTheWayToWhatTheProgramHoldsAndBytesByLine) {
  const TapeTrace trace;
  const Variable x = named(parameter(ones({16, 16})), "x");
  Variable h = named(tanh(x), "h");
  const int line = __LINE__ - 1;
  const Variable loss = sum(h * 2);
  const Tensor elements = h.value();
  h = Variable();
  EXPECT_EQ(explain_alive(elements),
            "f32[16,16], 1.0 KiB, has the elements of\n"
            "  tanh -> f32[16,16] \"h\"  " +
                here(line) +
                "\n"
                "    kept because its own backward reads them\n"
                "    kept because the backward of mul -> f32[16,16]  " +
                here(line + 2) +
                " reads them, its input 0\n"
                "    an input of mul -> f32[16,16]  " +
                here(line + 2) +
                "\n"
                "    an input of sum -> f32[]  " +
                here(line + 2) +
                "\n"
                "    which the program holds (1 Variable)\n"
                "the tapes of these hold 2.0 KiB:\n"
                "     1.0 KiB  parameters and constants\n"
                "     1.0 KiB  " +
                here(line) +
                "\n"
                "     4 bytes  " +
                here(line + 2) + "\n");
}

TEST(ExplainAlive, SaysThatTheProgramHoldsIt) {
  const TapeTrace trace;
  const Variable x = parameter(ones({2}));
  const Variable y = exp(x), again = y;
  const std::string text = explain_alive(y);
  EXPECT_NE(text.find("\n    which reads"), 0u);
  EXPECT_NE(text.find("    the program holds (2 Variables)\n"), std::string::npos) << text;
}

TEST(ExplainAlive, FindsTheTapesOfVariablesThatAreGivenWithoutATrace) {
  const Variable x = parameter(ones({2}));
  const Variable y = sum(exp(x));
  const Tensor elements = x.value();
  EXPECT_EQ(explain_alive(elements).find("f32[2], 8 bytes, is on no tape that is known; "), 0u);
  const std::string text = explain_alive(elements, std::span(&y, 1));
  EXPECT_EQ(text.find("f32[2], 8 bytes, has the elements of\n  parameter -> f32[2]\n"), 0u) << text;
  EXPECT_NE(text.find("    the program holds (1 Variable)\n"), std::string::npos) << text;
}

TEST(ExplainAlive, ViewsHaveTheElementsToo) {
  const TapeTrace trace;
  const Variable x = parameter(ones({2, 3}));
  const Variable y = reshape(exp(x), {6});
  const std::string text = explain_alive(y);
  EXPECT_NE(text.find("  exp -> f32[2,3]"), std::string::npos) << text;
  EXPECT_NE(text.find("  reshape -> f32[6]"), std::string::npos) << text;
}

TEST(ExplainAlive, SeesTheRingOfAGradientWithAGraph) {
  const TapeTrace trace;
  const Variable w = named(parameter(ones({2})), "w");
  sum(exp(w)).backward({.create_graph = true});
  const Tensor gradient = w.grad().value();
  const std::string text = explain_alive(gradient);
  EXPECT_NE(text.find("    kept as the gradient of parameter -> f32[2] \"w\"\n"), std::string::npos)
      << text;
  w.zero_grad();
}

TEST(ExplainAlive, WhatIsFreedIsForgotten) {
  const TapeTrace trace;
  Tensor elements;
  {
    const Variable x = parameter(ones({2}));
    elements = exp(x).value();
  }
  EXPECT_EQ(explain_alive(elements), "f32[2], 8 bytes, is held by this Tensor alone\n");
  const Tensor other = elements;
  EXPECT_EQ(explain_alive(elements),
            "f32[2], 8 bytes, is on no tape that is known; other Tensors of the program hold it, "
            "or an operation has saved it; results are noted while a TapeTrace lives\n");
}

TEST(ExplainAlive, AWayOfAMillionResultsIsShortened) {
  Variable x = parameter(ones({}));
  const Variable first = x;
  for (int i = 0; i < 1000000; ++i) x = -x;
  const Variable loss = std::move(x);
  const Variable c = exp(first);  // nothing of it is given
  const std::string text = explain_alive(first, std::span(&loss, 1));
  EXPECT_NE(text.find("the program holds"), std::string::npos);
  EXPECT_LT(text.size(), 2000u);
}

TEST(ExplainAlive, AnUndefinedTensorIsAnError) { EXPECT_THROW(explain_alive(Tensor()), Error); }

}  // namespace
}  // namespace gradus::testing
