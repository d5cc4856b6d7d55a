#include "train/preview_schedule.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "optim/schedules/linear.h"
#include "optim/schedules/step.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;
using namespace gradus::train;

TEST(Preview, HoldsTheValuesAtTheSteps) {
  const Schedule stairs = schedules::Step{.base = 1, .every = 5, .gamma = 0.5};
  const Figure figure = preview_figure({{"stairs", stairs}, {"half", 0.5}}, 20);
  ASSERT_EQ(figure.curves.size(), 2u);
  EXPECT_EQ(figure.curves[0].label, "stairs");
  ASSERT_EQ(figure.curves[0].y.size(), 20u);
  for (int t = 0; t < 20; ++t) {
    EXPECT_EQ(figure.curves[0].x[t], t);
    EXPECT_EQ(figure.curves[0].y[t], stairs(t));
  }
  const Figure many = preview_figure({{"", stairs}}, 1000000);
  EXPECT_EQ(many.curves[0].x.size(), 1000u);
  EXPECT_EQ(many.curves[0].x.back(), 999999);
}

TEST(Preview, IsDrawnWithCharacters) {
  const std::string text = preview(
      schedules::Linear{.base = 1, .start_factor = 0, .end_factor = 1, .steps = 99}, 100, 60, 12);
  EXPECT_GE(std::count(text.begin(), text.end(), '\n'), 8) << text;
  EXPECT_NE(text.find("step"), std::string::npos) << text;
  expect_throws_text<ConfigError>([] { preview(0.5, 1); },
                                  "[preview] steps: 1; expected at least 2");
  expect_throws_text<ConfigError>([] { write_preview(0.5, 10, "a.jpg"); },
                                  "[figure] file: a.jpg; expected a name that ends in .svg or "
                                  ".png");
}

}  // namespace
}  // namespace gradus::testing
