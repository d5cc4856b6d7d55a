#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gradus::train {

/// A line through the points (x[k], y[k]). Points that are not finite leave a gap.
struct Curve {
  std::string label = {};              ///< legend entry; empty for none
  std::vector<double> x = {}, y = {};  ///< of equal length, not empty
  bool points = false;                 ///< with a dot at each point
};

struct Axis {
  std::string label = {};
  std::optional<double> low = {}, high = {};  ///< limits; without them the data decide
  bool log = false;  ///< logarithmic; points that are not positive leave a gap
};

struct Figure {
  std::string title = {};
  Axis x = {}, y = {};
  std::vector<Curve> curves = {};
  double width_in = 6.0, height_in = 3.8;  ///< inches, 1..40, legend included
};

/// Throws ConfigError unless the name ends in .svg or .png; for programs that want to know before
/// the work: "[figure] file: a.jpg; expected a name that ends in .svg or .png"
void check_figure_file(const std::filesystem::path& file);

/// Draws the curves with gnuplot into a .svg or a .png file (200 pixels per inch). All texts come
/// out as they are: none is read as markup or as a command. The file appears whole or not at all;
/// see write_text_atomically.
/// Throws ConfigError, before any work:
///   "[figure] file: a.jpg; expected a name that ends in .svg or .png"
///   "[figure] curves: none; expected at least one"
///   "[figure] curve 'adam': no points; expected at least one"
///   "[figure] curve 'adam': 3 x and 2 y; expected equally many"
///   "[figure] curves: no point is finite and fits the axes; expected at least one"
///   "[figure] x axis: limits 2..1; expected finite limits, low < high"
///   "[figure] x axis: limit nan; expected a finite number"
///   "[figure] y axis: limit 0; expected > 0 on a logarithmic axis"
///   "[figure] width_in, height_in: 0, 3; expected 1..40 inches"
/// IoError when gnuplot is missing or fails:
///   "[figure] gnuplot: not found on PATH; expected it to draw curves; ./gradus setup installs it"
/// and what write_text_atomically throws.
void write_figure(const Figure& figure, const std::filesystem::path& file);

/// The curves drawn with characters, for a terminal: `rows` lines of at most `columns` characters,
/// each line ending in '\n'. Each curve has a character of its own, with `colour` also an ANSI
/// colour. Throws as write_figure does, and ConfigError:
///   "[figure] columns, rows: 10, 5; expected 40..1000 and 10..500"
std::string plot_text(const Figure& figure, int columns, int rows, bool colour = false);

}  // namespace gradus::train
