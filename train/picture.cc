#include "train/picture.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "autograd/print_tape.h"
#include "tensor/error.h"
#include "train/gnuplot.h"
#include "train/text_file.h"

namespace gradus::train {

Rgb rgb_of(const char* colour) {
  const auto part = [&](int i) {
    int value = 0;
    std::from_chars(colour + i, colour + i + 2, value, 16);
    return static_cast<double>(value);
  };
  return {part(1), part(3), part(5)};
}

Rgb mixed(const Rgb& a, const Rgb& b, double share) {
  const auto mix = [&](double from, double to) { return from + (to - from) * share; };
  return {mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue)};
}

void check_axis(const std::string& name, const Axis& axis) {
  for (const auto& limit : {axis.low, axis.high}) {
    if (!limit) continue;
    if (!(std::abs(*limit) <= kLargest)) {
      throw ConfigError("[figure] " + name + " axis: limit " + to_text(*limit) +
                        "; expected a finite number");
    }
    if (axis.log && *limit <= 0) {
      throw ConfigError("[figure] " + name + " axis: limit " + to_text(*limit) +
                        "; expected > 0 on a logarithmic axis");
    }
  }
  if (axis.low && axis.high && !(*axis.low < *axis.high)) {
    throw ConfigError("[figure] " + name + " axis: limits " + to_text(*axis.low) + ".." +
                      to_text(*axis.high) + "; expected finite limits, low < high");
  }
}

void check_picture_size(double width_in, double height_in) {
  const auto fits = [](double inches) { return inches >= 1 && inches <= 40; };
  if (fits(width_in) && fits(height_in)) return;
  throw ConfigError("[figure] width_in, height_in: " + to_text(width_in) + ", " +
                    to_text(height_in) + "; expected 1..40 inches");
}

std::string terminal_script(const std::filesystem::path& file, double width_in, double height_in) {
  const bool svg = file.extension() == ".svg";
  const double pixels_per_inch = svg ? 96 : 200;
  std::ostringstream script;
  script.imbue(std::locale::classic());
  script << "set encoding utf8\nset terminal "
         << (svg ? "svg font 'DejaVu Sans,Helvetica,Arial,sans-serif,11'"
                 : "pngcairo font 'DejaVu Sans,11' fontscale 2 linewidth 2 pointscale 2")
         << " noenhanced rounded background rgb 'white' size "
         << std::lround(width_in * pixels_per_inch) << ","
         << std::lround(height_in * pixels_per_inch) << "\n";
  return script.str();
}

std::string pixel_block(const std::string& name, const std::vector<Rgb>& pixels,
                        std::int64_t columns, int repeat) {
  std::string block = "$" + name + " << EOD\n";
  const auto append = [&](double value, char end) {
    char digits[32];
    const auto done = std::to_chars(digits, digits + sizeof digits, value);
    block.append(digits, done.ptr);
    block += end;
  };
  const auto place = [&](std::int64_t i) {  // of the centre of a part
    return (static_cast<double>(i) + 0.5) / repeat - 0.5;
  };
  const auto rows = static_cast<std::int64_t>(pixels.size()) / columns;
  for (std::int64_t y = 0; y < rows * repeat; ++y) {
    for (std::int64_t x = 0; x < columns * repeat; ++x) {
      const Rgb& p = pixels[static_cast<std::size_t>(y / repeat * columns + x / repeat)];
      append(place(x), ' ');
      append(place(y), ' ');
      append(std::round(p.red), ' ');
      append(std::round(p.green), ' ');
      append(std::round(p.blue), '\n');
    }
  }
  return block + "EOD\n";
}

std::string named_ticks(const std::vector<std::string>& names, std::size_t most) {
  const std::size_t step = (names.size() + most - 1) / most;
  std::string list;
  for (std::size_t i = 0; i < names.size(); i += step) {
    list += (i > 0 ? ", " : "") + gnuplot_quote(names[i]) + " " + std::to_string(i);
  }
  return "(" + list + ")";
}

void check_finite(const std::string& what, const Tensor& x) {
  const std::vector<double> values = x.to_vector();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    throw ConfigError(what + ": " + to_text(values[i]) + " at " +
                      position_text(static_cast<std::int64_t>(i), x.shape()) +
                      "; expected finite numbers");
  }
}

void draw_picture(const std::string& script, const std::filesystem::path& file) {
  std::string picture = run_gnuplot(script);
  if (file.extension() == ".svg") {
    // Browsers smooth what they enlarge, unless they are told not to.
    const std::string image = "<image ", sharp = "style='image-rendering:pixelated' ";
    for (auto at = picture.find(image); at != std::string::npos; at = picture.find(image, at + 1)) {
      picture.insert(at + image.size(), sharp);
    }
  }
  write_text_atomically(file, picture);
}

}  // namespace gradus::train
