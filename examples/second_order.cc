// Newton's method by products of the Hessian with vectors, beside gradient descent.
//   ./gradus run second_order --figure newton.svg
#include <cmath>
#include <cstdio>

#include "autograd/functional.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reshape.h"
#include "autograd/ops/split.h"
#include "autograd/ops/sum.h"
#include "data/toys.h"
#include "examples/support/training.h"
#include "nn/losses/binary_cross_entropy.h"
#include "tensor/elementwise_all.h"
#include "tensor/linalg.h"

namespace {

using namespace gradus;

constexpr std::int64_t kHidden = 8, kWeights = 4 * kHidden + 1;

// The loss as a function of all weights in one vector: a network 2-8-1 with tanh on two moons, and
// a little weight decay, so that there is one best place nearby.
struct Problem {
  Tensor x, y;

  Variable operator()(const Variable& w) const {
    const std::vector<Variable> parts = split(w, {2 * kHidden, kHidden, kHidden, 1});
    const Variable hidden = tanh(matmul(x, reshape(parts[0], {2, kHidden})) + parts[1]);
    const Variable logits = matmul(hidden, reshape(parts[2], {kHidden, 1})) + parts[3];
    return nn::binary_cross_entropy_with_logits(logits, y) + 0.5e-3 * sum(square(w));
  }
  double value(const Tensor& w) const { return (*this)(w).item(); }
  Tensor gradient(const Tensor& w) const {
    const Variable at = parameter(w);
    return grad((*this)(at), at).value();
  }
  /// H v, without H, at the price of about two gradients.
  Tensor hessian_times(const Tensor& w, const Tensor& v) const {
    const Variable at = w, direction = v;
    return hvp(*this, {&at, 1}, {&direction, 1}).derivatives[0].value();
  }
};

double dot_of(const Tensor& a, const Tensor& b) { return sum(a * b).item(); }

// The loss after so many gradients; a product with the Hessian counts as two.
struct Path {
  std::vector<double> work, loss;
  double gradient_norm = 0;
};

Path gradient_descent(const Problem& f, Tensor w, double lr, double work) {
  Path path;
  for (double done = 0; done < work; ++done) {
    const Tensor g = f.gradient(w);
    w = w - lr * g;
    path.gradient_norm = std::sqrt(dot_of(g, g));
    if (done >= 100 && std::fmod(done + 1, 20) != 0) continue;  // enough for a figure
    path.work.push_back(done + 1);
    path.loss.push_back(f.value(w));
  }
  return path;
}

// Solves H p = -g by conjugate gradients: products with H are all they need. They stop where the
// Hessian curves down, and as soon as p is good enough (Nocedal, Wright 2006, algorithm 7.1).
Tensor newton_direction(const Problem& f, const Tensor& w, const Tensor& g, double& work) {
  Tensor p = zeros_like(g), r = g, d = -g;
  const double norm = std::sqrt(dot_of(g, g)), enough = std::min(0.5, std::sqrt(norm)) * norm;
  for (std::int64_t k = 0; k < 2 * kWeights; ++k) {
    const Tensor h_d = f.hessian_times(w, d);
    work += 2;
    const double curvature = dot_of(d, h_d), rr = dot_of(r, r);
    if (curvature <= 0) return k == 0 ? d : p;
    p = p + rr / curvature * d;
    r = r + rr / curvature * h_d;
    if (std::sqrt(dot_of(r, r)) < enough) break;
    d = dot_of(r, r) / rr * d - r;
  }
  return p;
}

Path newton(const Problem& f, Tensor& w, int steps) {
  Path path;
  double work = 0;
  for (int step = 0; step < steps; ++step) {
    const Tensor g = f.gradient(w);
    ++work;
    path.gradient_norm = std::sqrt(dot_of(g, g));
    if (path.gradient_norm < 1e-12) break;
    const Tensor p = newton_direction(f, w, g, work);
    const double before = f.value(w), slope = dot_of(g, p);
    double t = 1;  // halved until the loss falls as it should
    while (f.value(w + t * p) > before + 1e-4 * t * slope && t > 1e-10) t /= 2;
    w = w + t * p;
    path.work.push_back(work);
    path.loss.push_back(f.value(w));
  }
  return path;
}

void run(const TrainingOptions& o, double lr) {
  check_figure(o);
  if (!(lr > 0)) throw ConfigError("[second_order] lr: " + to_text(lr) + "; expected lr > 0");
  Generator rng(o.seed);
  const Device device(o.device);
  const auto moons = data::moons(size_of_run(o, 400, 200, 50), 0.15, rng);
  const Problem f{moons.features.to(kFloat64).to(device),
                  moons.targets.to(kFloat64).unsqueeze(1).to(device)};
  const Tensor start = normal({kWeights}, 0, 0.5, rng, kFloat64).to(device);

  Tensor w = start;
  Path second = newton(f, w, size_of_run(o, 100, 60, 15));
  Path first = gradient_descent(f, start, lr,
                                static_cast<double>(size_of_run(o, 20, 5, 1)) * second.work.back());
  std::printf("%-17s %9s %12s %16s\n", "", "gradients", "loss", "gradient's norm");
  for (const auto& [name, path] : {std::pair{"gradient descent", &first}, {"Newton", &second}}) {
    std::printf("%-17s %9.0f %12.9f %16.1e\n", name, path->work.back(), path->loss.back(),
                path->gradient_norm);
  }
  const Tensor values = linalg::eigh(hessian(f, Variable(w)).value().to(kCpu)).eigenvalues;
  std::printf("eigenvalues of the Hessian there: %.2g to %.2g\n", values.at({0}),
              values.at({kWeights - 1}));
  smoke_at_most(o, "loss", second.loss.back(), o.device == "cuda_emulated" ? 0.2 : 0.12);
  if (o.figure.empty()) return;
  const double best = second.loss.back();
  for (double& loss : first.loss) loss -= best;
  for (double& loss : second.loss) loss -= best;
  train::write_figure({.title = "A small network on two moons",
                       .x = {.label = "gradients computed", .log = true},
                       .y = {.label = "loss above the smallest", .log = true},
                       .curves = {{"gradient descent", first.work, first.loss},
                                  {"Newton-CG", second.work, second.loss, true}}},
                      o.figure);
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("Newton's method by Hessian-vector products, beside gradient descent");
  TrainingOptions options{.lr = 1};
  line.option("--lr", options.lr, "learning rate of gradient descent");
  line.option("--seed", options.seed, "seed of data and start");
  line.option("--figure", options.figure, "draw the losses into this .svg or .png file");
  add_device_and_smoke(line, options);
  return line.run(argc, argv, [&] { run(options, options.lr); });
}
