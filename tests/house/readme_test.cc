// The front page shows programs and what they print: both must be what the repository has.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

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

// The text of the fenced block that follows `marker`.
std::string block_after(const std::string& page, const std::string& marker) {
  const std::size_t at = page.find(marker);
  if (at == std::string::npos) return "no '" + marker + "' on the page";
  const std::size_t begin = page.find('\n', page.find("```", at)) + 1;
  return page.substr(begin, page.find("```", begin) - begin);
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

TEST(Readme, ShowsTheProgramAsItIsInExamples) {
  EXPECT_EQ(block_after(read("README.md"), "<!-- examples/first_steps.cc -->"),
            read("examples/first_steps.cc"));
}

TEST(Readme, ShowsWhatTheProgramPrints) {
  EXPECT_TRUE(same_up_to_rounding(block_after(read("README.md"), "<!-- output of first_steps -->"),
                                  output_of("examples/first_steps")));
}

TEST(Readme, ShowsTheOutputOfLinearRegression) {
  EXPECT_TRUE(
      same_up_to_rounding(block_after(read("README.md"), "<!-- output of linear_regression -->"),
                          output_of("examples/textbook/linear_regression")));
}

TEST(Readme, ABlockThatDiffersIsNoticed) {
  EXPECT_EQ(block_after("<!-- a -->\n```cpp\nint x;\n```\n", "<!-- a -->"), "int x;\n");
  EXPECT_NE(block_after("nothing here", "<!-- a -->"), "");
  EXPECT_FALSE(same_up_to_rounding("loss 0.25", "loss 0.26"));
  EXPECT_FALSE(same_up_to_rounding("loss 0.25", "loss 0.25 more"));
  EXPECT_FALSE(same_up_to_rounding("loss 0.25", "cost 0.25"));
  EXPECT_TRUE(same_up_to_rounding("loss 0.2500", "loss 0.2501"));
}

}  // namespace
