// Groups by rules on names and ranks.
#include "optim/groups.h"

#include <gtest/gtest.h>

#include "nn/linear.h"
#include "optim/optimizer.h"
#include "optim/rules/adamw.h"
#include "optim/rules/sgd.h"
#include "optim/schedules/warmup.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;

Variable weight(const Shape& shape) { return parameter(ones(shape)); }

NamedParameters model() {
  return {{"embed.weight", weight({5, 2})},   {"layer.0.weight", weight({2, 2})},
          {"layer.0.bias", weight({2})},      {"layer.0.norm.scale", weight({2})},
          {"layer.1.weight", weight({2, 2})}, {"layer.1.bias", weight({2})},
          {"head.weight", weight({3, 2})}};
}

TEST(Patterns, FitWholeNames) {
  EXPECT_TRUE(fits_pattern("layer.0.bias", "*.bias"));
  EXPECT_TRUE(fits_pattern("layer.0.bias", "layer.?.bias"));
  EXPECT_TRUE(fits_pattern("layer.0.bias", "*"));
  EXPECT_TRUE(fits_pattern("layer.0.bias", "layer*0*bias**"));
  EXPECT_TRUE(fits_pattern("aab", "*ab"));
  EXPECT_TRUE(fits_pattern("", "*"));
  EXPECT_TRUE(fits_pattern("", ""));
  EXPECT_FALSE(fits_pattern("layer.0.bias", "bias"));
  EXPECT_FALSE(fits_pattern("layer.0.bias", "*.bia"));
  EXPECT_FALSE(fits_pattern("layer.10.bias", "layer.?.bias"));
  EXPECT_FALSE(fits_pattern("a", ""));
  EXPECT_FALSE(fits_pattern("", "?"));
}

TEST(GroupsByName, ChangeOnlyWhatTheySay) {
  Optimizer<AdamW> optimizer(groups(model())
                                 .match("*.bias", "*norm*")
                                 .set({.name = "no decay", .weight_decay = 0})
                                 .match("embed.*")
                                 .set({.lr_scale = 0.1, .others = {{"eps", 1e-6}}})
                                 .rest(),
                             {.lr = 0.5, .weight_decay = 0.25});
  EXPECT_EQ(optimizer.group("no decay").weight_decay, 0);
  EXPECT_EQ(optimizer.group("no decay").lr, 0.5);
  EXPECT_EQ(optimizer.group("embed.*").weight_decay, 0.25);
  EXPECT_EQ(optimizer.group("embed.*").lr, 0.05);
  EXPECT_EQ(optimizer.group("embed.*").eps, 1e-6);
  EXPECT_EQ(optimizer.group().lr, 0.5);
  EXPECT_EQ(optimizer.group().weight_decay, 0.25);
  const std::string table = optimizer.table();
  EXPECT_EQ(table.substr(0, table.find("embed.*")),
            "group     parameter           shape   dtype    lr    beta1  beta2  eps    "
            "eps_placement  bias_correction  weight_decay  decay_mode\n"
            "no decay  layer.0.bias        [2]     float32  0.5   0.9    0.999  1e-08  0         "
            "     1                0             1\n"
            "no decay  layer.0.norm.scale  [2]     float32  0.5   0.9    0.999  1e-08  0         "
            "     1                0             1\n"
            "no decay  layer.1.bias        [2]     float32  0.5   0.9    0.999  1e-08  0         "
            "     1                0             1\n");
}

TEST(GroupsByName, TakeAModule) {
  Generator rng(1);
  const nn::Linear linear(3, 2, rng);
  Optimizer<SGD> optimizer(groups(linear).match("bias").set({.lr = 0.25}).rest(), {.lr = 0.5});
  EXPECT_EQ(optimizer.group("bias").lr, 0.25);
  EXPECT_EQ(optimizer.group().lr, 0.5);
}

TEST(GroupsByName, CanGoByRankOrAnythingElse) {
  Optimizer<AdamW> by_rank(groups(model()).match_rank(0, 1).set({.weight_decay = 0}).rest());
  EXPECT_EQ(by_rank.group("rank 0..1").weight_decay, 0);
  EXPECT_EQ(by_rank.group().weight_decay, 1e-2);
  EXPECT_EQ(by_rank.state_dict().groups.size(), 2u);
  Optimizer<AdamW> large(
      groups(model())
          .match_if("large", [](const std::string&, const Variable& x) { return x.numel() > 5; })
          .set({.lr = 1e-4})
          .rest());
  EXPECT_EQ(large.group("large").lr, 1e-4);
}

TEST(GroupsByName, GiveEachLayerItsRate) {
  Optimizer<AdamW> optimizer(
      groups(model()).layerwise(0.5, {"embed.*", "layer.0.*", "layer.1.*", "head.*"}), {.lr = 1});
  EXPECT_EQ(optimizer.group("embed.*").lr, 0.125);
  EXPECT_EQ(optimizer.group("layer.0.*").lr, 0.25);
  EXPECT_EQ(optimizer.group("layer.1.*").lr, 0.5);
  EXPECT_EQ(optimizer.group("head.*").lr, 1);
  // A schedule of lr keeps the shares.
  optimizer.schedule("lr", schedules::Warmup{.steps = 4, .then = 2});
  optimizer.step();
  EXPECT_EQ(optimizer.group("head.*").lr, 0);
  optimizer.step();
  EXPECT_EQ(optimizer.group("head.*").lr, 0.5);
  EXPECT_EQ(optimizer.group("embed.*").lr, 0.0625);
}

TEST(GroupsByName, RefuseWhatIsMatchedTwiceOrByNone) {
  const auto refused = [](const auto& make, const std::string& text) {
    expect_throws_text<ConfigError>([&] { Optimizer<AdamW> optimizer(make()); }, text);
  };
  refused([] { return groups(model()).match("*.bias").match("layer.*").rest(); },
          "[groups] parameter 'layer.0.bias' is in '*.bias' and fits 'layer.*' too; expected one "
          "group");
  refused(
      [] {
        return groups(model()).match("*.bias").set({.name = "biases"}).match("layer.*").rest();
      },
      "[groups] parameter 'layer.0.bias' is in 'biases' and fits 'layer.*' too; expected one "
      "group");
  refused([] { return groups(model()).match("*.bias", "*norm*").match("layer.*.weight"); },
          "[groups] no group for 'embed.weight', 'head.weight'; expected a match for each "
          "parameter, or rest()");
  refused([] { return groups(model()).match("*.bais").rest(); },
          "[groups] match '*.bais': no parameter fits; expected a pattern for one of "
          "'embed.weight', 'layer.0.weight', 'layer.0.bias', 'layer.0.norm.scale', "
          "'layer.1.weight', 'layer.1.bias', 'head.weight'");
  refused([] { return groups(model()).set({.lr = 1}); },
          "[groups] set: no group; expected a match before it");
  refused(
      [] {
        return groups(model())
            .match("*.bias")
            .set({.name = "one"})
            .match("*norm*")
            .set({.name = "one"});
      },
      "[groups] group: 'one' is there already; expected a new name");
  refused([] { return groups(model()).layerwise(0, {"*"}); },
          "[groups] decay: 0; expected decay > 0 and finite");
  refused([] { return groups(model()).match("*").set({.lr = -1}); },
          "[AdamW] lr: -1; expected lr >= 0 and finite");
  refused([] { return groups(model()).match("*").set({.lr_scale = 0}); },
          "[AdamW] lr_scale: 0; expected lr_scale > 0 and finite");
  refused([] { return groups(model()).match("*").set({.momentum = 0.9}); },
          "[AdamW] hyper-parameter: 'momentum'; expected one of lr, beta1, beta2, eps, "
          "eps_placement, bias_correction, weight_decay, decay_mode");
}

TEST(GroupsByName, ListAtMostEightNames) {
  NamedParameters many;
  for (int i = 0; i < 20; ++i) many.emplace_back("p" + std::to_string(i), weight({1}));
  expect_throws_text<ConfigError>(
      [&] { Optimizer<SGD> optimizer(groups(many).match("p1")); },
      "[groups] no group for 'p0', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8' and 11 more; expected "
      "a match for each parameter, or rest()");
}

}  // namespace
}  // namespace gradus::testing
