// Paths of other libraries' formulas: ours go the same way after every step, with the same state,
// and each path is told apart from all the others.
#include "optim/conformance.h"

#include <gtest/gtest.h>

#include <cmath>

#include "optim/optimizer.h"
#include "tests/support/compare.h"
#include "tests/support/golden.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;
using Hyper = std::map<std::string, double>;

// As in make_variants.py and make_trajectories.py.
Tensor gradient_of(const Tensor& start, int t) {
  std::vector<double> g;
  for (int i = 0; i < start.numel(); ++i) {
    g.push_back((t <= 8 ? 1 : -0.01) * (std::sin(0.9 * i + 0.37 * t) + 0.2));
  }
  return from_values(g, start.shape(), kFloat64);
}

Trajectory trajectory_of(const Tensor& start, const nlohmann::json& steps) {
  Trajectory path{.start = start, .gradients = {}, .after = {}};
  for (const auto& step : steps) {
    path.gradients.push_back(gradient_of(start, static_cast<int>(path.gradients.size()) + 1));
    path.after.push_back(from_values(golden_numbers(step.at("theta")), start.shape(), kFloat64));
  }
  return path;
}

// Eigenvectors and the columns of QR are known but for their signs: gives those of Q to P.
void turn_columns(std::vector<double>& P, const std::vector<double>& Q) {
  const auto n = static_cast<std::size_t>(std::sqrt(static_cast<double>(Q.size())));
  for (std::size_t j = 0; j < n; ++j) {
    double same = 0;
    for (std::size_t i = 0; i < n; ++i) same += P[i * n + j] * Q[i * n + j];
    for (std::size_t i = 0; i < n; ++i) P[i * n + j] *= same < 0 ? -1 : 1;
  }
}

TEST(Variants, AreFollowedInEveryStepWithState) {
  const auto all = golden("optim/variants");
  int arrays = 0;
  for (const auto& each : all.at("cases")) {
    const std::string program = each.at("program"), rule = each.at("rule");
    if (rule.empty()) continue;  // an order of decay that no rule of ours has
    SCOPED_TRACE(program);
    const Variable theta = parameter(golden_tensor(each.at("start")));
    auto hyper = each.at("settings").get<Hyper>();
    for (const auto& [name, value] : each.at("options").get<Hyper>()) hyper[name] = value;
    const auto optimizer = make_optimizer(rule, {{"theta", theta}}, hyper);
    ASSERT_EQ(each.at("steps").size(), 20u);
    if (hyper.contains("decay_mode") && hyper.at("decay_mode") == 2) {
      dynamic_cast<Engine&>(*optimizer).set_max_lr("default", hyper.at("lr"));
    }
    std::map<std::string, std::vector<double>> largest;
    int t = 0;
    for (const auto& step : each.at("steps")) {
      optimizer->set_hyper_parameter("lr", hyper.at("lr") * golden_number(all.at("lr")[t]));
      ++t;
      theta.set_grad(gradient_of(theta.value(), t));
      optimizer->step();
      const StateDict saved = optimizer->state_dict();
      EXPECT_EQ(saved.tensors.size(), step.size()) << "state, and the step in place of theta";
      for (const auto& [name, values] : step.items()) {
        ASSERT_TRUE(name == "theta" || saved.tensors.contains("theta/" + name)) << name;
        const Tensor got = name == "theta" ? theta.value() : saved.tensors.at("theta/" + name);
        std::vector<double> a = got.to_vector();
        const std::vector<double> b = golden_numbers(values);
        ASSERT_EQ(a.size(), b.size()) << name;
        if (name.starts_with("Q_")) turn_columns(a, b);
        auto& scale = largest[name];
        scale.resize(b.size(), 0);
        for (std::size_t i = 0; i < b.size(); ++i) {
          // 20 steps with some 20 roundings of 1e-16 each, relative to the largest value so far;
          // Newton-Schulz has hundreds of them, and CAME divides by small differences.
          scale[i] = std::max(scale[i], std::fabs(b[i]));
          EXPECT_LE(std::fabs(a[i] - b[i]), 1e-11 * scale[i]) << t << name << i;
        }
        ++arrays;
      }
    }
  }
  EXPECT_GT(arrays, 3000);
}

TEST(Conformance, NamesThePrograms) {
  const auto all = golden("optim/variants");
  int told = 0;
  for (const auto& each : all.at("cases")) {
    const std::string program = each.at("program");
    if (program == "LAMB with a limit" || program == "Hugging Face Adafactor(beta1)") continue;
    Trajectory path = trajectory_of(golden_tensor(each.at("start")), each.at("steps"));
    auto known = each.at("settings").get<Hyper>();
    for (const auto& factor : all.at("lr")) {
      path.lr.push_back(known.at("lr") * golden_number(factor));
    }
    std::vector<std::string> expected = {program};
    // Within bounds that have not closed in yet, AdaBound is this Adam.
    if (program.starts_with("TensorFlow and Keras Adam")) expected.push_back("Luolc/AdaBound");
    EXPECT_EQ(whose(path, known), expected) << "likest: " << likeness(path, known)[0].program
                                            << " off by " << likeness(path, known)[0].difference;
    ++told;
  }
  EXPECT_GE(told, 55);
}

// Numbers that torch itself printed.
TEST(Conformance, NamesTorch) {
  const std::map<std::string, std::string> names = {
      {"SGD", "torch.optim.SGD"},
      {"Momentum", "torch.optim.SGD(momentum)"},
      {"Nesterov", "torch.optim.SGD(nesterov)"},
      {"AdaGrad", "torch.optim.Adagrad"},
      {"Adadelta", "torch.optim.Adadelta"},
      {"RMSProp", "torch.optim.RMSprop"},
      {"RMSPropMomentum", "torch.optim.RMSprop(momentum)"},
      {"CenteredRMSProp", "torch.optim.RMSprop(centered)"},
      {"CenteredRMSPropMomentum", "torch.optim.RMSprop(centered, momentum)"},
      {"Adam", "torch.optim.Adam, optax.adam"},
      {"AdamW", "torch.optim.AdamW, optax.adamw"},
      {"AMSGrad", "torch.optim.Adam(amsgrad)"},
      {"NAdam", "torch.optim.NAdam"},
      {"RAdam", "torch.optim.RAdam"},
      {"Adamax", "torch.optim.Adamax"},
      {"Adafactor", "torch.optim.Adafactor"}};
  const auto all = golden("optim/trajectories");
  const Tensor start = from_values(golden_numbers(all.at("start")), {3}, kFloat64);
  for (const auto& each : all.at("cases")) {
    const auto known = each.at("settings").get<Hyper>();
    const auto found = whose(trajectory_of(start, each.at("steps")), known, 1e-11);
    EXPECT_NE(std::ranges::find(found, names.at(each.at("rule"))), found.end())
        << each.at("rule") << each.at("settings");
    if (known.contains("eps") && known.contains("beta1") && known.contains("weight_decay")) {
      // SGD and Adam of bitsandbytes' kind are never among them.
      for (const std::string& name : found) {
        EXPECT_TRUE(name.starts_with("torch.")) << name << " for " << each.at("rule");
      }
    }
  }
}

TEST(Conformance, SaysWhatAPathDoesNotTell) {
  // While v rises and without decay, AMSGrad is Adam.
  Trajectory path{.start = zeros({2}, kFloat64), .gradients = {}, .after = {}};
  const Variable theta = parameter(path.start.clone());
  const auto adam = make_optimizer("Adam", {{"theta", theta}}, {{"lr", 0.1}, {"eps", 0.01}});
  for (int t = 1; t <= 6; ++t) {
    path.gradients.push_back(full({2}, t, kFloat64));
    theta.set_grad(path.gradients.back());
    adam->step();
    path.after.push_back(theta.value().clone());
  }
  const Hyper known = {{"lr", 0.1}, {"eps", 0.01}, {"weight_decay", 0}};
  const auto found = whose(path, known);
  const auto has = [&](const std::string& name) {
    return std::ranges::find(found, name) != found.end();
  };
  EXPECT_TRUE(has("torch.optim.Adam, optax.adam"));
  EXPECT_TRUE(has("torch.optim.AdamW, optax.adamw"));
  EXPECT_TRUE(has("torch.optim.Adam(amsgrad)"));
  EXPECT_FALSE(has("TensorFlow and Keras Adam, ensmallen Adam"));
  // A path of nobody.
  path.after[5] = full({2}, 7, kFloat64);
  EXPECT_TRUE(whose(path, known).empty());
  path.after.pop_back();
  expect_throws_text<ConfigError>(
      [&] { whose(path, known); },
      "[likeness] trajectory: 6 gradients, 5 parameters after them and 0 lr; expected as many of "
      "each, and of lr or none");
  path.after.push_back(zeros({3}, kFloat64));
  expect_throws_text<ShapeError>([&] { whose(path, known); },
                                 "[likeness] trajectory: [3] in it; expected [2] as its start");
}

}  // namespace
}  // namespace gradus::testing
