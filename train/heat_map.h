#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace gradus::train {

/// A table of numbers as colours, from white for the smallest to dark blue: a confusion matrix, the
/// weights of attention.
struct HeatMap {
  std::string title = {};
  Tensor values = {};  ///< [rows, columns], row 0 on top
  std::string x_label = {}, y_label = {};
  std::vector<std::string> column_names = {}, row_names = {};  ///< none: the numbers from 0 on
  std::optional<double> low = {}, high = {};  ///< limits of the colours; else the values decide
  bool numbers = false;                       ///< each value is written into its cell, too
  double width_in = 5.2, height_in = 4.4;     ///< inches, 1..40
};

/// Draws it with gnuplot into a .svg or a .png file; texts come out as they are, and the file
/// appears whole or not at all. Values outside of low..high get the colour of the limit.
/// Throws ShapeError: "[heat_map] values is [3]; expected [rows, columns]",
/// ConfigError, before any work:
///   "[heat_map] values: [0, 3] has no cells; expected at least one"
///   "[heat_map] values: [2000, 2000] has 4000000 cells; expected at most 1000000"
///   "[heat_map] values: nan at [0, 1]; expected finite numbers"
///   "[heat_map] row_names: 2; expected 3, one for each row"
///   "[heat_map] low, high: 1, 0; expected finite numbers, low < high"
/// Error for undefined values; for the file and its size, and without gnuplot, what write_figure
/// throws.
void write_heat_map(const HeatMap& map, const std::filesystem::path& file);

}  // namespace gradus::train
