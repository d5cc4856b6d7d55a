// Losses against PyTorch's numbers, and where PyTorch has none.
#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops/sum.h"
#include "nn/losses/binary_cross_entropy.h"
#include "nn/losses/cosine.h"
#include "nn/losses/cross_entropy.h"
#include "nn/losses/gaussian_nll.h"
#include "nn/losses/half_mse.h"
#include "nn/losses/hinge_embedding.h"
#include "nn/losses/huber.h"
#include "nn/losses/kl_div.h"
#include "nn/losses/l1.h"
#include "nn/losses/margin_ranking.h"
#include "nn/losses/mse.h"
#include "nn/losses/multi_margin.h"
#include "nn/losses/nll.h"
#include "nn/losses/poisson_nll.h"
#include "nn/losses/smooth_l1.h"
#include "nn/losses/soft_margin.h"
#include "nn/losses/triplet_margin.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"
#include "tensor/random.h"
#include "tests/support/compare.h"
#include "tests/support/golden.h"
#include "tests/support/gradients.h"
#include "tests/support/module_cases.h"
#include "tests/support/threads.h"

namespace gradus::nn {
namespace {

using testing::check_function;
using testing::expect_close;
using testing::expect_gradients;
using testing::expect_same_bits;
using testing::gap_parameter;
using testing::Granted;
using testing::ModuleCase;
using Inputs = const std::vector<Variable>&;

Reduction reduction(const ModuleCase& c) {
  const std::string text = c.text("reduction");
  if (text == "none") return Reduction::kNone;
  return text == "sum" ? Reduction::kSum : Reduction::kMean;
}

Tensor constant(const ModuleCase& c, const char* name) {
  return c.has(name) ? testing::golden_tensor(c.args.at(name)).to(c.device, c.dtype) : Tensor();
}

TEST(Losses, OfDifferencesAreThoseOfPyTorch) {
  check_function("mse_loss", [](const ModuleCase& c, Inputs in) {
    return mse_loss(in[0], in[1], {.weight = constant(c, "weight"), .reduction = reduction(c)});
  });
  check_function("l1_loss", [](const ModuleCase& c, Inputs in) {
    return l1_loss(in[0], in[1], {.weight = constant(c, "weight"), .reduction = reduction(c)});
  });
  check_function("smooth_l1_loss", [](const ModuleCase& c, Inputs in) {
    return smooth_l1_loss(in[0], in[1], {.beta = c.number("beta"), .reduction = reduction(c)});
  });
  check_function("huber_loss", [](const ModuleCase& c, Inputs in) {
    return huber_loss(
        in[0], in[1],
        {.delta = c.number("delta"), .weight = constant(c, "weight"), .reduction = reduction(c)});
  });
}

TEST(Losses, OfClassesAreThoseOfPyTorch) {
  const auto ignored = [](const ModuleCase& c) {
    return c.has("ignore_index") ? c.integer("ignore_index") : -100;
  };
  check_function("nll_loss", [&](const ModuleCase& c, Inputs in) {
    return nll_loss(
        in[0], in[1],
        {.weight = constant(c, "weight"), .ignore_index = ignored(c), .reduction = reduction(c)});
  });
  check_function("cross_entropy", [&](const ModuleCase& c, Inputs in) {
    return nn::cross_entropy(
        in[0], in[1],
        {.weight = constant(c, "weight"),
         .ignore_index = ignored(c),
         .label_smoothing = c.has("label_smoothing") ? c.number("label_smoothing") : 0,
         .reduction = reduction(c)});
  });
  check_function("multi_margin_loss", [](const ModuleCase& c, Inputs in) {
    return multi_margin_loss(in[0], in[1],
                             {.p = static_cast<int>(c.integer("p")),
                              .margin = c.number("margin"),
                              .weight = constant(c, "weight"),
                              .reduction = reduction(c)});
  });
}

TEST(Losses, OfProbabilitiesAreThoseOfPyTorch) {
  check_function("binary_cross_entropy", [](const ModuleCase& c, Inputs in) {
    return binary_cross_entropy(in[0], in[1],
                                {.weight = constant(c, "weight"), .reduction = reduction(c)});
  });
  check_function("binary_cross_entropy_with_logits", [](const ModuleCase& c, Inputs in) {
    return binary_cross_entropy_with_logits(in[0], in[1],
                                            {.weight = constant(c, "weight"),
                                             .pos_weight = constant(c, "pos_weight"),
                                             .reduction = reduction(c)});
  });
  check_function("kl_div", [](const ModuleCase& c, Inputs in) {
    const std::string text = c.text("reduction");
    const auto by = text == "none"   ? KLDivReduction::kNone
                    : text == "mean" ? KLDivReduction::kMean
                    : text == "sum"  ? KLDivReduction::kSum
                                     : KLDivReduction::kBatchMean;
    return kl_div(in[0], in[1], {.reduction = by, .log_target = c.flag("log_target")});
  });
  check_function("poisson_nll_loss", [](const ModuleCase& c, Inputs in) {
    return poisson_nll_loss(in[0], in[1],
                            {.log_input = c.flag("log_input"),
                             .full = c.flag("full"),
                             .eps = c.number("eps"),
                             .reduction = reduction(c)});
  });
  check_function("gaussian_nll_loss", [](const ModuleCase& c, Inputs in) {
    return gaussian_nll_loss(
        in[0], in[1], in[2],
        {.full = c.flag("full"), .eps = c.number("eps"), .reduction = reduction(c)});
  });
}

TEST(Losses, WithMarginsAreThoseOfPyTorch) {
  check_function("hinge_embedding_loss", [](const ModuleCase& c, Inputs in) {
    return hinge_embedding_loss(in[0], in[1],
                                {.margin = c.number("margin"), .reduction = reduction(c)});
  });
  check_function("margin_ranking_loss", [](const ModuleCase& c, Inputs in) {
    return margin_ranking_loss(in[0], in[1], in[2],
                               {.margin = c.number("margin"), .reduction = reduction(c)});
  });
  check_function("soft_margin_loss", [](const ModuleCase& c, Inputs in) {
    return soft_margin_loss(in[0], in[1], {.reduction = reduction(c)});
  });
  check_function("cosine_similarity", [](const ModuleCase& c, Inputs in) {
    return cosine_similarity(in[0], in[1],
                             {.axis = static_cast<int>(c.integer("axis")), .eps = c.number("eps")});
  });
  check_function("cosine_embedding_loss", [](const ModuleCase& c, Inputs in) {
    return cosine_embedding_loss(in[0], in[1], in[2],
                                 {.margin = c.number("margin"), .reduction = reduction(c)});
  });
  check_function("triplet_margin_loss", [](const ModuleCase& c, Inputs in) {
    return triplet_margin_loss(in[0], in[1], in[2],
                               {.margin = c.number("margin"),
                                .p = c.number("p"),
                                .eps = c.number("eps"),
                                .swap = c.flag("swap"),
                                .reduction = reduction(c)});
  });
}

TEST(Losses, OfLargeLogitsAreExactAtBothEnds) {
  const Tensor x = tensor({1000, -1000, 1000, -1000, 40, -40}, kFloat64);
  const Tensor t = tensor({1, 0, 0, 1, 1, 0}, kFloat64);
  const double tail = std::log1p(std::exp(-40.0));  // what 1 - s(40) leaves
  const Tensor expected = tensor({0, 0, 1000, 1000, tail, tail}, kFloat64);
  for (const DType dtype : {kFloat64, kFloat32}) {
    const Variable logits = parameter(x.to(dtype));
    const Variable y =
        binary_cross_entropy_with_logits(logits, t.to(dtype), {.reduction = Reduction::kNone});
    expect_close(y.value(), expected, dtype == kFloat64 ? 1e-15 : 1e-6, 0);
    // The slope is s(x) - t: rounded at 1.
    expect_close(grad(sum(y), logits).value(), tensor({0, 0, 1, -1, 0, 0}, kFloat64), 0, 1e-15);
    const Variable soft = soft_margin_loss(logits, t * 2 - 1, {.reduction = Reduction::kNone});
    expect_close(soft.value(), expected, dtype == kFloat64 ? 1e-15 : 1e-6, 0);
    EXPECT_TRUE(std::isfinite(
        nn::cross_entropy(logits.value().reshape({3, 2}), tensor({0, 1, 1}, kInt64)).item()));
  }
}

TEST(Losses, OfLogitsHaveTheirSlopeAtZero) {
  // The formula has kinks there that cancel; weights that start with 0 give such logits.
  const Variable x = parameter(zeros({3}, kFloat64));
  const Variable t = tensor({0, 1, 0.25}, kFloat64);
  const Variable y = binary_cross_entropy_with_logits(x, t, {.reduction = Reduction::kSum});
  const Variable g = grad(y, x, {.create_graph = true});
  EXPECT_EQ(g.value().to_vector(), (std::vector<double>{0.5, -0.5, 0.25}));
  EXPECT_EQ(grad(sum(g), x).value().to_vector(), (std::vector<double>{0.25, 0.25, 0.25}));
  const Variable s = smooth_l1_loss(x, zeros({3}, kFloat64), {.reduction = Reduction::kSum});
  const Variable slope = grad(s, x, {.create_graph = true});
  EXPECT_EQ(grad(sum(slope), x).value().to_vector(), (std::vector<double>{1, 1, 1}));
}

TEST(Losses, TakeWholeAndBoolTargets) {
  const Tensor p = tensor({0.2, 0.7, 0.4}), t = tensor({0, 1, 1}, kFloat32);
  for (const DType dtype : {kBool, kUInt8, kInt32, kInt64, kFloat64}) {
    const Variable y = binary_cross_entropy(p, t.to(dtype));
    EXPECT_EQ(name(y.dtype()), name(dtype == kFloat64 ? kFloat64 : kFloat32));
    // float64 computes the logarithms again.
    EXPECT_NEAR(y.item(), binary_cross_entropy(p, t).item(), 1e-7);
    EXPECT_NEAR(mse_loss(p, t.to(dtype)).item(), mse_loss(p, t).item(), 1e-7);
  }
}

TEST(Losses, OfHalfTypesAreRoundedOnce) {
  Generator rng(1);
  const Tensor a = uniform({1000}, -3, 3, rng), b = uniform({1000}, 0, 1, rng);
  for (const DType dtype : {kFloat16, kBFloat16}) {
    const Tensor x = a.to(dtype), t = b.to(dtype);
    const auto wide = [](const Tensor& h) { return h.to(kFloat32); };
    EXPECT_EQ(mse_loss(x, t).item(), mse_loss(wide(x), wide(t)).value().to(dtype).item());
    EXPECT_EQ(binary_cross_entropy_with_logits(x, t).item(),
              binary_cross_entropy_with_logits(wide(x), wide(t)).value().to(dtype).item());
    EXPECT_EQ(gaussian_nll_loss(x, t, ones({1000}, dtype)).item(),
              gaussian_nll_loss(wide(x), wide(t), ones({1000})).value().to(dtype).item());
    const Variable leaf = parameter(x);
    EXPECT_EQ(name(grad(huber_loss(leaf, t), leaf).dtype()), name(dtype));
  }
}

TEST(Losses, HalfTheLossHasHalfTheGradientToTheBit) {
  const Variable a = gap_parameter({7, 2}, -1, 1, 1), b = gap_parameter({7, 2}, -1, 1, 2);
  for (const Reduction by : {Reduction::kMean, Reduction::kSum}) {
    const Variable whole = mse_loss(a, b, {.reduction = by});
    const Variable half = half_mse_loss(a, b, {.reduction = by});
    EXPECT_EQ(half.item(), whole.item() / 2);
    const Tensor dw = grad(whole, a).value(), dh = grad(half, a).value();
    for (std::size_t i = 0; i < 14; ++i) EXPECT_EQ(dh.to_vector()[i], dw.to_vector()[i] / 2);
  }
  expect_gradients("mean_squared_error", [](auto in) { return half_mse_loss(in[0], in[1]); },
                   {a, b});
}

TEST(Losses, OfNothingAreNotANumberAsMeans) {
  // 0 / 0, as in PyTorch; the tables hold it too. Targets that are all ignored are nothing.
  EXPECT_TRUE(std::isnan(mse_loss(zeros({0, 1}), zeros({0, 1})).item()));
  const Variable x = parameter(ones({2, 3}));
  const Variable y = nll_loss(x, tensor({-100, -100}, kInt64));
  EXPECT_TRUE(std::isnan(y.item()));
  EXPECT_EQ(grad(y, x).value().to_vector(), std::vector<double>(6, 0));
  EXPECT_EQ(nll_loss(zeros({0, 0}), zeros({0}, kInt64), {.reduction = Reduction::kSum}).item(), 0);
  EXPECT_EQ(
      nll_loss(zeros({2, 3, 0}), zeros({2, 0}, kInt64), {.reduction = Reduction::kNone}).shape(),
      (Shape{2, 0}));
}

TEST(Losses, OfVectorsOfZerosAreZeroWithAFiniteSlope) {
  const Variable x = parameter(zeros({2, 3}, kFloat64));
  const Variable y = cosine_similarity(x, ones({2, 3}, kFloat64));
  EXPECT_EQ(y.value().to_vector(), (std::vector<double>{0, 0}));
  for (double slope : grad(sum(y), x).value().to_vector()) EXPECT_TRUE(std::isfinite(slope));
}

TEST(Losses, BearTheLineOfTheirCaller) {
  const Variable x = parameter(ones({2, 3}));
  const auto expect_line = [](const Variable& y, unsigned line) {
    EXPECT_EQ(y.node()->where().line(), line);
    EXPECT_NE(std::string(y.node()->where().file_name()).find("losses_test"), std::string::npos);
  };
  expect_line(l1_loss(x, ones({2, 3})), __LINE__);
  expect_line(nll_loss(x, tensor({0, 1}, kInt64)), __LINE__);
  const MSELoss loss;
  expect_line(loss(x, ones({2, 3})), __LINE__);
}

TEST(LossModules, AreTheFunctions) {
  const Variable x = gap_parameter({4, 3}, 0.1, 0.9, 1), t = gap_parameter({4, 3}, 0.1, 0.9, 2);
  const Tensor classes = tensor({0, 2, 1, 1}, kInt64);
  expect_same_bits(MSELoss({.reduction = Reduction::kSum})(x, t).value(),
                   mse_loss(x, t, {.reduction = Reduction::kSum}).value());
  expect_same_bits(L1Loss()(x, t).value(), l1_loss(x, t).value());
  expect_same_bits(GaussianNLLLoss()(x, t, t).value(), gaussian_nll_loss(x, t, t).value());
  expect_same_bits(CrossEntropyLoss({.label_smoothing = 0.1})(x, classes).value(),
                   gradus::cross_entropy(x, classes, {.label_smoothing = 0.1}).value());
  EXPECT_EQ(to_string(SmoothL1Loss({.beta = 2})), "SmoothL1Loss()");
}

TEST(LossModules, KeepTheirWeightsAsBuffers) {
  struct Model : Module {
    Model() = default;
    Child<CrossEntropyLoss> loss =
        child("loss", CrossEntropyLoss({.weight = tensor({1, 2, 3}), .ignore_index = 1}));
    Child<BCEWithLogitsLoss> other =
        child("other", BCEWithLogitsLoss({.pos_weight = tensor({2, 2})}));
  };
  const Model model, copy = deep_copy(model);
  std::vector<std::string> names;
  for (const auto& [name, value] : model.state_dict()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"loss.weight", "other.pos_weight"}));
  EXPECT_TRUE(model.parameters().empty());
  const Tensor x = tensor({0.1, 0.4, 0.2, 0.7, 0.3, 0.9}).reshape({2, 3});
  const Tensor t = tensor({0, 2}, kInt64);
  const double before = copy.loss(x, t).item();
  model.loss->weight.value().fill(7);
  EXPECT_EQ(copy.loss(x, t).item(), before);
  EXPECT_NE(model.loss(x, t).item(), before) << "the buffer counts, as for a loaded file";
  model.to(kFloat64);
  EXPECT_EQ(name(model.loss->weight.dtype()), "float64");
}

TEST(Losses, GiveTheSameBitsOnAnyNumberOfThreads) {
  Generator rng(1);
  const Tensor p = uniform({70001}, 0, 1, rng), t = uniform({70001}, 0, 1, rng);
  using Loss = Variable (*)(const Variable&, const Tensor&);
  const std::vector<Loss> losses = {
      [](const Variable& x, const Tensor& y) { return mse_loss(x, y); },
      [](const Variable& x, const Tensor& y) { return huber_loss(x, y, {.delta = 0.3}); },
      [](const Variable& x, const Tensor& y) { return binary_cross_entropy(x, y); },
  };
  for (const Loss loss : losses) {
    testing::same_on_all_threads([&] { return loss(p, t).value(); });
    testing::same_on_all_threads([&] {
      const Variable x = parameter(p.clone());
      loss(x, t).backward();
      return x.grad().value();
    });
  }
}

}  // namespace
}  // namespace gradus::nn
