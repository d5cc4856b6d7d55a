#include "examples/textbook/support/experiments.h"

#include <chrono>
#include <memory>

#include "data/batches.h"
#include "nn/linear.h"
#include "nn/losses/half_mse.h"
#include "nn/losses/mse.h"
#include "optim/optimizer.h"
#include "optim/rules/amsgrad.h"

namespace gradus::textbook {
namespace {

using Hyper = std::map<std::string, double>;
constexpr double kInside = static_cast<double>(optim::EpsPlacement::kInside);
constexpr double kMaxOfCorrected = static_cast<double>(optim::AmsMax::kCorrected);

Experiment scratch(std::string name, std::string rule, Hyper hyper, std::int64_t batch = 10,
                   int epochs = 2) {
  return {std::move(name), std::move(rule), std::move(hyper), batch, epochs};
}

// The book's PyTorch programs: the loss lacks the 1/2, 4 epochs, bias from the library's default.
Experiment concise(std::string name, std::string rule, Hyper hyper) {
  Experiment e = scratch(std::move(name), std::move(rule), std::move(hyper), 10, 4);
  e.doubled_gradient = true;
  e.bias = BiasStart::kTorch;
  return e;
}

// The first edition evaluates every 100 samples.
Experiment first_edition(Experiment e) {
  e.cadence = 100;
  return e;
}

std::vector<Experiment> make_experiments() {
  Experiment tf = scratch("sgd_concise_tf", "SGD", {{"lr", 0.05}});
  tf.doubled_gradient = true;
  const Hyper momentum_005 = {{"lr", 0.005}, {"momentum", 0.9}};
  return {
      scratch("gd", "SGD", {{"lr", 1}}, 1500, 10),
      scratch("sgd_b1", "SGD", {{"lr", 0.005}}, 1),
      scratch("minibatch_b100", "SGD", {{"lr", 0.4}}, 100),
      scratch("minibatch_b10", "SGD", {{"lr", 0.05}}),
      concise("sgd_concise_torch", "SGD", {{"lr", 0.01}}),
      tf,
      scratch("momentum_0.02_0.5", "Momentum", {{"lr", 0.02}, {"momentum", 0.5}}),
      scratch("momentum_0.01_0.9", "Momentum", {{"lr", 0.01}, {"momentum", 0.9}}),
      scratch("momentum_0.005_0.9", "Momentum", momentum_005),
      concise("momentum_concise_torch", "Momentum", momentum_005),
      scratch("nesterov_0.005_0.9", "Nesterov", momentum_005),
      concise("nesterov_concise_torch", "Nesterov", momentum_005),
      scratch("adagrad", "AdaGrad", {{"lr", 0.1}, {"eps", 1e-6}, {"eps_placement", kInside}}),
      concise("adagrad_concise_torch", "AdaGrad", {{"lr", 0.1}}),
      scratch("rmsprop", "RMSProp",
              {{"lr", 0.01}, {"alpha", 0.9}, {"eps", 1e-6}, {"eps_placement", kInside}}),
      concise("rmsprop_concise_torch", "RMSProp", {{"lr", 0.01}, {"alpha", 0.9}}),
      scratch("adadelta", "Adadelta", {{"rho", 0.9}, {"eps", 1e-5}}),
      concise("adadelta_concise_torch", "Adadelta", {{"rho", 0.9}}),
      scratch("adadelta_eps1e-6", "Adadelta", {{"rho", 0.9}, {"eps", 1e-6}}),
      scratch("adam", "Adam", {{"lr", 0.01}, {"eps", 1e-6}}),
      concise("adam_concise_torch", "Adam", {{"lr", 0.01}}),
      scratch("yogi", "Yogi", {{"lr", 0.01}}),
      scratch("amsgrad", "AMSGrad", {{"lr", 0.01}}),
      scratch("amsgrad_corrected", "AMSGrad", {{"lr", 0.01}, {"max_of", kMaxOfCorrected}}),
      scratch("adamw_wd0.01", "AdamW", {{"lr", 0.01}, {"weight_decay", 0.01}}),
      scratch("adamw_wd0.1", "AdamW", {{"lr", 0.01}, {"weight_decay", 0.1}}),
      scratch("adam_l2_0.1", "Adam", {{"lr", 0.01}, {"weight_decay", 0.1}}),
      first_edition(scratch("v1_gd_6epochs", "SGD", {{"lr", 1}}, 1500, 6)),
      first_edition(scratch("v1_sgd_b1", "SGD", {{"lr", 0.005}}, 1)),
      first_edition(scratch("v1_minibatch_b10", "SGD", {{"lr", 0.05}})),
      first_edition(scratch("v1_momentum_0.02_0.5", "Momentum", {{"lr", 0.02}, {"momentum", 0.5}})),
      first_edition(scratch("v1_momentum_0.02_0.9", "Momentum", {{"lr", 0.02}, {"momentum", 0.9}})),
      first_edition(
          scratch("v1_momentum_0.004_0.9", "Momentum", {{"lr", 0.004}, {"momentum", 0.9}})),
  };
}

void set_start(const nn::Linear& net, const Experiment& experiment, const RunOptions& options) {
  Generator rng(options.seed);
  const Tensor w = normal(net.weight.shape(), 0, 0.01, rng, options.dtype);
  const double k = experiment.bias == BiasStart::kTorch ? 1 / std::sqrt(5.0) : 0;
  const Tensor b = uniform(net.bias.shape(), -k, k, rng, options.dtype);
  net.weight.value().copy_from(options.zero_start ? zeros_like(w) : w);
  net.bias.value().copy_from(options.zero_start ? zeros_like(b) : b);
}

double evaluate(const nn::Linear& net, const data::TensorDataset& data) {
  NoGradGuard no_grad;
  return nn::half_mse_loss(net(data.features), data.targets).item();
}

}  // namespace

const std::vector<Experiment>& experiments() {
  static const std::vector<Experiment> all = make_experiments();
  return all;
}

const Experiment& find_experiment(const std::string& name) {
  std::string known;
  for (const Experiment& e : experiments()) {
    if (e.name == name) return e;
    known += (known.empty() ? "" : ", ") + e.name;
  }
  throw ConfigError("[optimizers] experiment: " + name + "; expected all or one of " + known);
}

Run run_experiment(const Experiment& experiment, const data::TensorDataset& airfoil,
                   const RunOptions& options) {
  const data::TensorDataset samples(airfoil.features.to(options.device),
                                    airfoil.targets.to(options.device));
  using Clock = std::chrono::steady_clock;
  // Two streams of random numbers from one seed, so that start and order are independent.
  const Generator shuffle_rng(options.seed ^ 0x5eedULL << 32);
  const data::Batches batches(airfoil, experiment.batch_size,
                              data::Order::parse(options.order, shuffle_rng));
  Generator unused(0);
  nn::Linear net(airfoil.features.dim(1), 1, unused, true, options.dtype);
  set_start(net, experiment, options);
  net.to(options.device);
  const auto optimizer =
      optim::make_optimizer(experiment.rule, net.named_parameters(), experiment.hyper);

  Run run;
  run.seed = options.seed;
  const auto record = [&](double epoch) {
    run.epochs.push_back(epoch);
    run.losses.push_back(evaluate(net, samples));
  };
  record(0);
  std::int64_t n = 0;
  Clock::duration training{};
  for (int epoch = 0; epoch < experiment.epochs; ++epoch) {
    auto started = Clock::now();
    for (const auto& batch : batches.epoch(epoch)) {
      const Variable prediction = net(batch.x.to(options.device));
      const Tensor y = batch.y.to(options.device);
      const Variable loss = experiment.doubled_gradient ? nn::mse_loss(prediction, y)
                                                        : nn::half_mse_loss(prediction, y);
      optimizer->zero_grad();
      loss.backward();
      optimizer->step();
      n += batch.x.dim(0);
      if (n % experiment.cadence == 0) {  // the clock stands still, as in the book
        training += Clock::now() - started;
        record(static_cast<double>(n) / static_cast<double>(airfoil.size()));
        started = Clock::now();
      }
    }
    training += Clock::now() - started;
  }
  run.final_loss = run.losses.back();
  run.params = net.weight.value().to(kCpu).to_vector();
  run.params.push_back(net.bias.item());
  run.seconds_per_epoch = std::chrono::duration<double>(training).count() / experiment.epochs;
  return run;
}

}  // namespace gradus::textbook
