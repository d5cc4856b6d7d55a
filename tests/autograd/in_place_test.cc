// Elements that backward has yet to read must not be changed: the error names the line that saved
// them and the line that changed them.
#include <gtest/gtest.h>

#include <functional>

#include "autograd/node.h"
#include "autograd/ops_all.h"
#include "autograd/record.h"
#include "optim/rules/sgd.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

std::string here(int line) { return std::string(__FILE__) + ":" + std::to_string(line); }

std::string text(const std::string& op, int saved, const std::string& what, int changed) {
  return "[backward] " + op + " recorded at " + here(saved) + ": " + what +
         " was changed in place at " + here(changed) +
         "; expected the elements that forward left for backward; change a clone(), or call "
         "backward() before";
}

TEST(InPlace, ChangesAreCountedPerStorageWithTheirLine) {
  const Tensor x = zeros({2, 3}), row = x.select(0, 1), other = zeros({2, 3});
  const std::uint32_t before = x.version(), others = other.version();
  row.fill(1);
  const int line = __LINE__ - 1;
  EXPECT_EQ(x.version(), before + 1);
  EXPECT_EQ(row.version(), before + 1);
  EXPECT_EQ(other.version(), others);
  EXPECT_EQ(x.changed_at().line(), static_cast<unsigned>(line));
  EXPECT_STREQ(x.changed_at().file_name(), __FILE__);
  x.copy_from(ones({3}));
  EXPECT_EQ(x.version(), before + 2);
  EXPECT_EQ(x.changed_at().line(), static_cast<unsigned>(__LINE__ - 2));
  x.copy_from(ones({3}, kFloat64));
  EXPECT_EQ(row.version(), before + 3);
  x.data<float>()[0] = 5;  // asking for a pointer is no change
  EXPECT_EQ(x.version(), before + 3);
  x.mark_changed();
  EXPECT_EQ(x.version(), before + 4);
  EXPECT_EQ(row.changed_at().line(), static_cast<unsigned>(__LINE__ - 2));
}

TEST(InPlace, FailedChangesAreNotCounted) {
  const Tensor x = zeros({2}, kInt64);
  const std::uint32_t before = x.version();
  EXPECT_THROW(x.fill(tensor({1, 2})), ShapeError);
  EXPECT_THROW(x.copy_from(zeros({3})), ShapeError);
  EXPECT_THROW(x.copy_from(tensor({1e30, 0})), DTypeError);
  EXPECT_EQ(x.version(), before);
  const Tensor none{};
  none.mark_changed();
  EXPECT_EQ(none.version(), 0u);
}

TEST(InPlace, AnInputThatBackwardReadsIsNoticed) {
  const Variable x = parameter(tensor({1, 2}));
  const Variable y = sin(x);
  const int saved = __LINE__ - 1;
  x.value().fill(3);
  const int changed = __LINE__ - 1;
  expect_throws_text<AutogradError>([&] { sum(y).backward(); },
                                    text("sin", saved, "input 0", changed));
  EXPECT_FALSE(x.grad().defined());
}

TEST(InPlace, AResultThatBackwardReadsIsNoticed) {
  const Variable x = parameter(tensor({1, 2}));
  const Variable y = tanh(x);
  const int saved = __LINE__ - 1;
  y.value().copy_from(tensor({0, 0}));
  const int changed = __LINE__ - 1;
  expect_throws_text<AutogradError>([&] { sum(y).backward(); },
                                    text("tanh", saved, "the result", changed));
}

TEST(InPlace, ChangesThroughAViewCount) {
  const Variable x = parameter(ones({2, 3})), w = parameter(ones({3, 4}));
  const Variable y = matmul(x, w);
  const int saved = __LINE__ - 1;
  w.value().transpose().select(0, 1).fill(2);
  const int changed = __LINE__ - 1;
  expect_throws_text<AutogradError>([&] { sum(y).backward(); },
                                    text("matmul", saved, "input 1", changed));
}

TEST(InPlace, ChangesOfTheWholeThroughWhichAViewWasReadCount) {
  const Variable x = parameter(ones({2, 3}));
  const Variable y = exp(x), v = transpose(y);
  const Variable z = square(v);
  const int saved = __LINE__ - 1;
  y.value().fill(2);
  const int changed = __LINE__ - 1;
  expect_throws_text<AutogradError>([&] { sum(z).backward(); },
                                    text("square", saved, "input 0", changed));
}

TEST(InPlace, ChangesUnderNoGradCount) {
  const Variable x = parameter(tensor({1, 2}));
  const Variable y = square(x);
  const int saved = __LINE__ - 1;
  int changed = 0;
  {
    const NoGradGuard no_grad;
    x.value().copy_from(x.value() - 1);
    changed = __LINE__ - 1;
  }
  const std::string expected = text("square", saved, "input 0", changed);
  expect_throws_text<AutogradError>([&] { sum(y).backward(); }, expected);
  // The same where backward is recorded.
  const Variable z = square(x);
  const int saved_again = __LINE__ - 1;
  x.value().fill(0);
  expect_throws_text<AutogradError>([&] { sum(z).backward({.create_graph = true}); },
                                    text("square", saved_again, "input 0", __LINE__ - 2));
}

TEST(InPlace, AnOptimizersStepCountsWithItsLine) {
  const Variable w = parameter(tensor({1, 2}));
  const Variable loss = sum(square(w));
  const int saved = __LINE__ - 1;
  optim::Optimizer<optim::SGD> sgd(std::vector<Variable>{w}, {.lr = 0.1});
  loss.backward({.retain_graph = true});
  sgd.step();
  const int changed = __LINE__ - 1;
  expect_throws_text<AutogradError>([&] { loss.backward(); },
                                    text("square", saved, "input 0", changed));
}

TEST(InPlace, EveryOperandOfARuleIsWatchedAndNoMore) {
  using Function = std::function<Variable(const Variable&, const Variable&)>;
  struct Case {
    const char* name;
    Function f;
    bool reads[2][2];  // whether the gradient of operand i reads operand j
  };
  const Case cases[] = {
      {"add", [](auto& a, auto& b) { return a + b; }, {{false, false}, {false, false}}},
      {"mul", [](auto& a, auto& b) { return a * b; }, {{false, true}, {true, false}}},
      {"div", [](auto& a, auto& b) { return a / b; }, {{false, true}, {false, true}}},
      {"pow", [](auto& a, auto& b) { return pow(a, b); }, {{true, true}, {true, true}}},
      {"hypot", [](auto& a, auto& b) { return hypot(a, b); }, {{true, false}, {false, true}}},
      {"lerp", [](auto& a, auto& b) { return lerp(a, 2.0, b); }, {{false, true}, {true, false}}},
      {"matmul", [](auto& a, auto& b) { return matmul(a, b); }, {{false, true}, {true, false}}},
  };
  for (const Case& c : cases) {
    for (int i = 0; i < 2; ++i) {
      for (int j = 0; j < 2; ++j) {
        for (bool create_graph : {false, true}) {
          Variable x[2] = {ones({2, 2}, kFloat64), full({2, 2}, 2, kFloat64)};
          x[i].set_requires_grad(true);
          const Variable y = c.f(x[0], x[1]);
          x[j].value().fill(3);
          const auto backward = [&] { sum(y).backward({.create_graph = create_graph}); };
          SCOPED_TRACE(std::string(c.name) + " " + std::to_string(i) + std::to_string(j));
          if (c.reads[i][j]) {
            EXPECT_THROW(backward(), AutogradError);
          } else {
            EXPECT_NO_THROW(backward());
          }
          x[i].zero_grad();
        }
      }
    }
  }
}

TEST(InPlace, TensorsThatAnOperationKeepsAreWatched) {
  const Variable x = parameter(tensor({1, 2, 3}));
  const Tensor index = tensor({2, 0}, kInt64), mask = tensor({1, 0, 1}, kBool);
  const Variable rows = index_select(x, 0, index);
  const int saved = __LINE__ - 1;
  index.fill(1);
  expect_throws_text<AutogradError>([&] { sum(rows).backward(); },
                                    text("index_select", saved, "a saved tensor", __LINE__ - 2));
  const Variable chosen = where(mask, x, 0);
  const int saved_mask = __LINE__ - 1;
  mask.fill(false);
  expect_throws_text<AutogradError>([&] { sum(chosen).backward(); },
                                    text("where", saved_mask, "a saved tensor", __LINE__ - 2));
}

TEST(InPlace, ChangesThatNobodyReadsAreAllowed) {
  const Variable x = parameter(tensor({1, 2}));
  const Variable y = tanh(x) + 1;  // tanh reads its result, add reads nothing
  x.value().fill(5);
  y.value().fill(7);
  sum(y).backward();
  EXPECT_NEAR(x.grad().value().at({0}), 0.41997434, 1e-6);  // of the elements of then
}

TEST(InPlace, ChangesBeforeTheSaveAndAfterBackwardAreAllowed) {
  const Variable x = parameter(tensor({1, 2}));
  for (int i = 0; i < 3; ++i) {
    x.value().fill(i);
    x.zero_grad();
    sum(square(x)).backward();
    EXPECT_EQ(x.grad().value().to_vector(), (std::vector<double>(2, 2 * i)));
  }
}

TEST(InPlace, GradientsThatATapeHasReadAreWatched) {
  const Variable x = parameter(tensor({1, 2}));
  sum(x * x * x).backward({.create_graph = true});
  const Variable g = x.grad(), z = sum(square(g));
  g.value().fill(0);
  EXPECT_THROW(z.backward(), AutogradError);
  x.zero_grad();
}

}  // namespace
}  // namespace gradus::testing
