#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace gradus::train {

/// Images side by side, row by row: samples of a data set, what a model made of them.
struct ImageGrid {
  std::string title = {};
  /// [N, H, W] or [N, 1, H, W] for grey, [N, 3, H, W] for red, green and blue.
  Tensor images = {};
  std::int64_t columns = 10;
  double low = 0, high = 1;                 ///< black and full; what is outside gets their colour
  bool ink = false;                         ///< grey images as ink on paper: `high` is black
  std::vector<std::string> row_names = {};  ///< to the left of the rows; none, or one for each
  double width_in = 6;                      ///< inches, 1..40; the height follows from the images
};

/// Draws it with gnuplot into a .svg or a .png file; texts come out as they are, and the file
/// appears whole or not at all.
/// Throws ShapeError: "[image_grid] images is [28, 28]; expected [N, H, W], [N, 1, H, W] or
/// [N, 3, H, W]",
/// ConfigError, before any work:
///   "[image_grid] images: [0, 28, 28] has no pixels; expected at least one"
///   "[image_grid] images: nan at [0, 1, 2]; expected finite numbers"
///   "[image_grid] columns: 0; expected >= 1"
///   "[image_grid] low, high: 1, 0; expected finite numbers, low < high"
///   "[image_grid] row_names: 3; expected 2, one for each row"
///   "[image_grid] grid: 3000 x 3000 pixels; expected at most 4000000"
/// Error for undefined images; for the file and its size, and without gnuplot, what write_figure
/// throws.
void write_image_grid(const ImageGrid& grid, const std::filesystem::path& file);

}  // namespace gradus::train
