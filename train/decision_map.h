#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tensor/tensor.h"
#include "train/figure.h"

namespace gradus::train {

/// The plane in the colours of the classes that a model sees there, with points in those of their
/// own: the stronger the colour, the surer the model. A white line runs where the class changes.
struct DecisionMap {
  std::string title = {};
  Axis x = {}, y = {};  ///< not logarithmic; without limits the points decide
  Tensor points = {};   ///< [N, 2]
  Tensor classes = {};  ///< whole numbers [N]: of the points, 0..C - 1
  /// The probabilities of the classes at places [M, 2], float32  ->  [M, C], 1 <= C <= 7.
  std::function<Tensor(const Tensor& places)> probabilities = {};
  std::vector<std::string> names = {};     ///< of the classes, for the legend; none, or C
  double width_in = 5.2, height_in = 4.4;  ///< inches, 1..40
};

/// Draws it with gnuplot into a .svg or a .png file; texts come out as they are, and the file
/// appears whole or not at all.
/// Throws ShapeError:
///   "[decision_map] points is [4, 3]; expected [N, 2]"
///   "[decision_map] classes is [3]; expected [4], one for each point"
///   "[decision_map] probabilities gave [25600]; expected [25600, C] with C in 1..7"
/// ConfigError:
///   "[decision_map] points: none; expected at least one"
///   "[decision_map] points: nan at [0, 1]; expected finite numbers"
///   "[decision_map] probabilities: nan at [0, 1]; expected finite numbers"
///   "[decision_map] probabilities: no function; expected one"
///   "[decision_map] x axis: logarithmic; expected a linear one"
///   "[decision_map] names: 2; expected 3, one for each class"
/// IndexError: "[decision_map] classes: 3 at [7]; expected 0..2"
/// Error for undefined tensors; for the axes, the file and its size, and without gnuplot, what
/// write_figure throws, and what `probabilities` throws.
void write_decision_map(const DecisionMap& map, const std::filesystem::path& file);

}  // namespace gradus::train
