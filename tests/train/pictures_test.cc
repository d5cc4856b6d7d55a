// The kinds of pictures that are no curves: heat maps, grids of images, decision maps.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "tensor/assemble.h"
#include "tensor/elementwise_all.h"
#include "tensor/error.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"
#include "tests/train/needs_gnuplot.h"
#include "train/decision_map.h"
#include "train/gnuplot.h"
#include "train/heat_map.h"
#include "train/image_grid.h"
#include "train/picture.h"

namespace gradus::train {
namespace {

namespace fs = std::filesystem;
using testing::expect_throws_text;
using testing::file_text;
using testing::TemporaryFolder;

const double kNan = std::nan("");

HeatMap confusion() {
  return {.title = "a_b `id`",
          .values = tensor({{7, 0, 1}, {0, 8, 2}}, kInt64),
          .x_label = "prediction",
          .y_label = "class",
          .column_names = {"cat", "dog", "{x}"},
          .row_names = {"one", "two"},
          .numbers = true};
}

ImageGrid digits() {
  return {.title = "samples_1",
          .images = arange(5 * 6 * 4).reshape({5, 6, 4}) / 120,
          .columns = 3,
          .row_names = {"image", "again"}};
}

DecisionMap halves() {
  return {.title = "two halves",
          .x = {"left_1"},
          .y = {"right"},
          .points = tensor({{-1, 0}, {1, 0}, {1, 1}}),
          .classes = tensor({0, 1, 1}, kInt64),
          .probabilities =
              [](const Tensor& places) {
                const Tensor p = places.slice(1, {0, 1}) > 0;
                return cat(std::vector<Tensor>{1 - p.to(kFloat32), p.to(kFloat32)}, 1);
              },
          .names = {"minus", "plus"}};
}

template <class Picture>
std::string drawn(void (*write)(const Picture&, const fs::path&), const Picture& picture,
                  const std::string& name = "a.svg") {
  const TemporaryFolder folder;
  write(picture, folder / name);
  return file_text(folder / name);
}

// The heights at which the SVG has these texts; higher up is smaller.
std::vector<double> heights(const std::string& svg, const std::vector<std::string>& texts) {
  std::vector<double> found;
  for (const std::string& text : texts) {
    const auto at = svg.find(">" + text + "</text>");
    EXPECT_NE(at, std::string::npos) << text;
    if (at == std::string::npos) return {0};
    EXPECT_EQ(svg.find(">" + text + "</text>", at + 1), std::string::npos) << text << " twice";
    const std::string translate = "translate(";
    const auto place = svg.find(',', svg.rfind(translate, at)) + 1;
    found.push_back(std::stod(svg.substr(place)));
  }
  return found;
}

TEST(HeatMap, HasTextsAndNumbersWithRowZeroOnTop) {
  NEEDS_GNUPLOT();
  HeatMap map = confusion();
  map.low = -1.5;  // so that no tick of the colours is one of the numbers
  map.high = 7.5;
  const std::string svg = drawn(write_heat_map, map);
  heights(svg, {"a_b `id`", "prediction", "class", "cat", "dog", "{x}"});
  const auto rows = heights(svg, {"one", "two"});
  EXPECT_LT(rows[0], rows[1]);
  // 8 and 7 stand in dark cells, in white; 1 does not.
  const auto style = [&](const std::string& number) {
    const auto at = svg.find(">" + number + "</text>");
    const auto begin = svg.rfind("<g transform", at);
    return svg.substr(begin, at - begin).find("fill=\"rgb(255,255,255)\"") != std::string::npos;
  };
  EXPECT_TRUE(style("8"));
  EXPECT_NE(svg.find("<image style='image-rendering:pixelated' "), std::string::npos);
}

TEST(HeatMap, DrawsWhateverIsFinite) {
  NEEDS_GNUPLOT();
  for (const Tensor& values : {zeros({1, 1}), full({3, 1}, -2), arange(6).reshape({2, 3}) * 1e30,
                               eye(30), tensor({{0, 1}, {1, 0}}, kBool)}) {
    for (const bool numbers : {false, true}) {
      const HeatMap map{.values = values, .numbers = numbers};
      EXPECT_GT(drawn(write_heat_map, map).size(), 500u) << to_string(values.shape());
    }
  }
}

TEST(ImageGrid, HasTextsAndASizeThatFollowsFromTheImages) {
  NEEDS_GNUPLOT();
  const std::string svg = drawn(write_image_grid, digits());
  const auto rows = heights(svg, {"samples_1", "image", "again"});
  EXPECT_LT(rows[0], rows[1]);
  EXPECT_LT(rows[1], rows[2]);
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{7, 3, 9, 4}}) {
    const std::string png = drawn(write_image_grid, {.images = zeros(shape)}, "a.png");
    EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n") << to_string(shape);
    EXPECT_EQ(png.substr(16, 4), std::string("\0\0\x04\xB0", 4));  // 1200 wide
  }
  // Two images beside each other need a quarter of the height of one above the other.
  const auto height = [](std::int64_t columns) {
    const std::string text =
        drawn(write_image_grid, {.images = zeros({2, 20, 10}), .columns = columns});
    return std::stod(text.substr(text.find(" height=\"") + 9));
  };
  EXPECT_NEAR(height(1) / height(2), 4, 0.3);
}

TEST(DecisionMap, HasTextsPointsAndNames) {
  NEEDS_GNUPLOT();
  const std::string svg = drawn(write_decision_map, halves());
  heights(svg, {"two halves", "left_1", "right", "minus", "plus"});
  // Each point twice, white below its colour, and one in the legend.
  const auto points = [&](const std::string& colour) {
    std::size_t n = 0;
    const std::string use = "color='" + colour + "'/>";
    for (auto at = svg.find(use); at != std::string::npos; at = svg.find(use, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(points("rgb(  0, 114, 178)"), 2u) << "one point, one entry";
  EXPECT_EQ(points("rgb(213,  94,   0)"), 3u);
  EXPECT_EQ(points("rgb(255, 255, 255)"), 3u);
  DecisionMap one = halves();  // a single point has no span
  one.points = tensor({{0, 5}});
  one.classes = tensor({1}, kInt64);
  one.names = {};
  EXPECT_GT(drawn(write_decision_map, one).size(), 500u);
}

TEST(PixelBlock, RepeatsPixelsAroundTheirCentre) {
  const std::vector<Rgb> pixels = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}, {10, 11, 12}};
  EXPECT_EQ(pixel_block("a", pixels, 2, 1),
            "$a << EOD\n0 0 1 2 3\n1 0 4 5 6\n0 1 7 8 9\n1 1 10 11 12\nEOD\n");
  EXPECT_EQ(pixel_block("a", {{1, 2, 3.4}}, 1, 2),
            "$a << EOD\n-0.25 -0.25 1 2 3\n0.25 -0.25 1 2 3\n-0.25 0.25 1 2 3\n"
            "0.25 0.25 1 2 3\nEOD\n");
  const Rgb half = mixed(rgb_of("#0A14FF"), {}, 0.5);
  EXPECT_EQ(half.red, 132.5);
  EXPECT_EQ(half.green, 137.5);
  EXPECT_EQ(half.blue, 255);
}

// A change that makes a picture impossible, and the whole text of the error.
template <class Picture>
struct Refusal {
  std::function<void(Picture&)> change;
  std::string text;
};

template <class Thrown = ConfigError, class Picture>
void expect_refused(void (*write)(const Picture&, const fs::path&), const Picture& picture,
                    const std::vector<Refusal<Picture>>& refusals) {
  const TemporaryFolder folder;
  for (const auto& [change, text] : refusals) {
    Picture changed = picture;
    change(changed);
    expect_throws_text<Thrown>([&] { write(changed, folder / "a.svg"); }, text);
  }
  EXPECT_EQ(folder.entries(), 0);
}

TEST(Pictures, RefuseWhatCannotBeDrawn) {
  expect_refused<ConfigError>(
      write_heat_map, confusion(),
      {{[](HeatMap& m) {
          m.values = zeros({0, 3});
        },
        "[heat_map] values: [0, 3] has no cells; expected at least one"},
       {[](HeatMap& m) {
          m.values = zeros({2000, 2000});
        },
        "[heat_map] values: [2000, 2000] has 4000000 cells; expected at most 1000000"},
       {[](HeatMap& m) {
          m.values = tensor({{0, kNan, 1}, {1, 2, 3}});
        },
        "[heat_map] values: nan at [0, 1]; expected finite numbers"},
       {[](HeatMap& m) { m.row_names.pop_back(); },
        "[heat_map] row_names: 1; expected 2, one for each row"},
       {[](HeatMap& m) { m.column_names.pop_back(); },
        "[heat_map] column_names: 2; expected 3, one for each column"},
       {[](HeatMap& m) { m.low = 1, m.high = 0; },
        "[heat_map] low, high: 1, 0; expected finite numbers, low < high"},
       {[](HeatMap& m) { m.high = kNan; },
        "[heat_map] low, high: 0, nan; expected finite numbers, low < high"},
       {[](HeatMap& m) { m.width_in = 0; },
        "[figure] width_in, height_in: 0, 4.4; expected 1..40 inches"}});
  expect_refused<ShapeError>(write_heat_map, confusion(),
                             {{[](HeatMap& m) { m.values = zeros({3}); },
                               "[heat_map] values is [3]; expected [rows, columns]"}});
  expect_refused<ConfigError>(
      write_image_grid, digits(),
      {{[](ImageGrid& g) {
          g.images = zeros({0, 28, 28});
        },
        "[image_grid] images: [0, 28, 28] has no pixels; expected at least one"},
       {[](ImageGrid& g) {
          g.images.index_put({1, 0, 2}, kNan);
        },
        "[image_grid] images: nan at [1, 0, 2]; expected finite numbers"},
       {[](ImageGrid& g) { g.columns = 0; }, "[image_grid] columns: 0; expected >= 1"},
       {[](ImageGrid& g) { g.low = 1; },
        "[image_grid] low, high: 1, 1; expected finite numbers, low < high"},
       {[](ImageGrid& g) { g.columns = 5; },
        "[image_grid] row_names: 2; expected 1, one for each row"},
       {[](ImageGrid& g) {
          g = {.images = zeros({1, 3000, 3000})};
        },
        "[image_grid] grid: 3000 x 3000 pixels; expected at most 4000000"},
       {[](ImageGrid& g) { g.width_in = 41; },
        "[figure] width_in, height_in: 41, 41; expected 1..40 inches"}});
  expect_refused<ShapeError>(write_image_grid, digits(),
                             {{[](ImageGrid& g) {
                                 g.images = zeros({2, 2, 5, 5});
                               },
                               "[image_grid] images is [2, 2, 5, 5]; expected [N, H, W], "
                               "[N, 1, H, W] or [N, 3, H, W]"}});
  expect_refused<ConfigError>(
      write_decision_map, halves(),
      {{[](DecisionMap& m) {
          m.points = zeros({0, 2});
        },
        "[decision_map] points: none; expected at least one"},
       {[](DecisionMap& m) {
          m.points = tensor({{0, kNan}, {1, 1}, {2, 2}});
        },
        "[decision_map] points: nan at [0, 1]; expected finite numbers"},
       {[](DecisionMap& m) { m.probabilities = nullptr; },
        "[decision_map] probabilities: no function; expected one"},
       {[](DecisionMap& m) { m.probabilities = [](const Tensor& x) { return x * kNan; }; },
        "[decision_map] probabilities: nan at [0, 0]; expected finite numbers"},
       {[](DecisionMap& m) { m.x.log = true; },
        "[decision_map] x axis: logarithmic; expected a linear one"},
       {[](DecisionMap& m) { m.y.low = 2, m.y.high = 1; },
        "[figure] y axis: limits 2..1; expected finite limits, low < high"},
       {[](DecisionMap& m) { m.names.pop_back(); },
        "[decision_map] names: 1; expected 2, one for each class"}});
  expect_refused<ShapeError>(
      write_decision_map, halves(),
      {{[](DecisionMap& m) {
          m.points = zeros({3, 3});
        },
        "[decision_map] points is [3, 3]; expected [N, 2]"},
       {[](DecisionMap& m) { m.classes = zeros({2}, kInt64); },
        "[decision_map] classes is [2]; expected [3], one for each point"},
       {[](DecisionMap& m) { m.probabilities = [](const Tensor& x) { return x.select(1, 0); }; },
        "[decision_map] probabilities gave [25600]; expected [25600, C] with C in 1..7"}});
  expect_refused<IndexError>(write_decision_map, halves(),
                             {{[](DecisionMap& m) {
                                 m.classes = tensor({0, 2, 1}, kInt64);
                               },
                               "[decision_map] classes: 2 at [1]; expected 0..1"}});
}

TEST(Pictures, AFailureLeavesTheOldFile) {
  const TemporaryFolder folder;
  const auto file = folder.file("a.svg", "old");
  const testing::Environment path("PATH", (folder / "none").string());
  const std::string text =
      "[figure] gnuplot: not found on PATH; expected it to draw curves; ./gradus setup installs it";
  expect_throws_text<IoError>([&] { write_heat_map(confusion(), file); }, text);
  expect_throws_text<IoError>([&] { write_image_grid(digits(), file); }, text);
  expect_throws_text<IoError>([&] { write_decision_map(halves(), file); }, text);
  expect_throws_text<ConfigError>([&] { write_heat_map(confusion(), folder / "a.jpg"); },
                                  "[figure] file: " + (folder / "a.jpg").string() +
                                      "; expected a name that ends in .svg or .png");
  EXPECT_EQ(file_text(file), "old");
  EXPECT_EQ(folder.entries(), 1);
}

}  // namespace
}  // namespace gradus::train
