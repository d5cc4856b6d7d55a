#include "train/heat_map.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "tensor/checks.h"
#include "tensor/error.h"
#include "train/figure.h"
#include "train/gnuplot.h"
#include "train/picture.h"

namespace gradus::train {
namespace {

constexpr std::int64_t kMostCells = 1000000;

// From white to dark blue; lightness falls evenly, so that grey prints and all eyes can read it.
constexpr const char* kShades = "0 '#FFFFFF', 1 '#C9DDF0', 2 '#7FB5D9', 3 '#2F7EBC', 4 '#08306B'";
// From this part of the range on, a cell is so dark that numbers in it are white.
constexpr double kDark = 0.55;

void check_names(const char* what, const std::vector<std::string>& names, std::int64_t expected,
                 const char* each) {
  if (names.empty() || static_cast<std::int64_t>(names.size()) == expected) return;
  throw ConfigError(std::string("[heat_map] ") + what + ": " + std::to_string(names.size()) +
                    "; expected " + std::to_string(expected) + ", one for each " + each);
}

void check(const HeatMap& map) {
  const Tensor& x = map.values;
  check_defined("heat_map", "values", x);
  if (x.rank() != 2) {
    throw ShapeError("[heat_map] values is " + to_string(x.shape()) + "; expected [rows, columns]");
  }
  const std::string shape = "[heat_map] values: " + to_string(x.shape());
  if (x.numel() == 0) throw ConfigError(shape + " has no cells; expected at least one");
  if (x.numel() > kMostCells) {
    throw ConfigError(shape + " has " + std::to_string(x.numel()) + " cells; expected at most " +
                      std::to_string(kMostCells));
  }
  check_finite("[heat_map] values", x);
  check_names("row_names", map.row_names, x.dim(0), "row");
  check_names("column_names", map.column_names, x.dim(1), "column");
}

// Names of the cells along an axis; without names their numbers.
std::vector<std::string> names_or_numbers(const std::vector<std::string>& names, std::int64_t n) {
  if (!names.empty()) return names;
  std::vector<std::string> numbers;
  for (std::int64_t i = 0; i < n; ++i) numbers.push_back(std::to_string(i));
  return numbers;
}

std::size_t longest(const std::vector<std::string>& names) {
  std::size_t most = 0;
  for (const std::string& name : names) most = std::max(most, name.size());
  return most;
}

std::string cell_text(double value) {
  char text[32];
  const bool whole = value == std::round(value) && std::abs(value) < 1e6;
  std::snprintf(text, sizeof text, whole ? "%.0f" : "%.2g", value);
  return text;
}

}  // namespace

void write_heat_map(const HeatMap& map, const std::filesystem::path& file) {
  check_figure_file(file);
  check_picture_size(map.width_in, map.height_in);
  check(map);
  const std::vector<double> values = map.values.to_vector();
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double low = map.low.value_or(*least);
  double high = map.high.value_or(*most);
  if (!map.high && !(high > low)) high = low + std::max(1.0, std::abs(low));  // one value only
  if (!std::isfinite(low) || !std::isfinite(high) || !(low < high)) {
    throw ConfigError("[heat_map] low, high: " + to_text(low) + ", " + to_text(high) +
                      "; expected finite numbers, low < high");
  }

  const std::int64_t rows = map.values.dim(0), columns = map.values.dim(1);
  const auto row_names = names_or_numbers(map.row_names, rows);
  const auto column_names = names_or_numbers(map.column_names, columns);
  const int repeat =
      static_cast<int>(std::clamp<std::int64_t>(300 / std::max(rows, columns), 1, 48));
  std::ostringstream script;
  script.imbue(std::locale::classic());
  script << terminal_script(file, map.width_in, map.height_in)
         << "set border 15 linecolor rgb '#606060' linewidth 0.8\n"
            "set tics nomirror out scale 0.4 textcolor rgb '#303030'\nunset key\n"
            "set size ratio -1\nset colorbox user origin screen 0.88, graph 0 size screen 0.03, "
            "graph 1\nset rmargin at screen 0.85\nset format cb '%h'\n"
            "set palette defined ("
         << kShades << ")\nset cbrange [" << to_text(low) << ":" << to_text(high) << "]\n"
         << "set xrange [-0.5:" << columns << "-0.5]\nset yrange [" << rows << "-0.5:-0.5]\n"
         << "set xtics " << named_ticks(column_names)
         << (longest(column_names) > 3 ? " rotate by 45 right" : "") << "\n"
         << "set ytics " << named_ticks(row_names) << "\n";
  if (!map.title.empty()) script << "set title " << gnuplot_quote(map.title) << "\n";
  if (!map.x_label.empty()) script << "set xlabel " << gnuplot_quote(map.x_label) << "\n";
  if (!map.y_label.empty()) script << "set ylabel " << gnuplot_quote(map.y_label) << "\n";

  // Each cell as repeat x repeat equal pixels: viewers that smooth pictures do not blur it.
  script << "$cells << EOD\n";
  for (std::int64_t y = 0; y < rows * repeat; ++y) {
    for (std::int64_t x = 0; x < columns; ++x) {
      const double value = values[static_cast<std::size_t>(y / repeat * columns + x)];
      const std::string text = to_text(std::clamp(value, low, high)) + " ";
      for (int k = 0; k < repeat; ++k) script << text;
    }
    script << "\n";
  }
  script << "EOD\n";
  // The data block has `repeat` columns and rows for each cell.
  const std::string part = "+0.5)/" + std::to_string(repeat) + ".0-0.5)";
  std::string plot =
      "plot $cells matrix using (($1" + part + ":(($2" + part + ":3 with image notitle";
  const double font = std::clamp(90.0 / static_cast<double>(std::max(rows, columns)), 5.0, 10.0);
  for (const bool dark : {false, true}) {
    if (!map.numbers) break;
    std::string texts;  // digits, signs and points: nothing to be quoted
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (((values[i] - low) / (high - low) > kDark) != dark) continue;
      const auto at = static_cast<std::int64_t>(i);
      texts += std::to_string(at % columns) + " " + std::to_string(at / columns) + " " +
               cell_text(values[i]) + "\n";
    }
    if (texts.empty()) continue;
    const std::string name = dark ? "$dark" : "$pale";
    script << name << " << EOD\n" << texts << "EOD\n";
    plot += ", " + name + " using 1:2:3 with labels font '," + to_text(font) + "' textcolor rgb '" +
            (dark ? "white" : "#303030") + "' notitle";
  }
  script << plot << "\n";
  draw_picture(script.str(), file);
}

}  // namespace gradus::train
