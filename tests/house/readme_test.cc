// The pages show programs and what they print: both must be what the repository has. On a page,
//   <!-- examples/a.cc -->         stands before a block with the text of that file,
//   <!-- examples/a.cc: part -->   before one with the body of its function void part(),
//   <!-- output of a part -->      before one with what `examples/a part` prints.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::string read(const std::string& file) {
  std::ifstream in(file);
  EXPECT_TRUE(in) << "cannot read " << file;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> buffer;
  while (std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    text.append(buffer.data(), n);
  }
  EXPECT_EQ(pclose(pipe), 0) << command;
  return text;
}

struct Block {
  std::string marker;  // "examples/a.cc: part" or "output of a part"
  std::string text;
};

// The fenced blocks that stand directly behind a marker.
std::vector<Block> blocks_of(const std::string& page) {
  std::vector<Block> blocks;
  for (std::size_t at = 0; (at = page.find("<!-- ", at)) != std::string::npos;) {
    const std::size_t end = page.find(" -->\n", at);
    if (end == std::string::npos) break;
    const std::string marker = page.substr(at + 5, end - at - 5);
    at = end + 5;
    if (marker.find("examples/") != 0 && marker.find("output of ") != 0) continue;
    if (page.compare(at, 3, "```") != 0) {
      blocks.push_back({marker, "no block follows"});
      continue;
    }
    const std::size_t begin = page.find('\n', at) + 1;
    blocks.push_back({marker, page.substr(begin, page.find("```", begin) - begin)});
  }
  return blocks;
}

// The lines inside void part() { ... }, without their indentation.
std::string body_of(const std::string& program, const std::string& part) {
  const std::string head = "\nvoid " + part + "() {\n";
  const std::size_t at = program.find(head);
  if (at == std::string::npos) return "no function " + part;
  const std::size_t begin = at + head.size();
  std::istringstream lines(program.substr(begin, program.find("\n}\n", begin) + 1 - begin));
  std::string body, line;
  while (std::getline(lines, line)) body += (line.size() > 2 ? line.substr(2) : "") + "\n";
  return body;
}

// What the block of a marker has to show.
std::string shown_by(const std::string& marker) {
  constexpr std::string_view kOutput = "output of ";
  if (marker.starts_with(kOutput)) return output_of("examples/" + marker.substr(kOutput.size()));
  const std::size_t colon = marker.find(": ");
  if (colon == std::string::npos) return read(marker);
  return body_of(read(marker.substr(0, colon)), marker.substr(colon + 2));
}

// Word by word, where numbers may differ as far as another processor rounds: matrix products add in
// another order there, which the last printed digits can show.
::testing::AssertionResult same_up_to_rounding(const std::string& page, const std::string& real) {
  std::istringstream a(page), b(real);
  std::string x, y;
  while (true) {
    const bool more_a = static_cast<bool>(a >> x), more_b = static_cast<bool>(b >> y);
    if (!more_a && !more_b) return ::testing::AssertionSuccess();
    if (more_a && more_b && x == y) continue;
    char *end_x = nullptr, *end_y = nullptr;
    const double u = std::strtod(x.c_str(), &end_x), v = std::strtod(y.c_str(), &end_y);
    const bool numbers = end_x != x.c_str() && end_y != y.c_str() && std::string(end_x) == end_y;
    if (more_a && more_b && numbers && std::fabs(u - v) <= 2e-4 * (1 + std::fabs(v))) continue;
    return ::testing::AssertionFailure()
           << "the page has '" << x << "', the program printed '" << y << "'";
  }
}

void check_page(const std::string& file, std::size_t blocks) {
  const std::vector<Block> found = blocks_of(read(file));
  EXPECT_EQ(found.size(), blocks) << file;
  for (const Block& block : found) {
    if (block.marker.starts_with("output of ")) {
      EXPECT_TRUE(same_up_to_rounding(block.text, shown_by(block.marker)))
          << file << ": " << block.marker;
    } else {
      EXPECT_EQ(block.text, shown_by(block.marker)) << file << ": " << block.marker;
    }
  }
}

TEST(Readme, TheFrontPageShowsProgramsAndOutputsAsTheyAre) { check_page("README.md", 3); }

TEST(Readme, ThePageOfTensorsShowsProgramsAndOutputsAsTheyAre) {
  check_page("tensor/README.md", 11);
}

TEST(Readme, ThePageOfTheTapeShowsProgramsAndOutputsAsTheyAre) {
  check_page("autograd/README.md", 3);
}

TEST(Readme, ThePagesOfDataAndTrainShowProgramsAsTheyAre) {
  check_page("data/README.md", 1);
  check_page("train/README.md", 1);
}

TEST(Readme, ThePageOfTheExamplesShowsWhatOneOfThemPrints) { check_page("examples/README.md", 1); }

TEST(Readme, ABlockThatDiffersIsNoticed) {
  const auto blocks = blocks_of(
      "<!-- examples/a.cc -->\n```cpp\nint x;\n```\n<!-- note -->\n<!-- output of a b -->\n1\n");
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(blocks[0].marker, "examples/a.cc");
  EXPECT_EQ(blocks[0].text, "int x;\n");
  EXPECT_EQ(blocks[1].marker, "output of a b");
  EXPECT_EQ(blocks[1].text, "no block follows");
  EXPECT_EQ(body_of("\nvoid f() {\n  int x;\n\n  if (x) {\n  }\n}\nvoid g() {\n}\n", "f"),
            "int x;\n\nif (x) {\n}\n");
  EXPECT_EQ(body_of("int main() {}\n", "f"), "no function f");
  EXPECT_FALSE(same_up_to_rounding("loss 0.25", "loss 0.26"));
  EXPECT_FALSE(same_up_to_rounding("loss 0.25", "loss 0.25 more"));
  EXPECT_FALSE(same_up_to_rounding("loss 0.25", "cost 0.25"));
  EXPECT_TRUE(same_up_to_rounding("loss 0.2500", "loss 0.2501"));
}

}  // namespace
