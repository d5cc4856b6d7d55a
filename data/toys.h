#pragma once
// Problems to try a model on, made from random numbers.
#include "data/dataset.h"
#include "tensor/random.h"

namespace gradus::data {

// Points of the plane and their class. Shapes: features float32 [n, 2], targets int64 [n]. Classes
// come in turn, so that each has its share. They throw ConfigError for n < 1, classes < 1, or
// noise that is negative or not finite: "[spirals] noise: -1; expected a finite number >= 0".

/// Arms that wind around the origin: radius r from 0 to 1, angle 4 r + 2 pi class / classes, plus
/// noise N(0, noise^2) in the angle.
TensorDataset spirals(std::int64_t n, std::int64_t classes, double noise, Generator& generator);
/// Two half circles that reach into each other, as scikit-learn's make_moons: (cos a, sin a) and
/// (1 - cos a, 0.5 - sin a) for a in [0, pi], plus noise N(0, noise^2) in both coordinates.
TensorDataset moons(std::int64_t n, double noise, Generator& generator);
/// The corners (+-1, +-1), plus noise N(0, noise^2); class 1 where the signs differ.
TensorDataset xor_points(std::int64_t n, double noise, Generator& generator);
/// N(centre of the class, std^2) around centres [classes, d]. Shapes: features [n, d].
TensorDataset blobs(std::int64_t n, const Tensor& centres, double std, Generator& generator);

/// The adding problem: of `length` numbers from U[0, 1) two are marked with a 1, one in each half;
/// the target is their sum. Shapes: features float32 [n, length, 2], targets float32 [n, 1].
/// Throws ConfigError for length < 2.
/// Source: Hochreiter, Schmidhuber 1997, "Long short-term memory", Neural Computation 9, 5.4.
TensorDataset adding_problem(std::int64_t n, std::int64_t length, Generator& generator);
/// The copying problem: `symbols` tokens out of 1..8, `wait` blanks (0), the mark 9 and blanks; the
/// target is blank until, from the mark on, the tokens are to be repeated.
/// Shapes: features, targets int64 [n, wait + 2 symbols].
/// Throws ConfigError for symbols < 1 or wait < 1.
/// Source: Hochreiter, Schmidhuber 1997; the form of Arjovsky, Shah, Bengio 2016, arXiv:1511.06464,
/// 5.1.
TensorDataset copying_problem(std::int64_t n, std::int64_t symbols, std::int64_t wait,
                              Generator& generator);

}  // namespace gradus::data
