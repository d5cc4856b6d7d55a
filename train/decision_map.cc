#include "train/decision_map.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "tensor/checks.h"
#include "tensor/error.h"
#include "train/gnuplot.h"
#include "train/picture.h"

namespace gradus::train {
namespace {

constexpr std::int64_t kPlaces = 160;  // along each axis

struct Range {
  double low, high;
};

// The limits of an axis: those that were asked for, else the points and a tenth of their span.
Range range_of(const Axis& axis, const std::vector<double>& points, std::size_t column) {
  double low = points[column], high = low;
  for (std::size_t i = column; i < points.size(); i += 2) {
    low = std::min(low, points[i]);
    high = std::max(high, points[i]);
  }
  const double pad = high > low ? 0.1 * (high - low) : std::max(0.5, 0.5 * std::abs(low));
  low = axis.low.value_or(axis.high ? std::min(low, *axis.high - pad) - pad : low - pad);
  return {low, axis.high.value_or(std::max(high, low) + pad)};
}

void check(const DecisionMap& map) {
  check_axis("x", map.x);
  check_axis("y", map.y);
  for (const auto& [name, axis] : {std::pair{"x", &map.x}, {"y", &map.y}}) {
    if (axis->log) {
      throw ConfigError(std::string("[decision_map] ") + name +
                        " axis: logarithmic; expected a linear one");
    }
  }
  check_defined("decision_map", "points", map.points);
  check_defined("decision_map", "classes", map.classes);
  const Shape& shape = map.points.shape();
  if (shape.rank() != 2 || shape[1] != 2) {
    throw ShapeError("[decision_map] points is " + to_string(shape) + "; expected [N, 2]");
  }
  if (shape[0] == 0) throw ConfigError("[decision_map] points: none; expected at least one");
  if (map.classes.shape() != Shape{shape[0]}) {
    throw ShapeError("[decision_map] classes is " + to_string(map.classes.shape()) +
                     "; expected [" + std::to_string(shape[0]) + "], one for each point");
  }
  check_finite("[decision_map] points", map.points);
  if (!map.probabilities) {
    throw ConfigError("[decision_map] probabilities: no function; expected one");
  }
}

// The middles of the pixels, row by row from y.low on: float32 [places^2, 2].
Tensor places_in(const Range& x, const Range& y) {
  const Tensor places = Tensor::empty({kPlaces * kPlaces, 2});
  auto* at = places.data<float>();
  const auto middle = [](const Range& r, std::int64_t i) {
    const double share = (static_cast<double>(i) + 0.5) / static_cast<double>(kPlaces);
    return static_cast<float>(r.low + (r.high - r.low) * share);
  };
  for (std::int64_t i = 0; i < kPlaces * kPlaces; ++i) {
    *at++ = middle(x, i % kPlaces);
    *at++ = middle(y, i / kPlaces);
  }
  return places;
}

// Colours of the places: pale where the model is unsure, white where the class changes.
std::vector<Rgb> colours_of(const std::vector<double>& p, std::size_t classes) {
  const std::size_t n = p.size() / classes, row = kPlaces;
  std::vector<std::size_t> best(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto first = p.begin() + static_cast<std::ptrdiff_t>(i * classes);
    best[i] = static_cast<std::size_t>(
        std::max_element(first, first + static_cast<std::ptrdiff_t>(classes)) - first);
  }
  std::vector<Rgb> colours(n);
  for (std::size_t i = 0; i < n; ++i) {
    const bool border =
        (i % row + 1 < row && best[i] != best[i + 1]) || (i + row < n && best[i] != best[i + row]);
    if (border) continue;
    // A guess among all classes gives the palest colour. In steps, which keeps files small.
    const double least = 1 / static_cast<double>(classes);
    const double sure = classes == 1 ? 1 : (p[i * classes + best[i]] - least) / (1 - least);
    const double share = 0.12 + 0.36 * std::round(std::clamp(sure, 0.0, 1.0) * 12) / 12;
    colours[i] = mixed({}, rgb_of(kColours[best[i]]), share);
  }
  return colours;
}

}  // namespace

void write_decision_map(const DecisionMap& map, const std::filesystem::path& file) {
  check_figure_file(file);
  check_picture_size(map.width_in, map.height_in);
  check(map);
  const std::vector<double> points = map.points.to_vector();
  const Range x = range_of(map.x, points, 0), y = range_of(map.y, points, 1);
  const Tensor p = map.probabilities(places_in(x, y));
  check_defined("decision_map", "probabilities", p);
  if (p.rank() != 2 || p.dim(0) != kPlaces * kPlaces || p.dim(1) < 1 ||
      p.dim(1) > static_cast<std::int64_t>(kColours.size())) {
    throw ShapeError("[decision_map] probabilities gave " + to_string(p.shape()) + "; expected [" +
                     std::to_string(kPlaces * kPlaces) + ", C] with C in 1.." +
                     std::to_string(kColours.size()));
  }
  check_finite("[decision_map] probabilities", p);
  const auto classes = static_cast<std::size_t>(p.dim(1));
  const std::vector<double> class_of = map.classes.to_vector();
  for (std::size_t i = 0; i < class_of.size(); ++i) {
    if (class_of[i] >= 0 && class_of[i] < static_cast<double>(classes)) continue;
    throw IndexError("[decision_map] classes: " + to_text(class_of[i]) + " at [" +
                     std::to_string(i) + "]; expected 0.." + std::to_string(classes - 1));
  }
  if (!map.names.empty() && map.names.size() != classes) {
    throw ConfigError("[decision_map] names: " + std::to_string(map.names.size()) + "; expected " +
                      std::to_string(classes) + ", one for each class");
  }

  std::ostringstream script;
  script.imbue(std::locale::classic());
  script << terminal_script(file, map.width_in, map.height_in)
         << "set border 15 linecolor rgb '#606060' linewidth 0.8\n"
            "set tics nomirror out scale 0.6 textcolor rgb '#303030'\n"
         << (map.names.empty() ? "unset key\n"
                               : "set key outside right center Left reverse samplen 1\n");
  if (!map.title.empty()) script << "set title " << gnuplot_quote(map.title) << "\n";
  for (const auto& [name, axis, range] : {std::tuple{"x", &map.x, x}, {"y", &map.y, y}}) {
    script << "set format " << name << " '%h'\nset " << name << "range [" << to_text(range.low)
           << ":" << to_text(range.high) << "]\n";
    if (!axis->label.empty()) {
      script << "set " << name << "label " << gnuplot_quote(axis->label) << "\n";
    }
  }
  script << pixel_block("places", colours_of(p.to_vector(), classes), kPlaces, 1);
  std::string plot;
  for (std::size_t c = 0; c < classes; ++c) {
    const std::string name = "class" + std::to_string(c);
    std::string list;
    for (std::size_t i = 0; i < class_of.size(); ++i) {
      if (static_cast<std::size_t>(class_of[i]) != c) continue;
      list += to_text(points[2 * i]) + " " + to_text(points[2 * i + 1]) + "\n";
    }
    const std::string how = " with points pointtype 7 ";
    const std::string colour = std::string("linecolor rgb '") + kColours[c] + "' ";
    if (!list.empty()) {
      script << "$" << name << " << EOD\n" << list << "EOD\n";
      const std::string from = ", $" + name + " using 1:2" + how;
      plot += from + "pointsize 0.55 linecolor rgb 'white' notitle" + from + "pointsize 0.4 " +
              colour + "notitle";
    }
    if (!map.names.empty()) {
      plot +=
          ", keyentry" + how + "pointsize 0.8 " + colour + "title " + gnuplot_quote(map.names[c]);
    }
  }
  const auto centre = [](const char* column, const Range& r) {
    const std::string step = to_text((r.high - r.low) / static_cast<double>(kPlaces));
    return "(" + to_text(r.low) + "+(" + column + "+0.5)*" + step + ")";
  };
  script << "plot $places using " << centre("$1", x) << ":" << centre("$2", y)
         << ":3:4:5 with rgbimage notitle" << plot << "\n";
  draw_picture(script.str(), file);
}

}  // namespace gradus::train
