// What clipping reports, and what it does with numbers that are not finite. options_test.cc
// compares it with the clipping inside of the step.
#include "optim/clip.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "optim/optimizer.h"
#include "optim/rules/sgd.h"
#include "tests/support/compare.h"

namespace gradus::optim {
namespace {

using testing::expect_throws_text;
using List = std::vector<double>;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

Variable with_gradient(const List& g) {
  const Shape shape{static_cast<std::int64_t>(g.size())};
  const Variable x = parameter(zeros(shape, kFloat64));
  x.set_grad(from_values(g, shape, kFloat64));
  return x;
}
List gradient(const Variable& x) { return x.grad().value().to_vector(); }

TEST(Clip, ReportsNormCoefficientAndTheWorstParameter) {
  const Variable none = parameter(zeros({2})), small = with_gradient({1, 2, 2}),
                 large = with_gradient({4, 0});
  const ClipReport report = clip_grad_norm({none, small, large}, 1);
  EXPECT_EQ(report.norm, 5);
  EXPECT_EQ(report.coefficient, 1 / (5 + 1e-6));
  EXPECT_EQ(report.worst, 2u);
  EXPECT_EQ(report.worst_name, "gradient 2");
  EXPECT_EQ(report.worst_norm, 4);
  EXPECT_FALSE(report.skipped);
  EXPECT_EQ(gradient(large), (List{4 * report.coefficient, 0}));
  const ClipReport again = clip_grad_norm(NamedParameters{{"a.weight", small}, {"b", large}}, 7);
  EXPECT_EQ(again.worst_name, "b");
  EXPECT_EQ(again.coefficient, 1) << "small enough";
  const ClipReport empty = clip_grad_norm({none}, 1);
  EXPECT_EQ(empty.norm, 0);
  EXPECT_EQ(empty.worst_name, "");
}

TEST(Clip, ErrorsNameTheParameter) {
  const Variable good = with_gradient({1, 1}), bad = with_gradient({kNan, 1});
  expect_throws_text<AutogradError>(
      [&] {
        clip_grad_norm(NamedParameters{{"out.bias", good}, {"hidden.weight", bad}}, 1);
      },
      "[clip_grad_norm] hidden.weight: nan at [0]; expected finite numbers; allow_non_finite takes "
      "them as they are");
  expect_throws_text<AutogradError>(
      [&] {
        clip_grad_value({good, bad}, 0.5, NonFinite::kError);
      },
      "[clip_grad_value] gradient 1: nan at [0]; expected finite "
      "numbers; allow_non_finite takes them as they are");
  EXPECT_EQ(gradient(good), (List{1, 1})) << "nothing has changed";
}

TEST(Clip, SkipsTheStep) {
  for (const bool by_value : {false, true}) {
    const Variable good = with_gradient({1, 1}), bad = with_gradient({1, -kInf});
    const ClipReport report = by_value ? clip_grad_value({good, bad}, 1, NonFinite::kSkip)
                                       : clip_grad_norm({good, bad}, 1, NonFinite::kSkip);
    EXPECT_TRUE(report.skipped);
    EXPECT_EQ(report.worst, 1u);
    EXPECT_EQ(report.coefficient, 1);
    Optimizer<SGD> optimizer({good, bad}, {.lr = 1});
    optimizer.step();
    EXPECT_EQ(good.value().to_vector(), (List{0, 0}));
  }
}

TEST(Clip, MakesZerosOfWhatIsNotFinite) {
  const Variable good = with_gradient({3, 0}), bad = with_gradient({kNan, 4, kInf});
  const ClipReport report = clip_grad_norm({good, bad}, 1, NonFinite::kZero);
  EXPECT_EQ(report.norm, 5);
  EXPECT_EQ(gradient(bad), (List{0, 4 * report.coefficient, 0}));
  const Variable again = with_gradient({kNan, 4, kInf});
  clip_grad_norm({again}, 100, NonFinite::kZero);
  EXPECT_EQ(gradient(again), (List{0, 4, 0})) << "where nothing is clipped, too";
  const Variable value = with_gradient({kNan, -4, kInf});
  EXPECT_EQ(clip_grad_value({value}, 2, NonFinite::kZero).coefficient, 0.5);
  EXPECT_EQ(gradient(value), (List{0, -2, 0}));
}

TEST(Clip, PropagatesWhenAsked) {
  const Variable good = with_gradient({3, 0}), bad = with_gradient({kInf, 4});
  const ClipReport report = clip_grad_norm({good, bad}, 1, NonFinite::kPropagate);
  EXPECT_EQ(report.norm, kInf);
  EXPECT_EQ(report.worst, 1u);
  EXPECT_EQ(gradient(good), (List{0, 0})) << "as in PyTorch";
  EXPECT_TRUE(std::isnan(gradient(bad)[0]));
  const Variable value = with_gradient({kInf, 4, 1});
  EXPECT_EQ(clip_grad_value({value}, 2).coefficient, 0);
  EXPECT_EQ(gradient(value), (List{2, 2, 1}));
}

TEST(Clip, OfFiniteNumbersWhoseSquaresOverflowIsNoError) {
  const Variable x = with_gradient({1e200, 0});
  EXPECT_EQ(clip_grad_norm({x}, 1).norm, kInf);
}

}  // namespace
}  // namespace gradus::optim
