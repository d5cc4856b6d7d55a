#pragma once
// What all kinds of pictures have in common, for those who write one more.
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"
#include "train/figure.h"

namespace gradus::train {

/// Colours that people with any kind of colour vision tell apart, without the yellow that is too
/// pale for a line. Source: Okabe, Ito 2008, "Color universal design".
inline constexpr std::array<const char*, 7> kColours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                        "#E69F00", "#56B4E9", "#000000"};

/// Red, green and blue, 0..255.
struct Rgb {
  double red = 255, green = 255, blue = 255;
};
/// Of a colour written as "#0072B2".
Rgb rgb_of(const char* colour);
/// share of `b` and the rest of `a`.
Rgb mixed(const Rgb& a, const Rgb& b, double share);

/// Beyond this, products inside gnuplot overflow.
inline constexpr double kLargest = 1e300;

/// Throws ConfigError for limits that are not finite, not in order, or not positive on a
/// logarithmic axis, as write_figure says. name: "x" or "y".
void check_axis(const std::string& name, const Axis& axis);

/// Throws ConfigError: "[figure] width_in, height_in: 0, 3; expected 1..40 inches".
void check_picture_size(double width_in, double height_in);

/// The first line of a script, "set terminal ...", for an .svg or a .png file (200 pixels per inch)
/// of this size; texts come out as they are.
std::string terminal_script(const std::filesystem::path& file, double width_in, double height_in);

/// A gnuplot data block $name with the colour of each pixel, for `plot $name using 1:2:3:4:5 with
/// rgbimage`. The pixels lie in rows; pixel i of row k has its centre at x = i, y = k, and is drawn
/// as `repeat` x `repeat` equal ones, so that viewers that smooth pictures do not blur it.
std::string pixel_block(const std::string& name, const std::vector<Rgb>& pixels,
                        std::int64_t columns, int repeat);

/// "(\"a\" 0, \"b\" 1)", for `set xtics`: the names at 0, 1, ...; at most about `most` of them.
std::string named_ticks(const std::vector<std::string>& names, std::size_t most = 40);

/// Throws ConfigError for an element that is not finite, with the words before the colon:
///   "[heat_map] values: nan at [0, 1]; expected finite numbers"
void check_finite(const std::string& what, const Tensor& x);

/// Runs gnuplot and puts what it draws into the file, whole or not at all. Throws IoError.
void draw_picture(const std::string& script, const std::filesystem::path& file);

}  // namespace gradus::train
