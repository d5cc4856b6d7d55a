#include "examples/textbook/support/traces.h"

#include <cmath>
#include <functional>
#include <map>
#include <numbers>

#include "autograd/ops_all.h"
#include "optim/optimizer.h"
#include "optim/rules/momentum.h"
#include "tensor/elementwise_all.h"
#include "tensor/random.h"

namespace gradus::textbook {
namespace {

using Function = std::function<Variable(const Variable&)>;
using Path = std::vector<std::vector<double>>;
using Hyper = std::map<std::string, double>;

Variable parabola(const Variable& x) { return square(x); }
Variable x_cos(const Variable& x) { return x * cos(0.15 * std::numbers::pi * x); }
Variable half_cosh(const Variable& x) { return cosh(0.5 * x); }
/// x1^2 + 2 x2^2 and its flatter relative 0.1 x1^2 + 2 x2^2, of x [2].
Variable bowl(const Variable& x) { return sum(square(x) * tensor({1, 2}, kFloat64)); }
Variable flat_bowl(const Variable& x) { return sum(square(x) * tensor({0.1, 2}, kFloat64)); }

// --- one variable, 10 steps from x = 10

Path descend_1d(const Function& f, double eta) {
  Variable x = parameter(full({}, 10, kFloat64));
  Path path = {{x.item()}};
  for (int step = 0; step < 10; ++step) {
    x = parameter(x.value() - eta * grad(f(x), x).value());
    path.push_back({x.item()});
  }
  return path;
}

// x = x - eta f'(x) / f''(x)
Path newton_1d(const Function& f, double eta) {
  Variable x = parameter(full({}, 10, kFloat64));
  Path path = {{x.item()}};
  for (int step = 0; step < 10; ++step) {
    const Variable slope = grad(f(x), x, {.create_graph = true});
    const Variable curvature = grad(slope, x);
    x = parameter(x.value() - eta * slope.value() / curvature.value());
    path.push_back({x.item()});
  }
  return path;
}

// --- two variables, 20 steps from (-5, -2)

Path train_2d(const Function& f, const std::string& rule, const Hyper& hyper) {
  const Variable x = parameter(tensor({-5, -2}, kFloat64));
  const auto optimizer = optim::make_optimizer(rule, {{"x", x}}, hyper);
  Path path = {x.value().to_vector()};
  for (int step = 0; step < 20; ++step) {
    optimizer->zero_grad();
    f(x).backward();
    optimizer->step();
    path.push_back(x.value().to_vector());
  }
  return path;
}

// Nesterov as the book defines it: the gradient is taken at the look-ahead point.
Path nesterov_lookahead(double eta, double beta) {
  Tensor x = tensor({-5, -2}, kFloat64), v = zeros({2}, kFloat64);
  Path path = {x.to_vector()};
  for (int step = 0; step < 20; ++step) {
    const Variable ahead = parameter(x - eta * beta * v);
    v = beta * v + grad(flat_bowl(ahead), ahead).value();
    x = x - eta * v;
    path.push_back(x.to_vector());
  }
  return path;
}

// Gradients with N(0, 1) noise; the book's counter is raised before its first use.
Path noisy_descent(int steps, const std::function<double(double)>& schedule, std::uint64_t seed) {
  Generator rng(seed);
  Tensor x = tensor({-5, -2}, kFloat64);
  Path path = {x.to_vector()};
  for (int t = 2; t < steps + 2; ++t) {
    const Variable at = parameter(x);
    const Tensor g = grad(bowl(at), at).value() + normal({2}, 0, 1, rng, kFloat64);
    x = x - 0.1 * schedule(t) * g;
    path.push_back(x.to_vector());
  }
  return path;
}

using Entry = std::pair<std::string, std::function<Path(std::uint64_t)>>;

Entry fixed(std::string name, std::function<Path()> path) {
  return {std::move(name), [path = std::move(path)](std::uint64_t) { return path(); }};
}

Entry trained(std::string name, const Function& f, std::string rule, Hyper hyper) {
  return fixed(std::move(name), [=] { return train_2d(f, rule, hyper); });
}

const std::vector<Entry>& entries() {
  const double inside = static_cast<double>(optim::EpsPlacement::kInside);
  const double lr_inside = static_cast<double>(optim::LrPlacement::kInside);
  static const std::vector<Entry> all = {
      fixed("gd1d_x2_eta0.2", [] { return descend_1d(parabola, 0.2); }),
      fixed("gd1d_x2_eta0.05", [] { return descend_1d(parabola, 0.05); }),
      fixed("gd1d_x2_eta1.1", [] { return descend_1d(parabola, 1.1); }),
      fixed("gd1d_xcos_eta2", [] { return descend_1d(x_cos, 2); }),
      fixed("newton_cosh", [] { return newton_1d(half_cosh, 1); }),
      fixed("newton_xcos_eta1", [] { return newton_1d(x_cos, 1); }),
      fixed("newton_xcos_eta0.5", [] { return newton_1d(x_cos, 0.5); }),
      trained("gd2d_eta0.1", bowl, "SGD", {{"lr", 0.1}}),
      trained("ill_gd2d_eta0.4", flat_bowl, "SGD", {{"lr", 0.4}}),
      trained("ill_gd2d_eta0.6", flat_bowl, "SGD", {{"lr", 0.6}}),
      trained("momentum2d_eta0.6_beta0.5", flat_bowl, "Momentum", {{"lr", 0.6}, {"momentum", 0.5}}),
      trained("momentum2d_eta0.6_beta0.25", flat_bowl, "Momentum",
              {{"lr", 0.6}, {"momentum", 0.25}}),
      trained("momentum2d_eta0.3_beta0.8", flat_bowl, "Momentum", {{"lr", 0.3}, {"momentum", 0.8}}),
      trained("momentum2d_eta0.4_beta0.5_v1form", flat_bowl, "Momentum",
              {{"lr", 0.4}, {"momentum", 0.5}, {"lr_placement", lr_inside}}),
      fixed("nesterov2d_lookahead_eta0.3_beta0.8", [] { return nesterov_lookahead(0.3, 0.8); }),
      trained("adagrad2d_eta0.4", flat_bowl, "AdaGrad",
              {{"lr", 0.4}, {"eps", 1e-6}, {"eps_placement", inside}}),
      trained("adagrad2d_eta2", flat_bowl, "AdaGrad",
              {{"lr", 2}, {"eps", 1e-6}, {"eps_placement", inside}}),
      trained("rmsprop2d_eta0.4_gamma0.9", flat_bowl, "RMSProp",
              {{"lr", 0.4}, {"alpha", 0.9}, {"eps", 1e-6}, {"eps_placement", inside}}),
      trained("adadelta2d", flat_bowl, "Adadelta", {{"rho", 0.9}, {"eps", 1e-5}}),
      trained("adam2d_eta0.4", flat_bowl, "Adam", {{"lr", 0.4}, {"eps", 1e-6}}),
      trained("yogi2d_eta0.4", flat_bowl, "Yogi", {{"lr", 0.4}, {"eps", 1e-3}}),
      trained("amsgrad2d_eta0.4", flat_bowl, "AMSGrad", {{"lr", 0.4}}),
      trained("adamw2d_eta0.4_wd0.1", flat_bowl, "AdamW", {{"lr", 0.4}, {"weight_decay", 0.1}}),
      trained("nesterov2d_libform_eta0.3_beta0.8", flat_bowl, "Nesterov",
              {{"lr", 0.3}, {"momentum", 0.8}}),
      {"sgd2d_constant_50",
       [](std::uint64_t seed) {
         return noisy_descent(
             50, [](double) { return 1.0; }, seed);
       }},
      {"sgd2d_exponential_1000",
       [](std::uint64_t seed) {
         return noisy_descent(
             1000, [](double t) { return std::exp(-0.1 * t); }, seed);
       }},
      {"sgd2d_polynomial_50",
       [](std::uint64_t seed) {
         return noisy_descent(
             50, [](double t) { return std::pow(1 + 0.1 * t, -0.5); }, seed);
       }},
  };
  return all;
}

}  // namespace

std::vector<std::string> trace_names() {
  std::vector<std::string> names;
  for (const auto& [name, path] : entries()) names.push_back(name);
  return names;
}

Trace run_trace(const std::string& name, std::uint64_t seed) {
  std::string known;
  for (const auto& [each, path] : entries()) {
    if (each == name) return {name, path(seed)};
    known += (known.empty() ? "" : ", ") + each;
  }
  throw ConfigError("[optimizers] trace: " + name + "; expected all or one of " + known);
}

}  // namespace gradus::textbook
