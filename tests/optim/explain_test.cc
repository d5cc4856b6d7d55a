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

// The lines between "(x' is the new x):" and "state:".
std::string formula_of(const std::string& rule, const std::map<std::string, double>& settings,
                       int steps = 0) {
  const Variable w = parameter(ones({2, 3}));
  const auto optimizer = make_optimizer(rule, {{"w", w}}, settings);
  w.set_grad(ones({2, 3}));
  for (int t = 0; t < steps; ++t) optimizer->step();
  const std::string text = dynamic_cast<const Engine&>(*optimizer).explain();
  const std::size_t begin = text.find(":\n    ") + 2;
  return text.substr(begin, text.find("  state: ") - begin);
}

TEST(Explain, WritesScaledRulesWithTheirSums) {
  EXPECT_EQ(formula_of("LAMB", {{"beta2", 0.75}, {"eps", 0.5}, {"norm_limit", 2}}),
            "    m' = 0.9*m + 0.1*g\n"
            "    v' = 0.75*v + 0.25*(g*g)\n"
            "    A = sum of theta*theta\n"
            "    B = sum of (m'*10/(sqrt(v'*4) + 0.5) + 0.01*theta)*(m'*10/(sqrt(v'*4) + 0.5) + "
            "0.01*theta)\n"
            "    s = 0.001*min(sqrt(A), 2)/sqrt(B), 0.001 if A or B is 0\n"
            "    theta' = theta - s*(m'*10/(sqrt(v'*4) + 0.5) + 0.01*theta)\n");
  EXPECT_EQ(formula_of("LARS", {{"trust", 0.5}, {"lr_placement", 0}}),
            "    v' = 0.9*v + g + 0.0005*theta\n"
            "    A = sum of theta*theta\n"
            "    B = sum of g*g\n"
            "    s = 0.05*sqrt(A)/(sqrt(B) + 0.0005*sqrt(A)), 0.1 if A or B is 0\n"
            "    theta' = theta - s*v'\n");
  EXPECT_EQ(formula_of("StableAdamW", {{"beta2", 0.75}, {"eps", 0.5}, {"weight_decay", 0}}),
            "    m' = 0.9*m + 0.1*g\n"
            "    v' = 0.75*v + 0.25*(g*g)\n"
            "    A = sum of g/max(sqrt(v'*4), 0.5)*(g/max(sqrt(v'*4), 0.5))\n"
            "    s = 0.001/max(1, sqrt(A/n)), n elements\n"
            "    theta' = theta - s*(m'*10/(sqrt(v'*4) + 0.5))\n");
}

TEST(Explain, WritesMatrixRulesInWords) {
  EXPECT_EQ(formula_of("Muon", {{"scale", 1}, {"nesterov", 0}, {"lr", 0.5}, {"rounds", 3}}),
            "    B' = 0.95*B + 0.05*g\n"
            "    O = 3 rounds of Newton-Schulz on B' over its norm, at least 1e-07\n"
            "    theta' = theta - 0.05*theta - 0.1*sqrt(max(rows, columns))*O\n");
  EXPECT_EQ(formula_of("SOAP", {}),
            "    L' = 0.95*L + 0.05*g*g^T\n"
            "    R' = 0.95*R + 0.05*g^T*g\n"
            "    Q_L', Q_R' = eigenvectors of L', R'\n"
            "    theta' = theta\n");
  EXPECT_EQ(formula_of("SOAP", {{"frequency", 1}, {"weight_decay", 0}, {"beta2", 0}}, 1),
            "    m' = 0.95*m + 0.05*g\n"
            "    v' = (Q_L^T*g*Q_R)^2\n"
            "    u = Q_L*[Q_L^T*m'*Q_R/(sqrt(v') + 1e-08)]*Q_R^T\n"
            "    theta' = theta - 0.06*u\n"
            "    L' = 0.95*L + 0.05*g*g^T\n"
            "    R' = 0.95*R + 0.05*g^T*g\n"
            "    Q_L', Q_R' = QR of L'*Q_L, R'*Q_R, sorted, as is v'\n");
  EXPECT_EQ(formula_of("Adafactor", {{"beta1", 0.9}, {"weight_decay", 0.5}}),
            "    row' = row means of (g*g + 1e-30)\n"
            "    column' = column means of (g*g + 1e-30)\n"
            "    V = row'*column'/mean(row'); of a vector v' = (g*g + 1e-30)\n"
            "    u = g/sqrt(V), divided by max(1, RMS(u)/1)\n"
            "    alpha = 0.01*max(0.001, RMS(theta))\n"
            "    m' = 0.9*m + 0.1*alpha*u\n"
            "    theta' = theta - 0.5*alpha*theta - m'\n");
  const std::string came = formula_of("CAME", {{"beta3", 0.75}});
  EXPECT_NE(came.find("    s_row' = 0.75*s_row + 0.25*row means of ((u - m')*(u - m') + 1e-16)\n"),
            std::string::npos)
      << came;
  EXPECT_NE(came.find("    theta' = theta - 0.0002*m'/sqrt(S)\n"), std::string::npos) << came;
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
    EXPECT_NE(text.find("    theta' = "), std::string::npos) << text;
    RecordProperty(rule, text);
  }
  Optimizer<Nesterov> nesterov({{"w", parameter(zeros({2}))}}, {.lr = 0.5, .momentum = 0.75});
  EXPECT_NE(nesterov.explain().find("v' = 0.75*v + g\n"), std::string::npos) << nesterov.explain();
}

TEST(MemoryPlan, IsWhatTrainingThenTakes) {
  for (const DType dtype : {kBFloat16, kFloat32, kFloat64}) {
    for (const std::string& rule : rule_names()) {
      const Variable a = parameter(zeros({5000}, dtype)), b = parameter(zeros({20, 30}, dtype));
      const auto optimizer = make_optimizer(rule, {{"a", a}, {"b", b}});
      const auto* const engine = dynamic_cast<const Engine*>(optimizer.get());
      if (engine == nullptr) continue;
      const MemoryPlan plan = engine->memory_plan();
      const auto bytes = static_cast<std::int64_t>(5600 * size_of(dtype));
      EXPECT_EQ(plan.parameters, bytes);
      EXPECT_EQ(plan.gradients, bytes);
      EXPECT_EQ(plan.allocated, 0);
      a.set_grad(ones({5000}, dtype));
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
