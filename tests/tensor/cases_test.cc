// That check_cases (tests/support/cases.h) notices what is wrong.
#include "tests/support/cases.h"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include "tensor/elementwise_all.h"
#include "tensor/reduce.h"

namespace gradus::testing {
namespace {

// The texts of all failures, one below the other.
std::string failures(const std::string& function, const std::function<Results(const Case&)>& f) {
  ::testing::TestPartResultArray results;
  {
    ::testing::ScopedFakeTestPartResultReporter reporter(
        ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
    check_cases(function, f);
  }
  std::string text;
  for (int i = 0; i < results.size(); ++i) {
    text += std::string(results.GetTestPartResult(i).message()) + "\n";
  }
  return text;
}

Tensor right(const Case& c) { return sum(c.in[0], c.axes(), c.flag("keepdim")); }

void expect_noticed(const std::function<Results(const Case&)>& f, const std::string& text,
                    const std::string& function = "sum") {
  const std::string all = failures(function, f);
  EXPECT_NE(all.find(text), std::string::npos) << "looked for: " << text << "\nfound: " << all;
}

TEST(Cases, OfARightFunctionPass) { EXPECT_EQ(failures("sum", right), ""); }

TEST(Cases, WrongResultsAreNoticed) {
  expect_noticed([](const Case& c) { return right(c) * 1.001; }, "element [0]: got ");
  expect_noticed([](const Case& c) { return right(c) + 1; }, ", expected ");
  expect_noticed([](const Case& c) { return right(c).to(kFloat64); },
                 "dtype: got float64, expected float32");
  expect_noticed([](const Case& c) { return right(c).unsqueeze(0); },
                 "shape: got [1], expected []");
  expect_noticed([](const Case&) { return Tensor(); }, "the result is undefined");
  expect_noticed(
      [](const Case& c) {
        return std::vector<Tensor>{right(c), right(c)};
      },
      "2 results; expected 1");
  // Adding 0 makes 0 of -0.
  expect_noticed([](const Case& c) { return c.in[0] + c.in[1] + 0; }, "got 0, expected -0", "add");
}

TEST(Cases, WrongErrorsAreNoticed) {
  expect_noticed([](const Case&) -> Tensor { throw ShapeError("[f] x"); },
                 "threw ShapeError: [f] x; expected a result");
  expect_noticed(
      [](const Case& c) {
        try {
          return right(c);
        } catch (const IndexError&) {
          throw ShapeError("[f] x");
        }
      },
      "threw ShapeError: [f] x; expected IndexError");
  expect_noticed(
      [](const Case& c) {
        try {
          return right(c);
        } catch (const IndexError&) {
          return c.in[0];
        }
      },
      "nothing was thrown; expected IndexError");
}

TEST(Cases, AChangedOperandIsNoticed) {
  expect_noticed(
      [](const Case& c) {
        const Tensor y = right(c);
        c.in[0].fill(1);
        return y;
      },
      "an operand was changed");
}

TEST(Cases, FailuresNameTheCaseAndItsOperands) {
  expect_noticed([](const Case&) { return Tensor(); },
                 "sum, case 6 (line 7 of tests/golden/tensor/sum.json): (float32 [2, 3] strides "
                 "[1, 2]), args {");
}

TEST(Cases, WithoutATableAreAnError) {
  EXPECT_FALSE(has_cases("no_such_function"));
  EXPECT_THROW(check_cases("no_such_function", right), std::runtime_error);
}

}  // namespace
}  // namespace gradus::testing
