#include "train/figure.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <sstream>

#include "tensor/error.h"
#include "train/gnuplot.h"
#include "train/picture.h"
#include "train/text_file.h"

namespace gradus::train {
namespace {

// Lengths of strokes and gaps; a curve differs from its neighbours in colour and in strokes.
constexpr std::array<const char*, 5> kDashes = {"solid", "(24,8)", "(5,6)", "(24,7,5,7)",
                                                "(14,5,4,5,4,5)"};
// Characters of the curves in a terminal.
constexpr std::string_view kMarks = "*o+x#@%&$=ABCDEFGHIJKLMNOPQRSTUVWXYZ";

struct Range {
  double low, high;
};

std::string number(double value) { return to_text(value); }

bool drawable(double value, const Axis& axis) {
  return std::abs(value) <= kLargest && (!axis.log || value >= 1 / kLargest);  // false for NaN
}

[[noreturn]] void throw_config(const std::string& text) { throw ConfigError("[figure] " + text); }

void check_figure(const Figure& figure) {
  check_axis("x", figure.x);
  check_axis("y", figure.y);
  if (figure.curves.empty()) throw_config("curves: none; expected at least one");
  bool any = false;
  for (const Curve& curve : figure.curves) {
    const std::string name = "curve '" + curve.label + "': ";
    if (curve.x.size() != curve.y.size()) {
      throw_config(name + std::to_string(curve.x.size()) + " x and " +
                   std::to_string(curve.y.size()) + " y; expected equally many");
    }
    if (curve.x.empty()) throw_config(name + "no points; expected at least one");
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      any = any || (drawable(curve.x[i], figure.x) && drawable(curve.y[i], figure.y));
    }
  }
  if (!any) {
    throw_config("curves: no point is finite and fits the axes; expected at least one");
  }
}

// The limits of an axis: those that were asked for, else the data with `margin` of their span.
Range axis_range(const Figure& figure, bool of_x, double margin) {
  const Axis& axis = of_x ? figure.x : figure.y;
  const auto to_scale = [&](double v) { return axis.log ? std::log10(v) : v; };
  const auto from_scale = [&](double v) {
    return axis.log ? std::pow(10, std::clamp(v, -307.0, 307.0)) : v;
  };
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Curve& curve : figure.curves) {
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      if (!drawable(curve.x[i], figure.x) || !drawable(curve.y[i], figure.y)) continue;
      const double value = to_scale(of_x ? curve.x[i] : curve.y[i]);
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  const double pad = margin * (high - low);
  low = axis.low ? to_scale(*axis.low) : low - pad;
  high = axis.high ? to_scale(*axis.high) : high + pad;
  if (!(high - low > 1e-9 * std::max(std::abs(low), std::abs(high)))) {
    // One value only, or no data inside the limit that was asked for.
    const double half = axis.log ? 0.5 : std::max(std::abs(low), 1e-300) * 0.5;
    if (axis.low) {
      high = low + 2 * half;
    } else if (axis.high) {
      low = high - 2 * half;
    } else {
      low -= half;
      high += half;
    }
  }
  return {from_scale(low), from_scale(high)};
}

// Ticks for a logarithmic axis that gnuplot would leave almost bare: it labels powers of ten only.
std::string log_ticks(const Range& range) {
  const double decades = std::log10(range.high / range.low);
  if (decades >= 3) return "";
  std::vector<double> ticks;
  if (decades >= 0.7) {
    for (int power = static_cast<int>(std::floor(std::log10(range.low)));
         std::pow(10, power) <= range.high; ++power) {
      for (const double digit : {1, 2, 5}) ticks.push_back(digit * std::pow(10, power));
    }
  } else {
    const double rough = (range.high - range.low) / 5;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    const double digit = rough / power;
    const double step = power * (digit > 5 ? 10 : digit > 2 ? 5 : digit > 1 ? 2 : 1);
    for (double k = std::ceil(range.low / step); k * step <= range.high; ++k) {
      ticks.push_back(k * step);
    }
  }
  std::string list;
  for (const double tick : ticks) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, tick, std::chars_format::general, 6);
    const std::string label(text, end.ptr);
    list += (list.empty() ? "" : ", ") + std::string("\"") + label + "\" " + label;
  }
  return "(" + list + ")";
}

void write_axis(std::ostream& script, const char* name, const Axis& axis, const Range& range) {
  // The usual format starts with a blank for the sign, which moves the number off its tick.
  script << "set format " << name << " '%h'\n";
  script << "set " << name << "range [" << number(range.low) << ":" << number(range.high) << "]\n";
  if (axis.log) {
    script << "set logscale " << name << "\n";
    const std::string ticks = log_ticks(range);
    if (!ticks.empty()) script << "set " << name << "tics " << ticks << "\n";
  }
  if (!axis.label.empty()) {
    script << "set " << name << "label " << gnuplot_quote(axis.label) << "\n";
  }
}

// The points as a data block; an empty line makes a gap.
void write_data(std::ostream& script, std::size_t index, const Curve& curve, const Figure& figure) {
  script << "$curve" << index << " << EOD\n";
  bool gap = true;
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (drawable(curve.x[i], figure.x) && drawable(curve.y[i], figure.y)) {
      script << number(curve.x[i]) << " " << number(curve.y[i]) << "\n";
      gap = false;
    } else if (!gap) {
      script << "\n";
      gap = true;
    }
  }
  script << "EOD\n";
}

bool has_points(const Curve& curve, const Figure& figure) {
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (drawable(curve.x[i], figure.x) && drawable(curve.y[i], figure.y)) return true;
  }
  return false;
}

// Whether some point has no neighbour to be joined to, so that a line would not show it.
bool has_lonely_point(const Curve& curve, const Figure& figure) {
  const auto shown = [&](std::size_t i) {
    return i < curve.x.size() && drawable(curve.x[i], figure.x) && drawable(curve.y[i], figure.y);
  };
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (shown(i) && !shown(i + 1) && !(i > 0 && shown(i - 1))) return true;
  }
  return false;
}

// Everything after `set terminal`. `style(i)` says how curve i is drawn: "with lines ...".
template <class Style>
std::string plot_script(const Figure& figure, Style style) {
  std::ostringstream script;
  script.imbue(std::locale::classic());
  if (!figure.title.empty()) script << "set title " << gnuplot_quote(figure.title) << "\n";
  const bool any_dots = std::any_of(figure.curves.begin(), figure.curves.end(),
                                    [](const Curve& curve) { return curve.points; });
  write_axis(script, "x", figure.x, axis_range(figure, true, any_dots ? 0.03 : 0));
  write_axis(script, "y", figure.y, axis_range(figure, false, 0.05));
  std::string plot;
  for (std::size_t i = 0; i < figure.curves.size(); ++i) {
    const Curve& curve = figure.curves[i];
    write_data(script, i, curve, figure);
    plot += plot.empty() ? "plot " : ", ";
    plot += has_points(curve, figure) ? "$curve" + std::to_string(i) + " using 1:2" : "keyentry";
    plot += " " + style(i) + " " +
            (curve.label.empty() ? "notitle" : "title " + gnuplot_quote(curve.label));
  }
  script << plot << "\n";
  return script.str();
}

std::size_t count_labels(const Figure& figure) {
  return std::count_if(figure.curves.begin(), figure.curves.end(),
                       [](const Curve& curve) { return !curve.label.empty(); });
}

// Where a value lies on its axis: 0 at the lower end, 1 at the upper one.
double position(double value, const Axis& axis, const Range& range) {
  return axis.log ? std::log(value / range.low) / std::log(range.high / range.low)
                  : (value - range.low) / (range.high - range.low);
}

// The figure with points added on its lines, so close that each character a line runs through has
// one. gnuplot draws at most seven kinds of lines with characters, but any kind of points.
Figure filled_in(const Figure& figure, int columns, int rows) {
  Figure filled = figure;
  const Range x_range = axis_range(figure, true, 0), y_range = axis_range(figure, false, 0);
  const auto between = [](double from, double to, double share, const Axis& axis) {
    return axis.log ? from * std::pow(to / from, share) : from + (to - from) * share;
  };
  for (std::size_t k = 0; k < figure.curves.size(); ++k) {
    const auto& x = figure.curves[k].x;
    const auto& y = figure.curves[k].y;
    Curve& curve = filled.curves[k];
    curve.x.assign(1, x[0]);
    curve.y.assign(1, y[0]);
    for (std::size_t i = 1; i < x.size(); ++i) {
      double steps = 1;
      if (drawable(x[i], figure.x) && drawable(x[i - 1], figure.x) && drawable(y[i], figure.y) &&
          drawable(y[i - 1], figure.y)) {
        const auto distance = [&](double from, double to, const Axis& axis, const Range& range) {
          return std::abs(position(to, axis, range) - position(from, axis, range));
        };
        steps = std::max(distance(x[i - 1], x[i], figure.x, x_range) * columns,
                         distance(y[i - 1], y[i], figure.y, y_range) * rows);
        // A line that runs far out of the picture needs no more.
        steps = std::clamp(std::ceil(steps), 1.0, 4.0 * (columns + rows));
      }
      for (double step = 1; step < steps; ++step) {
        curve.x.push_back(between(x[i - 1], x[i], step / steps, figure.x));
        curve.y.push_back(between(y[i - 1], y[i], step / steps, figure.y));
      }
      curve.x.push_back(x[i]);
      curve.y.push_back(y[i]);
    }
  }
  return filled;
}

// Where the names stand: in a corner that no curve runs through, or beside the curves.
std::string key_place(const Figure& figure) {
  const std::size_t labels = count_labels(figure);
  const std::string beside = "outside right center Left reverse samplen 3 spacing 1.2 width 1";
  if (labels > 4) return beside;
  const Range x_range = axis_range(figure, true, 0.03), y_range = axis_range(figure, false, 0.05);
  const double width = 0.36, height = 0.06 + 0.09 * static_cast<double>(labels);
  const Figure dense = filled_in(figure, 60, 30);
  for (const char* corner : {"right top", "right bottom", "left top", "left bottom"}) {
    const std::string name = corner;
    const bool right = name.starts_with("right"), top = name.ends_with("top");
    bool free = true;
    for (const Curve& curve : dense.curves) {
      for (std::size_t i = 0; i < curve.x.size(); ++i) {
        if (!drawable(curve.x[i], figure.x) || !drawable(curve.y[i], figure.y)) continue;
        const double x = position(curve.x[i], figure.x, x_range),
                     y = position(curve.y[i], figure.y, y_range);
        free =
            free && !((right ? x > 1 - width : x < width) && (top ? y > 1 - height : y < height));
      }
    }
    if (free) return "inside " + name + " Left reverse samplen 2.5 spacing 1.15";
  }
  return beside;
}

std::string picture_script(const Figure& figure, const std::filesystem::path& file) {
  std::ostringstream script;
  script.imbue(std::locale::classic());
  script << terminal_script(file, figure.width_in, figure.height_in)
         << "set border 3 linecolor rgb '#606060' linewidth 0.8\n"
            "set tics nomirror out scale 0.6 textcolor rgb '#303030'\n"
            "set grid linetype 1 linewidth 0.6 linecolor rgb '#E2E2E2'\n";
  script << (count_labels(figure) == 0 ? "unset key" : "set key " + key_place(figure)) << "\n";
  script << plot_script(figure, [&](std::size_t i) {
    const Curve& curve = figure.curves[i];
    const bool dots = curve.points || has_lonely_point(curve, figure);
    return std::string(dots ? "with linespoints pointtype 7 pointsize 0.4" : "with lines") +
           " linewidth 1.7 linecolor rgb '" + kColours[i % kColours.size()] + "' dashtype " +
           kDashes[i % kDashes.size()];
  });
  return script.str();
}

// Whether a line shows nothing: blanks and colours (escape, '[', numbers, 'm') only.
bool shows_nothing(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b') {
      i = std::min(line.find('m', i), line.size());
    } else if (line[i] != ' ') {
      return false;
    }
  }
  return true;
}

// Without the form feed that gnuplot starts with, empty lines at both ends and blanks at line ends.
std::string trimmed(const std::string& drawn) {
  std::istringstream lines(drawn);
  std::string text, waiting;
  for (std::string line; std::getline(lines, line);) {
    std::erase(line, '\f');
    line.erase(line.find_last_not_of(' ') + 1);
    waiting += line + "\n";
    const bool empty = shows_nothing(line);
    if (empty && text.empty()) waiting.clear();
    if (empty) continue;
    text += waiting;
    waiting.clear();
  }
  return text;
}

}  // namespace

void check_figure_file(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  if (extension != ".svg" && extension != ".png") {
    throw_config("file: " + file.string() + "; expected a name that ends in .svg or .png");
  }
}

void write_figure(const Figure& figure, const std::filesystem::path& file) {
  check_figure_file(file);
  check_picture_size(figure.width_in, figure.height_in);
  check_figure(figure);
  write_text_atomically(file, run_gnuplot(picture_script(figure, file)));
}

std::string plot_text(const Figure& figure, int columns, int rows, bool colour) {
  if (columns < 40 || columns > 1000 || rows < 10 || rows > 500) {
    throw_config("columns, rows: " + std::to_string(columns) + ", " + std::to_string(rows) +
                 "; expected 40..1000 and 10..500");
  }
  check_figure(figure);
  std::size_t longest = 0;
  for (const Curve& curve : figure.curves) longest = std::max(longest, curve.label.size());
  std::ostringstream script;
  script.imbue(std::locale::classic());
  script << "set encoding utf8\nset terminal dumb noenhanced nofeed size " << columns << "," << rows
         << (colour ? " ansi256" : " mono") << "\nset tics nomirror scale 0.5\n"
         << "set tmargin " << (figure.title.empty() ? 0.5 : 2) << "\n";
  const bool beside = longest <= static_cast<std::size_t>(columns) / 4;
  script << (count_labels(figure) == 0 ? "unset key\n"
             : beside
                 ? "set key outside right top Left reverse samplen 1\n"
                 : "set key outside bottom center vertical maxrows 12 Left reverse samplen 1\n");
  const Figure filled = filled_in(figure, columns, rows);
  script << plot_script(filled, [&](std::size_t i) {
    return "with points pointtype '" + std::string(1, kMarks[i % kMarks.size()]) +
           "' linecolor rgb '" + kColours[i % kColours.size()] + "'";
  });
  return trimmed(run_gnuplot(script.str()));
}

}  // namespace gradus::train
