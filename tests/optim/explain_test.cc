// What an optimizer tells people about itself.
#include <gtest/gtest.h>

#include "optim/optimizer.h"
#include "optim/rules/adamw.h"
#include "optim/rules/momentum.h"
#include "optim/rules/nesterov.h"
#include "optim/rules/sgd.h"
#include "optim/schedules/warmup.h"
#include "tensor/memory.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;

TEST(Explain, WritesTheFormulaWithTheOptionsInForce) {
  Optimizer<Adam> optimizer({{"w", parameter(zeros({2, 3}))}}, {.lr = 0.25, .beta2 = 0.75});
  EXPECT_EQ(optimizer.explain(),
            "Adam, group 'default': 1 parameters, 6 elements\n"
            "  lr 0.25, beta1 0.9, beta2 0.75, eps 1e-08, eps_placement 0, bias_correction 1, "
            "weight_decay 0, decay_mode 0\n"
            "  in step 1, where g is the gradient (x' is the new x):\n"
            "    m' = 0.9*m + 0.1*g\n"
            "    v' = 0.75*v + 0.25*(g*g)\n"
            "    theta' = theta - 0.25*(m'*10)/(sqrt(v'*4) + 1e-08)\n"
            "  state: 8 bytes per element\n");
  optimizer.group().eps_placement = AdamEps::kInside;
  optimizer.group().bias_correction = false;
  const std::string inside = optimizer.explain();
  EXPECT_NE(inside.find("theta' = theta - 0.25*m'/sqrt(v' + 1e-08)\n"), std::string::npos)
      << inside;
}

TEST(Explain, NamesDecayClippingAndSchedules) {
  const Variable x = parameter(zeros({4}, kBFloat16));
  Optimizer<AdamW> optimizer({{"w", x}}, {.lr = 0.5, .weight_decay = 0.125});
  optimizer.options().clip_norm = 2;
  optimizer.options().maximize = true;
  std::string text = optimizer.explain();
  EXPECT_NE(text.find("    theta <- theta - 0.0625*theta\n"), std::string::npos) << text;
  EXPECT_NE(text.find("where g is the gradient with the other sign, to maximise, scaled to a norm "
                      "of all of at most 2 (x'"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  state: 10 bytes per element, 2 of them for a split float32 master\n"),
            std::string::npos)
      << text;
  optimizer.group().decay_mode = DecayMode::kL2;
  optimizer.schedule("lr", schedules::Warmup{.steps = 4, .then = 1, .skip_zero = true});
  text = optimizer.explain();
  EXPECT_NE(text.find("    g <- g + 0.125*theta\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  lr follows a schedule, which says 0.25 for step 1\n"), std::string::npos)
      << text;
  optimizer.group().decay_mode = DecayMode::kFullyDecoupled;
  text = optimizer.explain();
  EXPECT_NE(text.find("    theta <- theta - 0.125*theta\n  "), std::string::npos) << text;
  EXPECT_NE(text.find("  note: weight_decay 0.125 is taken whole in a step at max_lr 0.5; in "
                      "torch.optim.AdamW, where lr multiplies it, the same is 0.25\n"),
            std::string::npos)
      << text;
}

TEST(Explain, WorksForEveryRule) {
  for (const std::string& rule : rule_names()) {
    const auto optimizer = make_optimizer(rule, {{"w", parameter(zeros({2}))}});
    const auto* const engine = dynamic_cast<const Engine*>(optimizer.get());
    if (engine == nullptr) continue;
    const std::string text = engine->explain();
    EXPECT_NE(text.find(rule + ", group 'default'"), std::string::npos) << text;
    if (optimizer->is_elementwise()) {
      EXPECT_NE(text.find("theta' = "), std::string::npos) << text;
    }
    RecordProperty(rule, text);
  }
  Optimizer<Nesterov> nesterov({{"w", parameter(zeros({2}))}}, {.lr = 0.5, .momentum = 0.75});
  EXPECT_NE(nesterov.explain().find("v' = 0.75*v + g\n"), std::string::npos) << nesterov.explain();
}

TEST(MemoryPlan, IsWhatTrainingThenTakes) {
  for (const DType dtype : {kBFloat16, kFloat32, kFloat64}) {
    for (const std::string& rule : rule_names()) {
      const Variable a = parameter(zeros({1000}, dtype)), b = parameter(zeros({20, 30}, dtype));
      const auto optimizer = make_optimizer(rule, {{"a", a}, {"b", b}});
      const auto* const engine = dynamic_cast<const Engine*>(optimizer.get());
      if (engine == nullptr) continue;
      const MemoryPlan plan = engine->memory_plan();
      const auto bytes = static_cast<std::int64_t>(1600 * size_of(dtype));
      EXPECT_EQ(plan.parameters, bytes);
      EXPECT_EQ(plan.gradients, bytes);
      EXPECT_EQ(plan.allocated, 0);
      a.set_grad(ones({1000}, dtype));
      b.set_grad(ones({20, 30}, dtype));
      const std::int64_t before = memory_stats().current_bytes;
      optimizer->step();
      EXPECT_EQ(memory_stats().current_bytes - before, plan.state) << rule << name(dtype);
      EXPECT_EQ(engine->memory_plan().allocated, plan.state);
    }
  }
}

TEST(MemoryPlan, ListsEachParameter) {
  Variable frozen = parameter(zeros({3}));
  frozen.set_requires_grad(false);
  const Optimizer<Momentum> optimizer(
      {{"w", parameter(zeros({2, 5}, kBFloat16))}, {"frozen", frozen}});
  EXPECT_EQ(optimizer.memory_plan().table,
            "parameter  dtype     elements  value  gradient  state\n"
            "w          bfloat16  10        20     20        60\n"
            "frozen     float32   3         12     0         0\n");
}

}  // namespace
}  // namespace gradus::testing
