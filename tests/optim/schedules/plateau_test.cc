#include "optim/schedules/plateau.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/compare.h"
#include "tests/support/golden.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim::schedules;

PlateauSettings settings_of(const nlohmann::json& json, double base) {
  PlateauSettings s{.base = base};
  s.factor = json.value("factor", s.factor);
  s.patience = json.value("patience", s.patience);
  s.threshold = json.value("threshold", s.threshold);
  s.threshold_mode = static_cast<Threshold>(json.value("threshold_mode", 0));
  s.better = static_cast<Better>(json.value("better", 0));
  s.cooldown = json.value("cooldown", s.cooldown);
  s.min = json.value("min", s.min);
  s.eps = json.value("eps", s.eps);
  return s;
}

TEST(Plateau, FollowsTorchAndGoesOnAfterSaving) {
  const auto all = golden("optim/schedules");
  for (const auto& each : all["plateau"]) {
    const PlateauSettings settings = settings_of(each["settings"], all["base"]);
    const auto metrics = golden_numbers(each["metrics"]), values = golden_numbers(each["values"]);
    Plateau whole(settings);
    for (std::size_t k = 0; k < metrics.size(); ++k) {
      Plateau resumed(settings);
      resumed.load_state_dict(whole.state_dict());
      EXPECT_EQ(whole.step(metrics[k]), values[k]) << each["settings"] << ", metric " << k;
      EXPECT_EQ(resumed.step(metrics[k]), values[k]) << each["settings"] << ", metric " << k;
      EXPECT_EQ(resumed.state_dict(), whole.state_dict());
    }
  }
}

TEST(Plateau, TakesNanForNoProgress) {
  Plateau plateau({.base = 1, .patience = 1});
  plateau.step(3);
  plateau.step(std::nan(""));
  EXPECT_EQ(plateau.value(), 1);
  EXPECT_EQ(plateau.step(std::nan("")), 0.1);
}

TEST(Plateau, RefusesBadSettings) {
  const auto refused = [](const PlateauSettings& settings, const std::string& text) {
    expect_throws_text<ConfigError>([&] { Plateau made(settings); }, "[Plateau] " + text);
  };
  refused({.base = -1}, "base: -1; expected base >= 0 and finite");
  refused({.factor = 1}, "factor: 1; expected 0 <= factor < 1");
  refused({.patience = -1}, "patience: -1; expected patience >= 0 and finite");
  refused({.threshold = std::nan("")}, "threshold: nan; expected threshold >= 0 and finite");
  refused({.cooldown = -1}, "cooldown: -1; expected cooldown >= 0 and finite");
  refused({.min = -1}, "min: -1; expected min >= 0 and finite");
  refused({.eps = -1}, "eps: -1; expected eps >= 0 and finite");
  Plateau plateau({.base = 1});
  auto saved = plateau.state_dict();
  saved.erase("best");
  expect_throws_text<ConfigError>(
      [&] { plateau.load_state_dict(saved); },
      "[Plateau] state_dict: no 'best'; expected value, best, bad and cooldown");
}

}  // namespace
}  // namespace gradus::testing
