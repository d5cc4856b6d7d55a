#include "examples/support/rule_race.h"

#include <chrono>
#include <map>

#include "data/batches.h"
#include "data/synthetic.h"
#include "nn/linear.h"
#include "nn/losses/half_mse.h"
#include "optim/optimizer.h"

namespace gradus::demo {

data::TensorDataset race_data(const RaceSetting& setting) {
  Generator rng(setting.seed);
  return data::synthetic_regression(tensor({2, -3.4}), 4.2, setting.samples, 0.01, rng);
}

double smallest_loss(const data::TensorDataset& data) {
  const Tensor x = data.features.to(kFloat64), y = data.targets.to(kFloat64);
  Generator unused(0);
  const nn::Linear net(x.dim(1), 1, unused, true, kFloat64);
  const auto sgd = optim::make_optimizer("SGD", net.named_parameters(), {{"lr", 0.5}});
  double best = INFINITY;
  for (int step = 0; step < 1000; ++step) {  // the error halves in each step
    const Variable loss = nn::half_mse_loss(net(x), y);
    if (loss.item() == best) break;
    best = loss.item();
    sgd->zero_grad();
    loss.backward();
    sgd->step();
  }
  return best;
}

double race_lr(const std::string& rule) {
  static const std::map<std::string, double> kSuited = {{"SGD", 0.03},
                                                        {"Momentum", 0.003},
                                                        {"Nesterov", 0.003},
                                                        {"AdaGrad", 1},
                                                        {"Adadelta", 5},
                                                        {"RMSProp", 0.01},
                                                        {"Adam", 0.03},
                                                        {"AMSGrad", 0.03},
                                                        {"AdamW", 0.03},
                                                        {"Yogi", 0.03},
                                                        {"AdaBelief", 0.03},
                                                        {"Adam8bit", 0.03},
                                                        {"AdamW8bit", 0.03},
                                                        {"PagedAdamW", 0.03},
                                                        {"Adamax", 0.05},
                                                        {"Adan", 0.03},
                                                        {"CAME", 0.02},
                                                        {"CenteredRMSPropMomentum", 0.001},
                                                        {"LAMB", 0.02},
                                                        {"LARS", 3},
                                                        {"Lion", 0.003},
                                                        {"LookaheadAdam", 0.06},
                                                        {"LookaheadPullbackAdam", 0.06},
                                                        {"Muon", 0.01},
                                                        {"NAdam", 0.03},
                                                        {"RAdam", 0.03},
                                                        {"RMSPropMomentum", 0.001},
                                                        {"Ranger", 0.06},
                                                        {"ScheduleFreeAdamW", 0.06},
                                                        {"SOAP", 0.02},
                                                        {"StableAdamW", 0.03}};
  const auto found = kSuited.find(rule);
  if (found != kSuited.end()) return found->second;
  const Variable any = parameter(zeros({1}));
  return optim::make_optimizer(rule, {{"any", any}})->hyper_parameter("lr");
}

RuleRun race(const std::string& rule, const data::TensorDataset& data, double optimum,
             const RaceSetting& setting, const std::function<void(std::int64_t, double)>& report) {
  using Clock = std::chrono::steady_clock;
  RuleRun run{.rule = rule, .lr = race_lr(rule), .losses = {}};
  Generator rng(setting.seed + 1);  // the same start and order for every rule
  const nn::Linear net(data.features.dim(1), 1, rng);
  net.weight.value().copy_from(normal(net.weight.shape(), 0, 0.01, rng));
  net.bias.value().fill(0);
  const auto optimizer = optim::make_optimizer(rule, net.named_parameters(), {{"lr", run.lr}});
  const data::Batches batches(data, setting.batch_size, data::Order::shuffle(rng));

  const auto evaluate = [&] {
    NoGradGuard no_grad;
    const double loss = nn::half_mse_loss(net(data.features), data.targets).item();
    if (run.steps_to_near < 0 && loss <= 1.01 * optimum) {
      run.steps_to_near = static_cast<std::int64_t>(run.losses.size());
    }
    run.losses.push_back(loss);
    return loss;
  };
  evaluate();
  Clock::duration training{};
  std::int64_t step = 0;
  for (int epoch = 0; epoch < setting.epochs; ++epoch) {
    for (const auto& [x, y] : batches.epoch(epoch)) {
      const auto started = Clock::now();
      const Variable loss = nn::half_mse_loss(net(x), y);
      optimizer->zero_grad();
      loss.backward();
      optimizer->step();
      training += Clock::now() - started;
      const double now = evaluate();
      if (++step % 100 == 0 && report) report(step, now);
    }
  }
  run.microseconds_per_step =
      std::chrono::duration<double, std::micro>(training).count() / static_cast<double>(step);
  return run;
}

}  // namespace gradus::demo
