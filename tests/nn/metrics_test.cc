#include <gtest/gtest.h>

#include <cmath>

#include "nn/metrics/accuracy.h"
#include "nn/metrics/confusion_matrix.h"
#include "nn/metrics/perplexity.h"
#include "nn/metrics/regression.h"
#include "nn/metrics/running_mean.h"
#include "tests/support/compare.h"
#include "tests/support/golden.h"

namespace gradus::nn {
namespace {

using testing::expect_throws_text;
using testing::golden_tensor;

TEST(Metrics, OfClassesAreThoseOfPlainLoops) {
  for (const auto& entry : testing::golden("nn/metrics")) {
    const std::int64_t ignore = entry["ignore_index"];
    const auto& expected = entry["expected"];
    for (const DType dtype : {kFloat64, kFloat32, kBFloat16}) {  // which halves all are
      ConfusionMatrix matrix(entry["classes"], ignore);
      Perplexity perplexity(ignore);
      std::map<std::string, Accuracy> top_k;
      for (const auto& k : expected["top_k"].items()) {
        top_k.emplace(k.key(), Accuracy({.top_k = std::stoi(k.key()), .ignore_index = ignore}));
      }
      for (const auto& batch : entry["batches"]) {
        const Tensor scores = golden_tensor(batch[0]).to(dtype);
        const Tensor target = golden_tensor(batch[1]).to(kInt64);
        matrix.update(scores, target);
        perplexity.update(scores, target);
        for (auto& [k, accuracy] : top_k) accuracy.update(scores, target);
      }
      std::vector<double> counts;
      for (const auto& row : expected["matrix"]) {
        for (double count : row) counts.push_back(count);
      }
      EXPECT_EQ(matrix.compute().to_vector(), counts);
      for (const auto& [k, accuracy] : top_k) {
        EXPECT_DOUBLE_EQ(accuracy.compute(), expected["top_k"][k].get<double>());
        EXPECT_EQ(accuracy.total(), expected["n"].get<std::int64_t>());
      }
      // cross_entropy in float32: 24 bits, of bfloat16 8, of each loss.
      const double p = expected["perplexity"];
      const double granted = dtype == kFloat64 ? 1e-13 : dtype == kFloat32 ? 1e-6 : 1e-2;
      EXPECT_NEAR(perplexity.compute(), p, granted * p);
      const std::vector<std::tuple<const char*, Tensor, double, double, double>> all = {
          {"precision", matrix.precision(), matrix.precision(Average::kMicro),
           matrix.precision(Average::kMacro), matrix.precision(Average::kWeighted)},
          {"recall", matrix.recall(), matrix.recall(Average::kMicro),
           matrix.recall(Average::kMacro), matrix.recall(Average::kWeighted)},
          {"f1", matrix.f1(), matrix.f1(Average::kMicro), matrix.f1(Average::kMacro),
           matrix.f1(Average::kWeighted)}};
      for (const auto& [name, of_class, micro, macro, weighted] : all) {
        const auto& list = expected["of_class"][name];
        for (std::size_t c = 0; c < list.size(); ++c) {
          EXPECT_DOUBLE_EQ(of_class.to_vector()[c], list[c].get<double>()) << name << " of " << c;
        }
        const auto& averages = expected["averages"][name];
        EXPECT_DOUBLE_EQ(micro, averages["micro"].get<double>()) << name;
        EXPECT_NEAR(macro, averages["macro"].get<double>(), 1e-15) << name;
        EXPECT_NEAR(weighted, averages["weighted"].get<double>(), 1e-15) << name;
      }
      matrix.reset();
      EXPECT_EQ(matrix.compute().to_vector(), std::vector<double>(counts.size(), 0));
    }
  }
}

TEST(Accuracy, TakesPredictedClasses) {
  const Tensor predicted = tensor({0, 2, 1, 1}, kInt32), target = tensor({0, 1, 1, -1}, kInt64);
  EXPECT_EQ(accuracy(predicted, target, -1), 2.0 / 3);
  EXPECT_EQ(accuracy(predicted, target), 0.5);
  ConfusionMatrix matrix(3, -1);
  matrix.update(predicted, target);
  EXPECT_EQ(matrix.compute().to_vector(), (std::vector<double>{1, 0, 0, 0, 1, 1, 0, 0, 0}));
  EXPECT_EQ(matrix.accuracy(), 2.0 / 3);
}

TEST(Accuracy, OfEqualScoresTakesTheFirstAndOfNanTheNan) {
  const Tensor scores = tensor({1, 1, 0, 5, std::nan(""), 7}).reshape({2, 3});
  EXPECT_EQ(accuracy(scores, tensor({0, 1}, kInt64)), 1);
  EXPECT_EQ(accuracy(scores, tensor({1, 2}, kInt64)), 0);
  EXPECT_EQ(top_k_accuracy(scores, tensor({1, 2}, kInt64), 2), 1);
}

TEST(Accuracy, OfNothingIsNotANumber) {
  Accuracy none;
  EXPECT_TRUE(std::isnan(none.compute()));
  none.update(zeros({0, 3}), zeros({0}, kInt64));
  EXPECT_TRUE(std::isnan(none.compute()));
  EXPECT_TRUE(std::isnan(RunningMean().compute()));
  EXPECT_TRUE(std::isnan(Perplexity().compute()));
  EXPECT_EQ(accuracy(tensor({1, 3}), Tensor(1)), 1) << "one target";
}

TEST(RunningMean, IsThatOfAllElements) {
  RunningMean mean;
  mean.update(2, 64);
  mean.update(5, 16);
  EXPECT_EQ(mean.compute(), (2.0 * 64 + 5 * 16) / 80);
  EXPECT_EQ(mean.weight(), 80);
  mean.reset();
  // A plain sum would lose every 1e-16 beside the 1.
  mean.update(1);
  for (int i = 0; i < 1000000; ++i) mean.update(1e-16);
  EXPECT_DOUBLE_EQ(mean.compute(), (1 + 1e-10) / 1000001);
  mean.update(INFINITY);
  EXPECT_EQ(mean.compute(), INFINITY);
}

TEST(Perplexity, OfEqualScoresIsTheNumberOfClasses) {
  Perplexity perplexity;
  perplexity.update(zeros({4, 7}, kFloat64), tensor({0, 3, 6, -100}, kInt64));
  EXPECT_NEAR(perplexity.compute(), 7, 1e-14);
  perplexity.reset();
  perplexity.update_mean(std::log(2), 3);
  perplexity.update_mean(std::log(8), 1);
  EXPECT_NEAR(perplexity.compute(), std::exp(1.5 * std::log(2)), 1e-15);
}

TEST(RegressionError, IsThatOfAllBatchesAtOnce) {
  const Tensor y = tensor({3, -0.5, 2, 7, 1e8, 1e8 + 2}, kFloat64);
  const Tensor p = tensor({2.5, 0, 2, 8, 1e8, 1e8 + 1}, kFloat64);
  RegressionError first, second, whole;
  first.update(p.slice(0, {0, 4}), y.slice(0, {0, 4}));
  // The example of scikit-learn's r2_score.
  EXPECT_NEAR(first.r2(), 0.9486081370449679, 1e-15);
  EXPECT_EQ(first.mean_absolute_error(), 0.5);
  EXPECT_EQ(first.mean_squared_error(), 0.375);
  for (int i = 0; i < 6; i += 2) second.update(p.slice(0, {i, i + 2}), y.slice(0, {i, i + 2}));
  whole.update(p, y);
  EXPECT_NEAR(second.r2(), whole.r2(), 2e-16);
  second.reset();
  second.update(tensor({1e8, 1e8 + 2}, kFloat64), tensor({1e8, 1e8 + 1}, kFloat64));
  EXPECT_EQ(second.r2(), -1) << "a large mean costs no digits";
  RegressionError equal;
  equal.update(ones({3}), ones({3}));
  EXPECT_EQ(equal.r2(), 1);
  equal.update(zeros({1}), ones({1}));
  EXPECT_EQ(equal.r2(), 0);
}

TEST(Metrics, SayWhatIsWrong) {
  Accuracy accuracy;
  ConfusionMatrix matrix(3);
  const Tensor scores = zeros({2, 3});
  const std::string expected =
      "; expected scores [N, C, ...] with classes [N, ...], [C] with [], or predicted classes like "
      "target";
  expect_throws_text<ShapeError>([&] { accuracy.update(scores, zeros({3}, kInt64)); },
                                 "[Accuracy] scores is [2, 3] and target is [3]" + expected);
  expect_throws_text<DTypeError>(
      [&] { matrix.update(scores, zeros({2})); },
      "[ConfusionMatrix] target: float32; expected whole numbers, one class each");
  expect_throws_text<IndexError>(
      [&] {
        accuracy.update(scores, tensor({1, 5}, kInt64));
      },
      "[Accuracy] target: 5 at [1]; expected a class in 0..2");
  expect_throws_text<IndexError>(
      [&] {
        matrix.update(tensor({1, 4}, kInt64), tensor({1, 2}, kInt64));
      },
      "[ConfusionMatrix] scores: class 4 at [1]; expected a class in 0..2");
  expect_throws_text<ShapeError>(
      [&] {
        matrix.update(zeros({2, 4}), tensor({1, 2}, kInt64));
      },
      "[ConfusionMatrix] scores: 4 classes; expected 3");
  EXPECT_EQ(matrix.compute().to_vector(), std::vector<double>(9, 0)) << "nothing was counted";
  expect_throws_text<ConfigError>([&] { Accuracy({.top_k = 0}); },
                                  "[Accuracy] top_k: 0; expected >= 1");
  expect_throws_text<ConfigError>(
      [&] {
        top_k_accuracy(scores, tensor({1, 2}, kInt64), 4);
      },
      "[Accuracy] top_k: 4; expected 1..3, there are so many classes");
  expect_throws_text<ConfigError>(
      [&] {
        top_k_accuracy(tensor({1, 2}, kInt64), tensor({1, 2}, kInt64), 2);
      },
      "[Accuracy] top_k: 2; expected 1 with predicted classes; use scores");
  expect_throws_text<ConfigError>([&] { ConfusionMatrix(0); },
                                  "[ConfusionMatrix] classes: 0; expected >= 1");
  RegressionError error;
  expect_throws_text<ShapeError>(
      [&] {
        error.update(zeros({10, 1}), zeros({10}));
      },
      "[RegressionError] prediction is [10, 1] and target is [10]; "
      "expected equal shapes; use reshape");
}

}  // namespace
}  // namespace gradus::nn
