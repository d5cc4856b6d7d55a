#include <gtest/gtest.h>

#include <cmath>

#include "nn/losses/half_mse.h"
#include "nn/losses/mse.h"
#include "tensor/random.h"
#include "tests/nn/golden_layers.h"
#include "tests/support/gradients.h"
#include "tests/support/threads.h"

namespace gradus::nn {
namespace {

using testing::expect_gradients;
using testing::expect_throws_text;
using testing::gap_parameter;

struct Loss {
  std::string name;
  Variable (*f)(Operand, Operand);
};
const Loss kLosses[] = {{"mse", mse_loss}, {"half_mse", half_mse_loss}};

TEST(Losses, HaveTheValuesAndGradientsOfTorch) {
  for (const Loss& loss : kLosses) {
    for (const std::string shape : {"vector", "matrix", "scalar", "column"}) {
      SCOPED_TRACE(loss.name + "_" + shape);
      const auto& entry = testing::layer_golden(loss.name + "_" + shape);
      const auto inputs = testing::layer_inputs(entry);
      testing::expect_layer_golden(entry, loss.f(inputs[0], inputs[1]), inputs);
    }
  }
}

TEST(Losses, AreKnownNumbers) {
  const Tensor prediction = tensor({1, 2, 4}), target = tensor({1, 4, 1});
  EXPECT_FLOAT_EQ(mse_loss(prediction, target).item(), 13.0f / 3);
  EXPECT_FLOAT_EQ(half_mse_loss(prediction, target).item(), 13.0f / 6);
  EXPECT_EQ(mse_loss(prediction, prediction).item(), 0);
  EXPECT_EQ(mse_loss(prediction, target).shape(), Shape{});
  EXPECT_EQ(half_mse_loss(prediction, target).dtype(), kFloat32);
}

TEST(Losses, HalfTheLossHasHalfTheGradientToTheBit) {
  const Variable a = gap_parameter({7, 2}, -1, 1, 1), b = gap_parameter({7, 2}, -1, 1, 2);
  const Variable whole = mse_loss(a, b), half = half_mse_loss(a, b);
  EXPECT_EQ(half.item(), whole.item() / 2);
  const Tensor dw = grad(whole, a).value(), dh = grad(half, a).value();
  for (std::size_t i = 0; i < 14; ++i) EXPECT_EQ(dh.to_vector()[i], dw.to_vector()[i] / 2);
}

TEST(Losses, GradientsAgreeWithDifferences) {
  for (const Loss& loss : kLosses) {
    for (const Shape& shape : {Shape{5}, Shape{4, 2}, Shape{3, 1}, Shape{}, Shape{1}}) {
      const Variable p = gap_parameter(shape, -1, 1, 1), t = gap_parameter(shape, -1, 1, 2);
      expect_gradients("mean_squared_error", [&](auto in) { return loss.f(in[0], in[1]); }, {p, t});
      // With a constant target, as in training.
      expect_gradients("mean_squared_error", [&](auto in) { return loss.f(in[0], t.value()); },
                       {p});
    }
  }
}

TEST(Losses, OfUnequalShapesAreErrors) {
  for (const Loss& loss : kLosses) {
    const auto expect = [&](const Shape& p, const Shape& t, const std::string& text) {
      expect_throws_text<ShapeError>([&] { loss.f(zeros(p), zeros(t)); },
                                     "[" + loss.name + "_loss] prediction is " + text +
                                         "; expected equal shapes; use reshape");
    };
    // Broadcasting would make [10, 10] of it, a loss of another problem.
    expect({10, 1}, {10}, "[10, 1] and target is [10]");
    expect({10}, {10, 1}, "[10] and target is [10, 1]");
    expect({10, 1}, {1, 1}, "[10, 1] and target is [1, 1]");
    expect({10}, {}, "[10] and target is []");
    expect({2, 3}, {3, 2}, "[2, 3] and target is [3, 2]");
  }
}

TEST(Losses, OfUndefinedVariablesAreErrors) {
  for (const Loss& loss : kLosses) {
    EXPECT_THROW(loss.f(Variable(), zeros({2})), Error);
    EXPECT_THROW(loss.f(zeros({2}), Variable()), Error);
  }
}

TEST(Losses, OfNothingAreNotANumber) {
  // 0 / 0, as in torch.
  for (const Loss& loss : kLosses) {
    EXPECT_TRUE(std::isnan(loss.f(zeros({0, 1}), zeros({0, 1})).item())) << loss.name;
  }
}

TEST(Losses, OfNanAreNan) {
  for (const Loss& loss : kLosses) {
    EXPECT_TRUE(std::isnan(loss.f(tensor({1, std::nan("")}), tensor({1, 2})).item())) << loss.name;
  }
}

TEST(Losses, GiveTheSameBitsOnAnyNumberOfThreads) {
  Generator rng(1);
  const Tensor p = uniform({70001}, -1, 1, rng), t = uniform({70001}, -1, 1, rng);
  for (const Loss& loss : kLosses) {
    testing::same_on_all_threads([&] { return loss.f(p, t).value(); });
    testing::same_on_all_threads([&] {
      const Variable x = parameter(p.clone());
      loss.f(x, t).backward();
      return x.grad().value();
    });
  }
}

}  // namespace
}  // namespace gradus::nn
