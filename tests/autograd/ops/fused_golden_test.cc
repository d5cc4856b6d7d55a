// Operations that are several in one recorded step: values, gradients and second gradients against
// PyTorch, tests/golden/make_fused_gradients.py.
#include <gtest/gtest.h>

#include <map>

#include "autograd/ops/attention.h"
#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/embedding.h"
#include "autograd/ops/layer_norm.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/softmax.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/square.h"
#include "tests/support/golden.h"
#include "tests/support/golden_gradients.h"

namespace gradus::testing {
namespace {

using Inputs = const std::vector<Variable>&;

// Both sides are short sums of products and exponentials in float64.
constexpr double kRelative = 1e-12, kAbsolute = 1e-13;
// The numbers lie 300 from 0, so that their differences, which the second derivative takes to the
// third power, have lost 3 digits on both sides.
constexpr double kFar = 1e-10;

GoldenFunction attention(const AttentionOptions& options = {}) {
  return [=](Inputs x) {
    AttentionOptions now = options;
    if (x.size() == 4) now.mask = x[3];
    return scaled_dot_product_attention(x[0], x[1], x[2], now);
  };
}

GoldenFunction norm_over(const Axes& axes, double eps = 1e-5) {
  return [=](Inputs x) {
    if (x.size() == 1) return layer_norm(x[0], axes, Variable(), Variable(), eps);
    if (x.size() == 2) return layer_norm(x[0], axes, x[1], Variable(), eps);
    return layer_norm(x[0], axes, x[1], x[2], eps);
  };
}

GoldenFunction softmax_along(int axis) {
  return [=](Inputs x) { return softmax(x[0], axis); };
}
GoldenFunction log_softmax_along(int axis) {
  return [=](Inputs x) { return log_softmax(x[0], axis); };
}
GoldenFunction affine() {
  return [](Inputs x) {
    return x.size() == 2 ? square(linear(x[0], x[1])) : linear(x[0], x[1], x[2]);
  };
}

std::map<std::string, GoldenFunction> functions() {
  const Tensor some = tensor({{1, 0, 1, 1}, {0, 0, 1, 0}}, kBool);
  const Tensor none_in_row = tensor({{1, 0, 1}, {0, 0, 0}}, kBool);
  const Tensor none_before = tensor({{0, 1, 1}, {1, 1, 1}, {1, 0, 1}}, kBool);
  const Tensor rows = tensor({{1, 3, 1}, {0, 1, 3}}, kInt64), more = tensor({1, 3, 1, 4}, kInt32);
  return {
      {"softmax", softmax_along(1)},
      {"softmax_middle", softmax_along(1)},
      {"softmax_long", softmax_along(-1)},
      {"softmax_number", softmax_along(0)},
      {"softmax_far", softmax_along(0)},
      {"softmax_hidden", softmax_along(0)},
      {"log_softmax", log_softmax_along(1)},
      {"log_softmax_first", log_softmax_along(0)},
      {"log_softmax_long", log_softmax_along(-1)},
      {"log_softmax_far", log_softmax_along(0)},
      {"layer_norm", norm_over(-1)},
      {"layer_norm_plain", norm_over(-1, 0.1)},
      {"layer_norm_weight", norm_over({1, 2})},
      {"layer_norm_bias", [](Inputs x) { return layer_norm(x[0], -1, Variable(), x[1]); }},
      {"layer_norm_axes", norm_over({2, 0}, 0.01)},
      {"layer_norm_long", norm_over(-1)},
      {"layer_norm_one", norm_over(-1)},
      {"linear", affine()},
      {"linear_batch", affine()},
      {"linear_vector", affine()},
      {"linear_plain", affine()},
      {"embedding", [=](Inputs x) { return square(embedding(x[0], rows)); }},
      {"embedding_padding", [=](Inputs x) { return square(embedding(x[0], more, -4)); }},
      {"attention", attention()},
      {"attention_heads", attention()},
      {"attention_shared", attention()},
      {"attention_scale", attention({.scale = 0.3})},
      {"attention_causal", attention({.is_causal = true})},
      {"attention_causal_wide", attention({.is_causal = true})},
      {"attention_mask", attention({.mask = some})},
      {"attention_hidden", attention({.mask = none_in_row})},
      {"attention_hidden_causal", attention({.mask = none_before, .is_causal = true})},
      {"attention_added", attention()},
      {"attention_added_heads", attention()},
      {"attention_added_hidden", attention()},
  };
}

// The name says which options, as the script makes them.
GoldenFunction cross_entropy_of(const std::string& name) {
  const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
  CrossEntropyOptions options;
  if (has("_none")) options.reduction = Reduction::kNone;
  if (has("_sum")) options.reduction = Reduction::kSum;
  if (has("_smooth")) options.label_smoothing = 0.3;
  const bool four = !has("soft") && !has("_planes") && !has("_vector");
  if (has("_weight")) {
    options.weight = four ? tensor({0.5, 2, 1, 0.25}, kFloat64) : tensor({0.5, 2, 1}, kFloat64);
  }
  if (has("soft")) return [=](Inputs x) { return cross_entropy(x[0], x[1], options); };
  Tensor target = tensor({2, 0, 3, 2}, kInt64);
  if (has("_ignored")) {
    target = tensor({2, 1, 3, 1}, kInt32);
    options.ignore_index = 1;
  }
  if (has("_planes")) target = tensor({{{1, 0}, {2, 2}}, {{0, 0}, {1, 2}}}, kUInt8);
  if (has("_vector")) target = tensor(1, kInt64);
  return [=](Inputs x) { return cross_entropy(x[0], target, options); };
}

TEST(FusedGradientsGolden, AreThoseOfPyTorch) {
  auto expected = golden("fused_gradients")["smooth"];
  expect_golden_gradients("layer_norm_far", expected.at("layer_norm_far"), norm_over(-1), kFar,
                          kFar);
  expected.erase("layer_norm_far");
  std::size_t run = 0;
  for (const auto& [name, f] : functions()) {
    expect_golden_gradients(name, expected.at(name), f, kRelative, kAbsolute);
    ++run;
  }
  for (const auto& [name, numbers] : expected.items()) {
    if (name.find("cross_entropy") == std::string::npos) continue;
    expect_golden_gradients(name, numbers, cross_entropy_of(name), kRelative, kAbsolute);
    ++run;
  }
  EXPECT_EQ(run, expected.size());
}

TEST(FusedGradientsGolden, AtKinksAreThoseOfPyTorch) {
  const auto expected = golden("fused_gradients")["kinks"];
  const Tensor both = tensor({1, 1}, kInt64);
  const auto loss = [=](const CrossEntropyOptions& options) {
    return [=](Inputs x) { return cross_entropy(x[0], both, options); };
  };
  const std::map<std::string, GoldenFunction> functions = {
      {"softmax_nan", softmax_along(1)},
      {"log_softmax_nan", log_softmax_along(1)},
      {"layer_norm_equal",
       [](Inputs x) {
         return layer_norm(x[0], 1) * tensor({3, 1, 2}, kFloat64);
       }},
      {"cross_entropy_all_ignored", loss({.ignore_index = 1})},
      {"cross_entropy_all_ignored_weight",
       loss({.weight = tensor({1, 2}, kFloat64), .ignore_index = 1, .label_smoothing = 0.1})},
      {"cross_entropy_no_weight", loss({.weight = tensor({1, 0}, kFloat64)})},
      {"cross_entropy_hidden", loss({})},
      {"cross_entropy_certain", loss({})},
  };
  EXPECT_EQ(expected.size(), functions.size());
  for (const auto& [name, f] : functions) {
    expect_golden_first(name, expected.at(name), f, kRelative, kAbsolute);
  }
}

}  // namespace
}  // namespace gradus::testing
