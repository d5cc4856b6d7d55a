// A network learns the law of motion of a spiral from its paths alone: dy/dt = f(y), solved by 200
// steps of Runge and Kutta, and differentiated through all of them.
//   ./gradus run neural_ode_toy --paths paths.svg
#include <cmath>
#include <iostream>

#include "autograd/ops/cat.h"
#include "autograd/ops/split.h"
#include "autograd/print_tape.h"
#include "examples/support/training.h"
#include "nn/linear.h"
#include "nn/losses/mse.h"
#include "nn/sequential.h"
#include "nn/tanh.h"
#include "optim/optimizer.h"
#include "optim/rules/adam.h"
#include "tensor/elementwise_all.h"
#include "tensor/memory.h"

namespace {

using namespace gradus;

using Field = std::function<Variable(const Variable& y)>;
constexpr double kStep = 0.05;  // of time

// The true law, van der Pol's: from everywhere a spiral to the same orbit.
Variable van_der_pol(const Variable& y) {
  const Variable x = narrow(y, 1, 0, 1), v = narrow(y, 1, 1, 1);
  return cat({v, (1 - square(x)) * v - x}, 1);
}

// Places at times 0, kStep, ..., by the classical method of fourth order.
// Shapes: y [N, 2]  ->  [N, steps + 1, 2].
Variable solve(const Field& f, Variable y, std::int64_t steps) {
  std::vector<Variable> path = {y};
  for (std::int64_t i = 0; i < steps; ++i) {
    const Variable k1 = f(y), k2 = f(y + kStep / 2 * k1), k3 = f(y + kStep / 2 * k2),
                   k4 = f(y + kStep * k3);
    y = y + kStep / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
    path.push_back(y);
  }
  return stack(path, 1);
}

// Paths from random places. Shapes: features [N, 2], targets [N, steps + 1, 2].
data::TensorDataset paths(std::int64_t n, std::int64_t steps, Generator& rng) {
  const NoGradGuard no_grad;
  const Tensor starts = uniform({n, 2}, -2.5, 2.5, rng);
  return {starts, solve(van_der_pol, starts, steps).value()};
}

// What the tape of one step of training holds.
void print_tape_size(const Field& f, const data::Batch& batch, std::int64_t steps) {
  const std::int64_t before = memory_stats().current_bytes;
  const Variable loss = nn::mse_loss(solve(f, batch.x, steps), batch.y);
  std::cout << steps << " steps of Runge and Kutta for " << batch.x.dim(0)
            << " paths: " << tape_of(loss).size() << " results on the tape, "
            << bytes_text(memory_stats().current_bytes - before) << "\n";
}

void draw_paths(const Field& f, const data::TensorDataset& some, const std::string& file) {
  const NoGradGuard no_grad;
  const std::int64_t steps = some.targets.dim(1) - 1;
  const Tensor learned = solve(f, some.features, steps).value();
  train::Curve truth{.label = "true"}, model{.label = "learned"};
  const auto add = [&](train::Curve& curve, const Tensor& path) {
    for (std::int64_t k = 0; k <= steps; ++k) {
      curve.x.push_back(path.at({k, 0}));
      curve.y.push_back(path.at({k, 1}));
    }
    curve.x.push_back(NAN);  // a gap between two paths
    curve.y.push_back(NAN);
  };
  for (std::int64_t i = 0; i < some.size(); ++i) {
    add(truth, some.targets.select(0, i));
    add(model, learned.select(0, i));
  }
  train::write_figure({.title = "Paths that were not trained on",
                       .x = {"x"},
                       .y = {"dx/dt"},
                       .curves = {truth, model}},
                      file);
}

void run(const TrainingOptions& o, const std::string& paths_file) {
  check_figure(o);
  check_picture(paths_file);
  Generator rng(o.seed);
  const Device device(o.device);
  const std::int64_t steps = size_of_run(o, 200, 40, 20), batch = size_of_run(o, o.batch, 16, 8);
  const data::DataLoader train(paths(size_of_run(o, 2048, 256, 64), steps, rng),
                               {.batch_size = batch,
                                .shuffle = true,
                                .workers = o.workers,
                                .seed = o.seed,
                                .device = device});
  const data::TensorDataset others = paths(batch, steps, rng);
  const data::Batch test = {others.features.to(device), others.targets.to(device)};

  nn::Sequential net(nn::Linear(2, 64, rng), nn::Tanh(), nn::Linear(64, 64, rng), nn::Tanh(),
                     nn::Linear(64, 2, rng));
  net.to(device);
  const Field learned = [&](const Variable& y) { return net(y); };
  print_tape_size(learned, test, steps);
  optim::Optimizer<optim::Adam> optimizer(net.named_parameters(), {.lr = o.lr});
  optimizer.options().clip_norm = 1;

  train::RunOptions options = run_options(o, "test loss", true);
  options.epochs = size_of_run(o, o.epochs, 8, 5);
  options.every = std::max<std::int64_t>(1, options.epochs / 10);
  train::Run run(options, {"train loss", "test loss"}, {.model = &net, .optimizer = &optimizer},
                 std::cout);
  while (run.next_epoch()) {
    // First the beginnings of the paths, since a wrong law leads far astray later; then, with
    // small steps, whole paths.
    const bool whole = 5 * run.state().epoch >= 4 * options.epochs;
    const std::int64_t seen = whole ? steps : steps / 20;
    optimizer.set_hyper_parameter("lr", whole ? o.lr / 100 : o.lr);
    for (const data::Batch& some : run.batches(train)) {
      const Tensor true_path = some.y.narrow(1, 0, seen + 1);
      const Variable loss = nn::mse_loss(solve(learned, some.x, seen), true_path);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      run.measure("train loss", loss.item());
    }
    run.end_epoch([&] {
      const NoGradGuard no_grad;
      const double loss = nn::mse_loss(solve(learned, test.x, steps), test.y).item();
      return train::MetricsLog::Values{{"test loss", loss}};
    });
  }
  smoke_at_most(run, o, "test loss", 0.4);
  draw(run, o, "A learned law of motion, mean squared distance");
  net.to(kCpu);
  if (!paths_file.empty()) draw_paths(learned, paths(3, steps, rng), paths_file);
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("A network learns the law of motion of a spiral (neural ODE)");
  TrainingOptions options{.epochs = 50, .batch = 64, .lr = 0.005};
  std::string paths_file;
  add_options(line, options);
  line.option("--paths", paths_file, "draw true and learned paths into this .svg or .png file");
  return line.run(argc, argv, [&] { run(options, paths_file); });
}
