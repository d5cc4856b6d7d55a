#include "data/toys.h"

#include <cmath>
#include <numbers>
#include <string>

namespace gradus::data {
namespace {

using std::to_string;

void at_least(const char* op, const char* argument, std::int64_t value, std::int64_t least) {
  if (value >= least) return;
  throw ConfigError("[" + std::string(op) + "] " + argument + ": " + to_string(value) +
                    "; expected >= " + to_string(least));
}

void check_noise(const char* op, const char* argument, double noise) {
  if (noise >= 0 && std::isfinite(noise)) return;
  throw ConfigError("[" + std::string(op) + "] " + argument + ": " + to_text(noise) +
                    "; expected a finite number >= 0");
}

// n points; at(i) gives the place of point i without noise, and its class.
struct Point {
  double x, y;
  std::int64_t type;
};
template <class At>
TensorDataset points(std::int64_t n, double noise, Generator& generator, const At& at) {
  const Tensor shift = normal({n, 2}, 0, noise, generator, kFloat64);
  TensorDataset made(Tensor::empty({n, 2}, kFloat32), Tensor::empty({n}, kInt64));
  for (std::int64_t i = 0; i < n; ++i) {
    const double* moved = shift.data<double>() + 2 * i;
    const Point p = at(i);
    made.features.data<float>()[2 * i] = static_cast<float>(p.x + moved[0]);
    made.features.data<float>()[2 * i + 1] = static_cast<float>(p.y + moved[1]);
    made.targets.data<std::int64_t>()[i] = p.type;
  }
  return made;
}

// Point k of `count` on a way from 0 to 1, both included.
double part(std::int64_t k, std::int64_t count) {
  return count > 1 ? static_cast<double>(k) / static_cast<double>(count - 1) : 0;
}

// How many of n samples are of this class, when classes come in turn.
std::int64_t share(std::int64_t n, std::int64_t classes, std::int64_t type) {
  return (n - type + classes - 1) / classes;
}

}  // namespace

TensorDataset spirals(std::int64_t n, std::int64_t classes, double noise, Generator& generator) {
  at_least("spirals", "n", n, 1);
  at_least("spirals", "classes", classes, 1);
  check_noise("spirals", "noise", noise);
  const Tensor turned = normal({n}, 0, noise, generator, kFloat64);
  return points(n, 0, generator, [&](std::int64_t i) -> Point {
    const std::int64_t type = i % classes;
    const double r = part(i / classes, share(n, classes, type));
    const double angle =
        4 * r + 2 * std::numbers::pi * static_cast<double>(type) / static_cast<double>(classes) +
        turned.data<double>()[i];
    return {r * std::cos(angle), r * std::sin(angle), type};
  });
}

TensorDataset moons(std::int64_t n, double noise, Generator& generator) {
  at_least("moons", "n", n, 1);
  check_noise("moons", "noise", noise);
  return points(n, noise, generator, [&](std::int64_t i) -> Point {
    const std::int64_t type = i % 2;
    const double angle = std::numbers::pi * part(i / 2, share(n, 2, type));
    if (type == 0) return {std::cos(angle), std::sin(angle), 0};
    return {1 - std::cos(angle), 0.5 - std::sin(angle), 1};
  });
}

TensorDataset xor_points(std::int64_t n, double noise, Generator& generator) {
  at_least("xor_points", "n", n, 1);
  check_noise("xor_points", "noise", noise);
  return points(n, noise, generator, [](std::int64_t i) -> Point {
    const bool right = i % 4 == 1 || i % 4 == 2, up = i % 4 >= 2;
    return {right ? 1.0 : -1.0, up ? 1.0 : -1.0, right != up ? 1 : 0};
  });
}

TensorDataset blobs(std::int64_t n, const Tensor& centres, double std, Generator& generator) {
  at_least("blobs", "n", n, 1);
  check_noise("blobs", "std", std);
  check_on_cpu("blobs", "centres", centres);
  if (centres.rank() != 2 || centres.dim(0) < 1) {
    throw ShapeError("[blobs] centres is " + to_string(centres.shape()) +
                     "; expected [classes, d]");
  }
  const Tensor centre = centres.to(kFloat64).contiguous();
  const std::int64_t classes = centre.dim(0), d = centre.dim(1);
  const Tensor shift = normal({n, d}, 0, std, generator, kFloat64);
  TensorDataset made(Tensor::empty({n, d}, kFloat32), Tensor::empty({n}, kInt64));
  for (std::int64_t i = 0; i < n; ++i) {
    made.targets.data<std::int64_t>()[i] = i % classes;
    for (std::int64_t k = 0; k < d; ++k) {
      made.features.data<float>()[i * d + k] = static_cast<float>(
          centre.data<double>()[i % classes * d + k] + shift.data<double>()[i * d + k]);
    }
  }
  return made;
}

TensorDataset adding_problem(std::int64_t n, std::int64_t length, Generator& generator) {
  at_least("adding_problem", "n", n, 1);
  at_least("adding_problem", "length", length, 2);
  const Tensor numbers = uniform({n, length}, 0, 1, generator);
  TensorDataset made(zeros({n, length, 2}), zeros({n, 1}));
  const std::int64_t half = length / 2;
  for (std::int64_t i = 0; i < n; ++i) {
    float* row = made.features.data<float>() + i * length * 2;
    for (std::int64_t t = 0; t < length; ++t) row[2 * t] = numbers.data<float>()[i * length + t];
    const auto first = static_cast<std::int64_t>(generator.below(static_cast<std::uint64_t>(half)));
    const auto second = half + static_cast<std::int64_t>(
                                   generator.below(static_cast<std::uint64_t>(length - half)));
    row[2 * first + 1] = row[2 * second + 1] = 1;
    made.targets.data<float>()[i] = row[2 * first] + row[2 * second];
  }
  return made;
}

TensorDataset copying_problem(std::int64_t n, std::int64_t symbols, std::int64_t wait,
                              Generator& generator) {
  at_least("copying_problem", "n", n, 1);
  at_least("copying_problem", "symbols", symbols, 1);
  at_least("copying_problem", "wait", wait, 1);
  constexpr std::int64_t kMark = 9;
  const std::int64_t length = wait + 2 * symbols;
  const Tensor tokens = randint(1, kMark, {n, symbols}, generator);
  const TensorDataset made(zeros({n, length}, kInt64), zeros({n, length}, kInt64));
  made.features.narrow(1, 0, symbols).copy_from(tokens);
  made.features.select(1, symbols + wait - 1).fill(kMark);
  made.targets.narrow(1, symbols + wait, symbols).copy_from(tokens);
  return made;
}

}  // namespace gradus::data
