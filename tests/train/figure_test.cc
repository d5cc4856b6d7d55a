#include "train/figure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "tensor/error.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"
#include "tests/train/needs_gnuplot.h"
#include "train/gnuplot.h"

namespace gradus::train {
namespace {

using testing::expect_throws_text;
using testing::file_text;
using testing::TemporaryFolder;

const double kNan = std::nan(""), kInf = std::numeric_limits<double>::infinity();

Figure losses(int curves = 2) {
  Figure figure{"two rules", {"epoch", 0, 2}, {"loss"}};
  for (int k = 0; k < curves; ++k) {
    Curve curve{"rule" + std::to_string(k)};
    for (int i = 1; i <= 15; ++i) {
      curve.x.push_back(i * 2.0 / 15);
      curve.y.push_back(0.24 + 0.3 * std::exp(-0.3 * i * (k + 1)));
    }
    figure.curves.push_back(curve);
  }
  return figure;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::string drawn_svg(const Figure& figure) {
  const TemporaryFolder folder;
  write_figure(figure, folder / "a.svg");
  return file_text(folder / "a.svg");
}

TEST(WriteFigure, SvgHasTextsAndSizeAndALineForEachCurve) {
  NEEDS_GNUPLOT();
  const std::string svg = drawn_svg(losses(10));
  EXPECT_TRUE(svg.starts_with("<?xml"));
  EXPECT_TRUE(svg.ends_with("</svg>\n\n"));
  EXPECT_NE(svg.find("width=\"576\" height=\"365\""), std::string::npos);
  for (const std::string text : {"two rules", "epoch", "loss"}) {
    EXPECT_EQ(count(svg, ">" + text + "</text>"), 1u) << text;
  }
  for (int k = 0; k < 10; ++k) {
    EXPECT_EQ(count(svg, ">rule" + std::to_string(k) + "</text>"), 1u) << k;
  }
}

TEST(WriteFigure, PngHasItsSize) {
  NEEDS_GNUPLOT();
  const TemporaryFolder folder;
  Figure figure = losses();
  figure.width_in = 3.5;
  figure.height_in = 2.5;
  write_figure(figure, folder / "sub/a.png");
  const std::string png = file_text(folder / "sub/a.png");
  ASSERT_GT(png.size(), 2000u);
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(png.substr(16, 8), std::string("\0\0\x02\xBC\0\0\x01\xF4", 8));  // 700 by 500
}

TEST(WriteFigure, TextsComeOutAsTheyAre) {
  NEEDS_GNUPLOT();
  const TemporaryFolder folder;
  const std::string victim = (folder / "victim").string();
  Figure figure = losses(1);
  figure.title =
      "momentum_0.25 ^2 \"q\" 'p' \\n `touch " + victim + "` {/Bold x} %d @x $y \xC3\xA9";
  figure.x.label = "time_(sec)\nset output '" + victim + "'\n";
  figure.y.label = "'; system('touch " + victim + "'); print '";
  figure.curves[0].label = "\", system(\"touch " + victim + "\") # <&> \\";
  const std::string svg = drawn_svg(figure);
  EXPECT_FALSE(std::filesystem::exists(victim));
  EXPECT_EQ(count(svg, ">momentum_0.25 ^2 \"q\" 'p' \\n `touch " + victim +
                           "` {/Bold x} %d @x $y \xC3\xA9</text>"),
            1u);
  EXPECT_EQ(count(svg, ">time_(sec) set output '" + victim + "' </text>"), 1u);
  EXPECT_EQ(count(svg, ">'; system('touch " + victim + "'); print '</text>"), 1u);
  EXPECT_EQ(count(svg, ">\", system(\"touch " + victim + "\") # &lt;&amp;> \\</text>"), 1u);
}

TEST(WriteFigure, AFailureLeavesTheOldFile) {
  const TemporaryFolder folder;
  const auto file = folder.file("a.svg", "old");
  const testing::Environment path("PATH", (folder / "none").string());
  expect_throws_text<IoError>([&] { write_figure(losses(), file); },
                              "[figure] gnuplot: not found on PATH; expected it to draw curves; "
                              "./gradus setup installs it");
  EXPECT_EQ(file_text(file), "old");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(WriteFigure, RefusesFiguresThatCannotBeDrawn) {
  const TemporaryFolder folder;
  const auto expect_refused = [&](const Figure& figure, const std::string& text) {
    expect_throws_text<ConfigError>([&] { write_figure(figure, folder / "a.svg"); }, text);
    expect_throws_text<ConfigError>([&] { plot_text(figure, 80, 24); }, text);
    EXPECT_EQ(folder.entries(), 0);
  };
  expect_refused({}, "[figure] curves: none; expected at least one");
  Figure figure = losses();
  figure.curves[1] = {"adam"};
  expect_refused(figure, "[figure] curve 'adam': no points; expected at least one");
  figure.curves[1] = {"adam", {1, 2, 3}, {1, 2}};
  expect_refused(figure, "[figure] curve 'adam': 3 x and 2 y; expected equally many");
  figure.curves = {{"adam", {1, 2, kInf}, {kNan, kInf, 1}}};
  expect_refused(figure,
                 "[figure] curves: no point is finite and fits the axes; expected at least one");
  figure.curves = {{"adam", {1, 2}, {0, -1}}};
  figure.y.log = true;
  expect_refused(figure,
                 "[figure] curves: no point is finite and fits the axes; expected at least one");
  figure = losses();
  figure.x.low = 2;
  expect_refused(figure, "[figure] x axis: limits 2..2; expected finite limits, low < high");
  figure.x.low = kNan;
  expect_refused(figure, "[figure] x axis: limit nan; expected a finite number");
  figure = losses();
  figure.y.high = kInf;
  expect_refused(figure, "[figure] y axis: limit inf; expected a finite number");
  figure.y.high = 0;
  figure.y.log = true;
  expect_refused(figure, "[figure] y axis: limit 0; expected > 0 on a logarithmic axis");
}

TEST(WriteFigure, RefusesOtherFilesAndSizes) {
  const TemporaryFolder folder;
  for (const std::string name : {"a.jpg", "a", "a.svg.gz", ".svg", "a.PNG"}) {
    const auto file = folder / name;
    expect_throws_text<ConfigError>(
        [&] { write_figure(losses(), file); },
        "[figure] file: " + file.string() + "; expected a name that ends in .svg or .png");
  }
  Figure figure = losses();
  figure.width_in = 0;
  expect_throws_text<ConfigError>([&] { write_figure(figure, folder / "a.svg"); },
                                  "[figure] width_in, height_in: 0, 3.8; expected 1..40 inches");
  for (const auto& [columns, rows] : {std::pair{10, 5}, {1001, 24}, {80, 501}}) {
    expect_throws_text<ConfigError>([&] { plot_text(losses(), columns, rows); },
                                    "[figure] columns, rows: " + std::to_string(columns) + ", " +
                                        std::to_string(rows) + "; expected 40..1000 and 10..500");
  }
}

TEST(WriteFigure, DrawsWhateverIsFinite) {
  NEEDS_GNUPLOT();
  std::vector<Figure> figures;
  for (const bool log : {false, true}) {
    Figure figure;
    figure.x.log = figure.y.log = log;
    figure.curves = {{"one point", {3}, {7}}};
    figures.push_back(figure);
    figure.curves = {{"flat", {1, 2}, {5, 5}}, {"all nan", {1, 2}, {kNan, kNan}}};
    figures.push_back(figure);
    figure.curves = {{"gap", {1, 2, 3, 4, 5}, {1, kNan, 3, kInf, 5}}};
    figures.push_back(figure);
    figure.curves = {{"huge", {1, 2, 3}, {1e-300, 1, 1e300}}, {"tiny", {1}, {5e-324}}};
    figures.push_back(figure);
    figure.curves = {{"outside", {1, 2, 3}, {0.5, 0.6, 0.7}}};
    figure.x.low = 10;
    figure.y.high = 0.1;
    figures.push_back(figure);
  }
  figures.push_back({"negative", {}, {}, {{"", {-2, -1}, {-5, -5}}, {"", {0}, {0}}}});
  for (const Figure& figure : figures) {
    SCOPED_TRACE(figure.curves[0].label);
    EXPECT_FALSE(drawn_svg(figure).empty());
    EXPECT_FALSE(plot_text(figure, 80, 24).empty());
  }
}

TEST(WriteFigure, PointsThatAreNotFiniteLeaveAGap) {
  NEEDS_GNUPLOT();
  // The lines of the first curve, each from a move (M) on.
  const auto lines = [](const std::vector<double>& y) {
    Figure figure;
    figure.curves = {{"", {1, 2, 3, 4, 5, 6, 7}, y}};
    const std::string svg = drawn_svg(figure);
    const std::string path = "<path stroke='rgb(  0, 114, 178)'  d='";
    const auto begin = svg.find(path) + path.size();
    return count(svg.substr(begin, svg.find('\'', begin) - begin), "M");
  };
  EXPECT_EQ(lines({1, 2, 3, 4, 3, 2, 1}), 1u);
  EXPECT_EQ(lines({1, 2, kNan, kInf, 3, 2, 1}), 2u);
  EXPECT_EQ(lines({kNan, 2, 3, -kInf, 3, 2, kNan}), 2u);
}

TEST(WriteFigure, ANarrowLogarithmicAxisHasLabels) {
  NEEDS_GNUPLOT();
  Figure figure;
  figure.y.log = true;
  figure.curves = {{"", {1, 2}, {0.21, 0.39}}};
  EXPECT_EQ(count(drawn_svg(figure), ">0.3</text>"), 1u);
  figure.curves = {{"", {1, 2}, {0.3, 30}}};
  const std::string svg = drawn_svg(figure);
  for (const std::string text : {"0.5", "1", "2", "5", "10", "20"}) {
    EXPECT_GE(count(svg, ">" + text + "</text>"), 1u) << text;
  }
}

TEST(PlotText, FitsAndShowsEveryCurveWithItsOwnCharacter) {
  NEEDS_GNUPLOT();
  const std::string text = plot_text(losses(10), 79, 24);
  std::istringstream lines(text);
  int rows = 0;
  for (std::string line; std::getline(lines, line); ++rows) {
    EXPECT_LE(line.size(), 79u);
    EXPECT_TRUE(line.empty() || line.back() != ' ');
  }
  EXPECT_LE(rows, 24);
  EXPECT_GE(rows, 20);
  EXPECT_TRUE(text.ends_with("\n"));
  EXPECT_EQ(text.find_first_of("\f\x1b"), std::string::npos);
  const std::string marks = "*o+x#@%&$=";
  for (int k = 0; k < 10; ++k) {
    EXPECT_EQ(count(text, marks.substr(k, 1) + " rule" + std::to_string(k)), 1u) << text;
  }
}

TEST(PlotText, LinesHaveNoHolesAndGapsStay) {
  NEEDS_GNUPLOT();
  Figure figure;
  figure.curves = {{"", {0, 100}, {0, 1}}};
  EXPECT_GE(count(plot_text(figure, 80, 24), "*"), 60u);
  // A flat line whose middle is missing: two runs of marks in one row.
  figure.curves = {{"", {0, 40, 41, 60, 100}, {1, 1, kNan, 1, 1}}};
  const std::string text = plot_text(figure, 80, 24);
  const std::size_t first = text.find('*'), last = text.rfind('*');
  const std::string row = text.substr(first, last - first + 1);
  EXPECT_EQ(row.find('\n'), std::string::npos) << text;
  const std::size_t gap = std::count(row.begin(), row.end(), ' ');
  EXPECT_GE(gap, 10u) << text;
  EXPECT_LE(gap, 18u) << text;
}

TEST(PlotText, ColourAddsEscapesAndEndsThem) {
  NEEDS_GNUPLOT();
  const std::string text = plot_text(losses(), 79, 24, true);
  EXPECT_NE(text.find("\x1b[38;5;"), std::string::npos);
  const std::size_t last = text.rfind("\x1b[");
  EXPECT_EQ(text.substr(last, 3), "\x1b[0") << "the colour must not run on behind the plot";
}

TEST(PlotText, TextsComeOutAsTheyAre) {
  NEEDS_GNUPLOT();
  Figure figure = losses(1);
  figure.title = "a_0.5 ^2 {x} `id` \"q\"";
  figure.curves[0].label = "a name that is too long to stand beside it";
  const std::string text = plot_text(figure, 79, 24);
  EXPECT_EQ(count(text, figure.title), 1u) << text;
  EXPECT_EQ(count(text, "* " + figure.curves[0].label), 1u) << text;
}

}  // namespace
}  // namespace gradus::train
