#include "optim/conformance.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "optim/optimizer.h"
#include "optim/rules/adafactor.h"
#include "optim/rules/adamax.h"
#include "optim/rules/adan.h"
#include "optim/rules/amsgrad.h"
#include "optim/rules/lamb.h"
#include "optim/rules/lookahead.h"
#include "optim/rules/momentum.h"
#include "optim/rules/muon.h"
#include "optim/rules/nadam.h"
#include "optim/rules/radam.h"

namespace gradus::optim {
namespace {

struct Program {
  const char* name;
  const char* rule;
  std::map<std::string, double> options = {};
  bool decay_after = false;  ///< theta = theta (1 - lr weight_decay) with the new theta
};

template <class E>
double value(E choice) {
  return static_cast<double>(choice);
}

const std::vector<Program>& programs() {
  const double inside = value(EpsPlacement::kInside), hat = value(AdamEps::kHat);
  static const std::vector<Program> all = {
      {"torch.optim.SGD", "SGD"},
      {"torch.optim.SGD(momentum)", "Momentum"},
      {"MLX SGD(momentum)", "Momentum", {{"first_momentum", value(FirstMomentum::kDampened)}}},
      {"tinygrad SGD(classic), ensmallen MomentumSGD",
       "Momentum",
       {{"lr_placement", value(LrPlacement::kInside)}}},
      {"torch.optim.SGD(nesterov)", "Nesterov"},
      {"torch.optim.Adagrad", "AdaGrad"},
      {"d2l AdaGrad", "AdaGrad", {{"eps_placement", inside}}},
      {"optax.adagrad", "AdaGrad", {{"eps_placement", inside}, {"initial_accumulator", 0.1}}},
      {"torch.optim.Adadelta", "Adadelta"},
      {"torch.optim.RMSprop", "RMSProp"},
      {"optax.rmsprop, d2l RMSProp", "RMSProp", {{"eps_placement", inside}}},
      {"torch.optim.RMSprop(momentum)", "RMSPropMomentum"},
      {"TensorFlow RMSprop(momentum)",
       "RMSPropMomentum",
       {{"eps_placement", inside}, {"lr_placement", value(LrPlacement::kInside)}}},
      {"torch.optim.RMSprop(centered)", "CenteredRMSProp"},
      {"torch.optim.RMSprop(centered, momentum)", "CenteredRMSPropMomentum"},
      {"torch.optim.Adam, optax.adam", "Adam"},
      {"TensorFlow and Keras Adam, ensmallen Adam", "Adam", {{"eps_placement", hat}}},
      {"optax.adam(eps_root)", "Adam", {{"eps_placement", value(AdamEps::kInside)}}},
      {"MLX Adam", "Adam", {{"bias_correction", 0}}},
      {"torch.optim.AdamW, optax.adamw", "AdamW"},
      {"Keras AdamW", "AdamW", {{"eps_placement", hat}}},
      {"MLX AdamW", "AdamW", {{"bias_correction", 0}}},
      {"optimi.AdamW(decouple_lr)", "AdamW", {{"decay_mode", value(DecayMode::kFullyDecoupled)}}},
      {"bitsandbytes AdamW", "AdamW", {}, true},
      {"Hugging Face AdamW", "AdamW", {{"eps_placement", hat}}, true},
      {"Hugging Face AdamW(correct_bias=False)", "AdamW", {{"bias_correction", 0}}, true},
      {"torch.optim.Adam(amsgrad)", "AMSGrad"},
      {"optax.amsgrad", "AMSGrad", {{"max_of", value(AmsMax::kCorrected)}}},
      {"flashlight AMSgrad", "AMSGrad", {{"max_of", value(AmsMax::kPaper)}}},
      {"d2l Yogi", "Yogi"},
      {"optax.yogi, TensorFlow Addons Yogi", "Yogi", {{"initial_accumulator", 1e-6}}},
      {"ensmallen Yogi", "Yogi", {{"bias_correction", 0}}},
      {"torch.optim.NAdam", "NAdam"},
      {"optax.nadam", "NAdam", {{"momentum_schedule", value(NadamMomentum::kConstant)}}},
      {"torch.optim.RAdam", "RAdam"},
      {"optax.radam", "RAdam", {{"eps_placement", value(AdamEps::kOutside)}}},
      {"LiyuanLucasLiu/RAdam", "RAdam", {{"fallback", value(RadamFallback::kNone)}}},
      {"torch.optim.Adamax", "Adamax"},
      {"ensmallen AdaMax", "Adamax", {{"eps_placement", value(AdamaxEps::kOnDivisor)}}},
      {"MLX Adamax",
       "Adamax",
       {{"eps_placement", value(AdamaxEps::kOnDivisor)}, {"bias_correction", 0}}},
      {"Lion", "Lion", {{"decay_mode", value(DecayMode::kDecoupled)}}},
      {"AdaBelief", "AdaBelief", {{"decay_mode", value(DecayMode::kDecoupled)}}},
      {"Luolc/AdaBound", "AdaBound"},
      {"Luolc/AdaBound(amsbound)", "AMSBound"},
      {"sail-sg/Adan", "Adan"},
      {"sail-sg/Adan(no_prox)", "Adan", {{"decay", value(AdanDecay::kDecoupled)}}},
      {"Adan of the paper", "Adan", {{"eps_placement", inside}}},
      {"LAMB of the paper, optax.lamb", "LAMB"},
      {"LAMB without correction", "LAMB", {{"bias_correction", 0}}},
      {"apex FusedLAMB(grad_averaging=False)", "LAMB", {{"gradient_averaging", 0}}},
      {"tinygrad LARS", "LARS"},
      {"optimi.StableAdamW", "StableAdamW"},
      {"AdamWScheduleFree", "ScheduleFreeAdamW"},
      {"SGDScheduleFree", "ScheduleFreeSGD"},
      {"Lookahead(Adam)", "LookaheadAdam"},
      {"Lookahead(Adam, reset)", "LookaheadAdam", {{"at_sync", value(AtSync::kReset)}}},
      {"Lookahead(Adam, pullback)", "LookaheadPullbackAdam"},
      {"Ranger", "Ranger"},
      {"Hugging Face Adafactor", "Adafactor"},
      {"Hugging Face Adafactor(relative_step=False)", "Adafactor", {{"relative_step", 0}}},
      {"Hugging Face Adafactor(scale_parameter=False)", "Adafactor", {{"scale_parameter", 0}}},
      {"torch.optim.Adafactor",
       "Adafactor",
       {{"form", value(AdafactorForm::kTorch)}, {"eps1", 0x1p-52}}},
      {"yangluo7/CAME", "CAME"},
      {"torch.optim.Muon", "Muon"},
      {"torch.optim.Muon(match_rms_adamw)", "Muon", {{"scale", value(MuonScale::kMatchRms)}}},
      {"torch.optim.Muon(nesterov=False)", "Muon", {{"nesterov", 0}}},
      {"SOAP", "SOAP"}};
  return all;
}

// Largest |a - b|; infinite if one of them is not finite and the other is.
double farthest(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = a.to_vector(), y = b.to_vector();
  double most = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double off = x[i] == y[i] ? 0 : std::fabs(x[i] - y[i]);
    if (!(off <= most)) most = std::isnan(off) ? std::numeric_limits<double>::infinity() : off;
  }
  return most;
}

double difference(const Program& program, const Trajectory& path,
                  const std::map<std::string, double>& settings) {
  const Variable theta = parameter(path.start.clone());
  const auto optimizer = make_optimizer(program.rule, {{"theta", theta}});
  const std::map<std::string, double> known = optimizer->state_dict().groups.at("default");
  for (const auto* changes : {&settings, &program.options}) {
    for (const auto& [name, number] : *changes) {
      if (known.contains(name)) optimizer->set_hyper_parameter(name, number);
    }
  }
  const double decay = program.decay_after ? optimizer->hyper_parameter("weight_decay") : 0;
  if (program.decay_after) optimizer->set_hyper_parameter("weight_decay", 0);
  auto& engine = dynamic_cast<Engine&>(*optimizer);
  double most = 0;
  for (std::size_t t = 0; t < path.gradients.size(); ++t) {
    if (!path.lr.empty()) optimizer->set_hyper_parameter("lr", path.lr[t]);
    const double lr = optimizer->hyper_parameter("lr");
    if (t == 0) engine.set_max_lr("default", lr);
    theta.set_grad(path.gradients[t].to(path.start.dtype()));
    optimizer->step();
    if (decay != 0) {
      const Tensor& x = theta.value();
      dispatch_floating(x.dtype(), [&]<class T>(std::type_identity<T>) {
        T* const p = x.data<T>();
        for (std::int64_t i = 0; i < x.numel(); ++i) p[i] -= static_cast<T>(lr * decay) * p[i];
      });
    }
    most = std::max(most, farthest(theta.value(), path.after[t]));
    if (std::isinf(most)) break;
  }
  return most;
}

void check(const Trajectory& path) {
  const std::size_t n = path.gradients.size();
  if (path.after.size() != n || (!path.lr.empty() && path.lr.size() != n)) {
    throw ConfigError("[likeness] trajectory: " + std::to_string(n) + " gradients, " +
                      std::to_string(path.after.size()) + " parameters after them and " +
                      std::to_string(path.lr.size()) +
                      " lr; expected as many of each, and of lr or none");
  }
  for (const auto* list : {&path.gradients, &path.after}) {
    for (const Tensor& x : *list) {
      if (x.shape() == path.start.shape()) continue;
      throw ShapeError("[likeness] trajectory: " + to_string(x.shape()) + " in it; expected " +
                       to_string(path.start.shape()) + " as its start");
    }
  }
}

}  // namespace

std::vector<Likeness> likeness(const Trajectory& trajectory,
                               const std::map<std::string, double>& settings) {
  check(trajectory);
  double moved = 0;
  for (const Tensor& x : trajectory.after) moved = std::max(moved, farthest(x, trajectory.start));
  std::vector<Likeness> all;
  for (const Program& program : programs()) {
    try {
      const double off = difference(program, trajectory, settings);
      all.push_back({program.name, program.rule, off == 0 ? 0 : off / moved});
    } catch (const ConfigError&) {
      continue;  // its ranges exclude the settings
    }
  }
  std::ranges::stable_sort(all, {}, &Likeness::difference);
  return all;
}

std::vector<std::string> whose(const Trajectory& trajectory,
                               const std::map<std::string, double>& settings, double tolerance) {
  std::vector<std::string> names;
  for (const Likeness& each : likeness(trajectory, settings)) {
    if (each.difference <= tolerance) names.push_back(each.program);
  }
  return names;
}

}  // namespace gradus::optim
