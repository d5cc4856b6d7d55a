// Drawings of the tape: the text for Graphviz, and the picture.
#include "autograd/draw_tape.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <regex>

#include "autograd/ops_all.h"
#include "autograd/print_tape.h"
#include "tensor/elementwise_all.h"

namespace gradus::testing {
namespace {

std::string here(int line) { return std::string(__FILE__) + ":" + std::to_string(line); }

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++n;
  return n;
}

Variable network() {
  const Variable x = named(Variable(ones({16, 32})), "x"), t = named(Variable(ones({16, 1})), "t");
  Variable h = x;
  for (int layer = 1; layer <= 2; ++layer) {
    const std::string number = std::to_string(layer);
    const std::int64_t out = layer == 1 ? 64 : 1;
    const Variable w = named(parameter(ones({h.dim(1), out})), "w" + number);
    const Variable b = named(parameter(ones({out})), "b" + number);
    h = matmul(h, w) + b;
    if (layer == 1) h = tanh(h);
  }
  return named(mean(square(h - t)), "loss");
}

TEST(DrawTape, DotIsTheGraphInTheWordsOfPrintTape) {
  const Variable w = named(parameter(ones({2})), "w \"1\"");
  const Variable y = sum(w * w);
  const int line = __LINE__ - 1;
  EXPECT_EQ(to_dot(y),
            "digraph tape {\n"
            "  node [shape=box, style=\"filled,rounded\", fontname=\"monospace\", fontsize=10];\n"
            "  n1 [fillcolor=\"#dbe9f9\", label=\"parameter\\nf32[2] \\\"w \\\"1\\\"\\\"\"];\n"
            "  n2 [fillcolor=\"#ffffff\", label=\"mul\\nf32[2]\\n" +
                here(line) +
                "\"];\n"
                "  n1 -> n2;\n"
                "  n1 -> n2;\n"
                "  n3 [fillcolor=\"#ffffff\", label=\"sum\\nf32[]\\n" +
                here(line) +
                "\"];\n"
                "  n2 -> n3;\n"
                "}\n");
}

TEST(DrawTape, SvgHasABoxForEachResultAndAnArrowForEachInput) {
  const Variable loss = network();
  const std::string svg = to_svg(loss);
  if (const char* out = std::getenv("GRADUS_TEST_SVG")) std::ofstream(out) << svg;  // to look at
  EXPECT_EQ(count(svg, "rx=\"5\""), tape_of(loss).size());
  EXPECT_EQ(count(svg, "marker-end"), 2u + 2 + 1 + 2 + 2 + 2 + 1 + 1);
  EXPECT_EQ(count(svg, "f32[32,64] &quot;w1&quot;"), 1u);
  EXPECT_EQ(count(svg, "<text"), count(svg, "</text>"));
}

// Rectangles by row do not overlap, and arrows point down.
TEST(DrawTape, BoxesDoNotOverlapAndResultsAreBelowTheirInputs) {
  const std::string svg = to_svg(network());
  struct Rectangle {
    double x, y, width;
  };
  std::vector<Rectangle> boxes;
  const std::regex box(R"re(<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="46.0" rx)re");
  for (std::sregex_iterator i(svg.begin(), svg.end(), box), end; i != end; ++i) {
    boxes.push_back({std::stod((*i)[1]), std::stod((*i)[2]), std::stod((*i)[3])});
  }
  EXPECT_EQ(boxes.size(), 14u);
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (boxes[i].y != boxes[j].y) continue;
      EXPECT_TRUE(boxes[i].x >= boxes[j].x + boxes[j].width ||
                  boxes[j].x >= boxes[i].x + boxes[i].width);
    }
  }
  const std::regex arrow(R"re(<path d="M[\d.]+,([\d.]+) C.* [\d.]+,([\d.]+)" fill)re");
  for (std::sregex_iterator i(svg.begin(), svg.end(), arrow), end; i != end; ++i) {
    EXPECT_LT(std::stod((*i)[1]), std::stod((*i)[2]));
  }
}

TEST(DrawTape, NamesAreEscaped) {
  const Variable w = named(parameter(ones({2})), "a<b>&\"c\"\n");
  EXPECT_EQ(count(to_svg(w), "a&lt;b&gt;&amp;&quot;c&quot; &quot;"), 1u);
}

TEST(DrawTape, OfOneVariableIsOneBox) {
  const Variable x = parameter(ones({2}));
  EXPECT_EQ(count(to_svg(x), "rx=\"5\""), 1u);
  EXPECT_EQ(count(to_svg(x), "marker-end"), 0u);
  EXPECT_EQ(to_svg(x, 0), to_svg(x, 1));
  EXPECT_EQ(to_dot(x),
            "digraph tape {\n"
            "  node [shape=box, style=\"filled,rounded\", fontname=\"monospace\", fontsize=10];\n"
            "  n1 [fillcolor=\"#dbe9f9\", label=\"parameter\\nf32[2]\"];\n"
            "}\n");
  for (const auto& draw : {to_dot, to_svg}) {
    EXPECT_THROW(draw(Variable(), 500), Error);
  }
}

TEST(DrawTape, WhatIsFreedHasNoArrows) {
  const Variable x = parameter(ones({2}));
  const Variable y = sum(square(x));
  y.backward();
  EXPECT_EQ(count(to_svg(y), "rx=\"5\""), 1u);
}

TEST(DrawTape, OfALongTapeTheNewestAreDrawn) {
  Variable x = parameter(ones({}));
  for (int i = 0; i < 100000; ++i) x = -x;
  const std::string svg = to_svg(x, 5), dot = to_dot(x, 5);
  EXPECT_EQ(count(svg, "rx=\"5\""), 5u);
  EXPECT_EQ(count(svg, "99996 older results are not drawn"), 1u);
  EXPECT_EQ(count(svg, "stroke-dasharray"), 1u);
  EXPECT_EQ(count(dot, " -> "), 5u);
  EXPECT_EQ(count(dot, "99996 older results are not drawn"), 1u);
  EXPECT_GT(to_svg(x, 100000).size(), 10000000u);  // no recursion
}

}  // namespace
}  // namespace gradus::testing
