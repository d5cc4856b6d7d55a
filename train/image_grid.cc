#include "train/image_grid.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "tensor/checks.h"
#include "tensor/error.h"
#include "train/figure.h"
#include "train/gnuplot.h"
#include "train/picture.h"

namespace gradus::train {
namespace {

constexpr std::int64_t kMostPixels = 4000000;
// Around a grid, in inches: a row of text, and what a letter of a name takes.
constexpr double kEdge = 0.08, kLine = 0.28, kLetter = 0.085;

[[noreturn]] void throw_config(const std::string& text) {
  throw ConfigError("[image_grid] " + text);
}

// [N, C, H, W], C = 1 or 3.
Tensor with_channels(const ImageGrid& grid) {
  const Tensor& x = grid.images;
  check_defined("image_grid", "images", x);
  if (x.rank() == 3) return x.unsqueeze(1);
  if (x.rank() == 4 && (x.dim(1) == 1 || x.dim(1) == 3)) return x;
  throw ShapeError("[image_grid] images is " + to_string(x.shape()) +
                   "; expected [N, H, W], [N, 1, H, W] or [N, 3, H, W]");
}

}  // namespace

void write_image_grid(const ImageGrid& grid, const std::filesystem::path& file) {
  check_figure_file(file);
  check_picture_size(grid.width_in, grid.width_in);
  const Tensor images = with_channels(grid);
  if (images.numel() == 0) {
    throw_config("images: " + to_string(grid.images.shape()) +
                 " has no pixels; expected at least one");
  }
  if (grid.columns < 1) {
    throw_config("columns: " + std::to_string(grid.columns) + "; expected >= 1");
  }
  if (!std::isfinite(grid.low) || !std::isfinite(grid.high) || !(grid.low < grid.high)) {
    throw_config("low, high: " + to_text(grid.low) + ", " + to_text(grid.high) +
                 "; expected finite numbers, low < high");
  }
  const std::int64_t n = images.dim(0), channels = images.dim(1), h = images.dim(2),
                     w = images.dim(3), columns = std::min(grid.columns, n),
                     rows = (n + columns - 1) / columns;
  if (!grid.row_names.empty() && static_cast<std::int64_t>(grid.row_names.size()) != rows) {
    throw_config("row_names: " + std::to_string(grid.row_names.size()) + "; expected " +
                 std::to_string(rows) + ", one for each row");
  }
  const std::int64_t gap = std::max<std::int64_t>(1, std::min(w, h) / 12);
  const std::int64_t width = columns * (w + gap) - gap, height = rows * (h + gap) - gap;
  if (width > kMostPixels || height > kMostPixels || width * height > kMostPixels) {
    throw_config("grid: " + std::to_string(width) + " x " + std::to_string(height) +
                 " pixels; expected at most " + std::to_string(kMostPixels));
  }
  check_finite("[image_grid] images", grid.images);

  std::vector<Rgb> pixels(static_cast<std::size_t>(width * height));  // white
  const std::vector<double> values = images.to_vector();
  const auto shade = [&](std::int64_t i, std::int64_t c, std::int64_t y, std::int64_t x) {
    const double value = values[static_cast<std::size_t>(((i * channels + c) * h + y) * w + x)];
    const double share = std::clamp((value - grid.low) / (grid.high - grid.low), 0.0, 1.0);
    return 255 * (grid.ink && channels == 1 ? 1 - share : share);
  };
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t top = i / columns * (h + gap), left = i % columns * (w + gap);
    for (std::int64_t y = 0; y < h; ++y) {
      for (std::int64_t x = 0; x < w; ++x) {
        const double red = shade(i, 0, y, x);
        pixels[static_cast<std::size_t>((top + y) * width + left + x)] =
            channels == 1 ? Rgb{red, red, red} : Rgb{red, shade(i, 1, y, x), shade(i, 2, y, x)};
      }
    }
  }

  std::size_t longest = 0;
  for (const std::string& name : grid.row_names) longest = std::max(longest, name.size());
  const double before = longest > 0 ? 0.15 + kLetter * static_cast<double>(longest) : kEdge;
  const double above = grid.title.empty() ? kEdge : kEdge + kLine;
  const double inside = grid.width_in - before - kEdge;
  const double height_in =
      above + kEdge + inside * static_cast<double>(height) / static_cast<double>(width);
  check_picture_size(grid.width_in, height_in);
  std::ostringstream script;
  script.imbue(std::locale::classic());
  script << terminal_script(file, grid.width_in, height_in)
         << "unset border\nunset key\nunset xtics\n"
         << "set lmargin at screen " << before / grid.width_in << "\nset rmargin at screen "
         << 1 - kEdge / grid.width_in << "\nset tmargin at screen " << 1 - above / height_in
         << "\nset bmargin at screen " << kEdge / height_in << "\n"
         << "set xrange [-0.5:" << width << "-0.5]\nset yrange [" << height << "-0.5:-0.5]\n";
  if (!grid.title.empty())
    script << "set title " << gnuplot_quote(grid.title) << " offset 0,-0.5\n";
  if (grid.row_names.empty()) {
    script << "unset ytics\n";
  } else {
    script << "set ytics scale 0 textcolor rgb '#303030' (";
    for (std::size_t i = 0; i < grid.row_names.size(); ++i) {
      const double middle =
          static_cast<double>(i) * static_cast<double>(h + gap) + static_cast<double>(h - 1) / 2;
      script << (i > 0 ? ", " : "") << gnuplot_quote(grid.row_names[i]) << " " << middle;
    }
    script << ")\n";
  }
  const int repeat =
      static_cast<int>(std::clamp<std::int64_t>(600 / std::max(width, height), 1, 40));
  script << pixel_block("pixels", pixels, width, repeat)
         << "plot $pixels using 1:2:3:4:5 with rgbimage\n";
  draw_picture(script.str(), file);
}

}  // namespace gradus::train
