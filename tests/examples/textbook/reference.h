#pragma once
// The computed reference for the textbook's runs (tests/golden/textbook), and the airfoil data.
#include <gtest/gtest.h>

#include <optional>

#include "data/airfoil.h"
#include "examples/textbook/support/experiments.h"
#include "tests/support/golden.h"

namespace gradus::textbook {

/// Numbers of the reference have 12 significant digits, so each is off by up to this part of it.
inline constexpr double kPrinted = 5e-12;

inline const nlohmann::json& reference() {
  static const nlohmann::json all = testing::golden("textbook/d2l");
  return all;
}

inline const std::filesystem::path& airfoil_file() {
  static const std::filesystem::path file = data::find_airfoil();
  return file;
}

/// The data set, read once.
inline const data::TensorDataset& airfoil(DType dtype) {
  static const data::TensorDataset f32 = data::load_airfoil(airfoil_file(), kFloat32);
  static const data::TensorDataset f64 = data::load_airfoil(airfoil_file(), kFloat64);
  return dtype == kFloat64 ? f64 : f32;
}

inline Run run(const Experiment& experiment, RunOptions options) {
  return run_experiment(experiment, airfoil(options.dtype), options);
}

/// |got - expected| <= atol, beside the digits that the reference leaves out.
inline void expect_near(double got, double expected, double atol, const std::string& what) {
  EXPECT_LE(std::fabs(got - expected), atol + kPrinted * std::fabs(expected))
      << what << ": got " << to_text(got) << ", expected " << to_text(expected);
}

/// low <= got <= high for a band [low, high]; the reference prints at most 7 digits of its ends.
inline void expect_inside(double got, const nlohmann::json& band, const std::string& what) {
  const double low = band.at(0), high = band.at(1);
  EXPECT_TRUE(low <= got && got <= high)
      << what << ": " << to_text(got) << " is outside of " << band.dump();
}

/// Where a number lies in its band: -1 and 1 are the ends.
inline double place(double got, const nlohmann::json& band) {
  const double low = band.at(0), high = band.at(1);
  return (2 * got - low - high) / (high - low);
}

}  // namespace gradus::textbook

#define GRADUS_NEEDS_AIRFOIL()                                                        \
  if (gradus::textbook::airfoil_file().empty()) {                                     \
    GTEST_SKIP() << "no airfoil file; set GRADUS_DATA to its folder, or download it " \
                    "with ./gradus data airfoil";                                     \
  }                                                                                   \
  static_assert(true)
