// Each update rule, in each of its named variants, against an independent loop in double, after
// every step and with its state.
#include "tests/optim/lockstep.h"

#include <gtest/gtest.h>

namespace gradus::testing {
namespace {

struct Case {
  std::string rule, variant;
  std::function<LockstepResult(DType)> run;
};

// A variant: discriminating settings, changed further by f(h).
template <class Rule, class F>
Case variant(std::string name, F f) {
  return {Rule::kName, std::move(name), [f](DType dtype) {
            Rule a = discriminating<Rule>(false), b = discriminating<Rule>(true);
            f(a);
            f(b);
            return lockstep(a, b, dtype);
          }};
}

// Both ways of weight decay, and none.
template <class Rule, class F>
void add(std::vector<Case>& cases, const std::string& name, F f) {
  cases.push_back(variant<Rule>(name + "L2Decay", [f](Rule& h) {
    f(h);
    h.decay_mode = DecayMode::kL2;
  }));
  cases.push_back(variant<Rule>(name + "DecoupledDecay", [f](Rule& h) {
    f(h);
    h.decay_mode = DecayMode::kDecoupled;
  }));
  cases.push_back(variant<Rule>(name + "NoDecay", [f](Rule& h) {
    f(h);
    h.weight_decay = 0;
  }));
}
template <class Rule>
void add_plain(std::vector<Case>& cases) {
  add<Rule>(cases, "", [](Rule&) {});
  cases.push_back(
      {Rule::kName, "Defaults", [](DType dtype) { return lockstep(Rule(), Rule(), dtype); }});
}

template <class Rule>
void add_adam(std::vector<Case>& cases) {
  add_plain<Rule>(cases);
  add<Rule>(cases, "EpsInside", [](Rule& h) { h.eps_placement = AdamEps::kInside; });
  add<Rule>(cases, "EpsHat", [](Rule& h) { h.eps_placement = AdamEps::kHat; });
  for (const auto eps : {AdamEps::kOutside, AdamEps::kInside, AdamEps::kHat}) {
    const std::string name = "UncorrectedEps" + std::to_string(static_cast<int>(eps));
    add<Rule>(cases, name, [eps](Rule& h) {
      h.bias_correction = false;
      h.eps_placement = eps;
    });
  }
}

std::vector<Case> make_cases() {
  std::vector<Case> cases;
  add_plain<SGD>(cases);
  add_plain<Momentum>(cases);
  for (const auto first : {FirstMomentum::kGradient, FirstMomentum::kDampened}) {
    for (const auto lr : {LrPlacement::kOutside, LrPlacement::kInside}) {
      const bool dampened = first == FirstMomentum::kDampened, inside = lr == LrPlacement::kInside;
      const std::string name = std::string(dampened ? "FirstDampened" : "FirstGradient") +
                               (inside ? "LrInside" : "LrOutside");
      add<Momentum>(cases, name, [first, lr](Momentum& h) {
        h.first_momentum = first;
        h.lr_placement = lr;
        h.dampening = 0.3;
      });
    }
  }
  add_plain<Nesterov>(cases);
  add_plain<AdaGrad>(cases);
  add<AdaGrad>(cases, "EpsInside", [](AdaGrad& h) { h.eps_placement = EpsPlacement::kInside; });
  add<AdaGrad>(cases, "LrDecay", [](AdaGrad& h) { h.lr_decay = 0.2; });
  add<AdaGrad>(cases, "InitialAccumulator", [](AdaGrad& h) { h.initial_accumulator = 0.1; });
  add_plain<Adadelta>(cases);
  add_plain<RMSProp>(cases);
  add<RMSProp>(cases, "EpsInside", [](RMSProp& h) { h.eps_placement = EpsPlacement::kInside; });
  add<RMSProp>(cases, "InitialAccumulator", [](RMSProp& h) { h.initial_accumulator = 0.1; });
  add_adam<Adam>(cases);
  add_adam<AdamW>(cases);
  add_plain<AMSGrad>(cases);
  add<AMSGrad>(cases, "MaxOfCorrected", [](AMSGrad& h) { h.max_of = AmsMax::kCorrected; });
  add<AMSGrad>(cases, "Paper", [](AMSGrad& h) { h.max_of = AmsMax::kPaper; });
  add_plain<Yogi>(cases);
  add<Yogi>(cases, "InitialAccumulator", [](Yogi& h) { h.initial_accumulator = 0.01; });
  add<Yogi>(cases, "Uncorrected", [](Yogi& h) { h.bias_correction = false; });
  return cases;
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = make_cases();
  return all;
}

using Parameter = std::tuple<const Case*, DType>;
std::vector<Parameter> case_and_dtype() {
  std::vector<Parameter> all;
  for (const Case& each : cases()) {
    for (const DType dtype : {kFloat64, kFloat32}) all.emplace_back(&each, dtype);
  }
  return all;
}

class Lockstep : public ::testing::TestWithParam<Parameter> {};

TEST_P(Lockstep, AgreesWithTheReferenceAfterEveryStep) {
  const auto& [each, dtype] = GetParam();
  const LockstepResult result = each->run(dtype);
  EXPECT_EQ(result.difference, "");
  RecordProperty("worst_relative_difference", to_text(result.worst));
}

std::string name_of(const ::testing::TestParamInfo<Parameter>& test) {
  const auto& [each, dtype] = test.param;
  return each->rule + each->variant + (dtype == kFloat64 ? "_float64" : "_float32");
}

INSTANTIATE_TEST_SUITE_P(, Lockstep, ::testing::ValuesIn(case_and_dtype()), name_of);

}  // namespace
}  // namespace gradus::testing
