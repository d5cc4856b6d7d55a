#include "train/gnuplot.h"

#include <gtest/gtest.h>

#include "tensor/error.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"
#include "tests/train/needs_gnuplot.h"

namespace gradus::train {
namespace {

TEST(GnuplotQuote, KeepsLettersAndEscapesTheRest) {
  EXPECT_EQ(gnuplot_quote("adam"), "\"adam\"");
  EXPECT_EQ(gnuplot_quote(""), "\"\"");
  EXPECT_EQ(gnuplot_quote("a_1"), "\"a\\137\\061\"");
  EXPECT_EQ(gnuplot_quote("`\"'\\@$"), "\"\\140\\042\\047\\134\\100\\044\"");
  EXPECT_EQ(gnuplot_quote("\xC3\xA9"), "\"\\303\\251\"");
}

TEST(GnuplotQuote, ReplacesWhatCannotBeShown) {
  EXPECT_EQ(gnuplot_quote("a\nb\tc\r"), "\"a\\040b\\040c\\040\"");
  const std::string mark = "\\077";
  EXPECT_EQ(gnuplot_quote(std::string("\0\x1b\x7f", 3)), "\"" + mark + mark + mark + "\"");
  // No UTF-8: a lone byte, a cut character, an overlong one, a surrogate, one past the last.
  EXPECT_EQ(gnuplot_quote("\xFFx"), "\"" + mark + "x\"");
  EXPECT_EQ(gnuplot_quote("\xE2\x82"), "\"" + mark + mark + "\"");
  EXPECT_EQ(gnuplot_quote("\xC0\xAF"), "\"" + mark + mark + "\"");
  EXPECT_EQ(gnuplot_quote("\xE0\x80\xAF"), "\"" + mark + mark + mark + "\"");
  EXPECT_EQ(gnuplot_quote("\xED\xA0\x80"), "\"" + mark + mark + mark + "\"");
  EXPECT_EQ(gnuplot_quote("\xF4\x90\x80\x80"), "\"" + mark + mark + mark + mark + "\"");
}

TEST(GnuplotQuote, GnuplotReadsExactlyTheText) {
  NEEDS_GNUPLOT();
  std::string text;
  for (int c = ' '; c < 127; ++c) text += static_cast<char>(c);
  text += " 0.25 \xC3\xA9\xE2\x82\xAC `id` @x $x %d {/Bold x}";
  EXPECT_EQ(run_gnuplot("set print '-'\nprint " + gnuplot_quote(text) + "\n"), text + "\n");
}

TEST(RunGnuplot, SaysWhatGnuplotComplainsAbout) {
  NEEDS_GNUPLOT();
  testing::expect_throws_text<IoError>(
      [] { run_gnuplot("set print '-'\nprint 1\nprint a\n"); },
      "[figure] gnuplot: failed: undefined variable: a; expected it to draw curves; "
      "./gradus setup installs a version that does");
  testing::expect_throws_text<IoError>(
      [] { run_gnuplot(""); },
      "[figure] gnuplot: failed: no message; expected it to draw curves; ./gradus setup installs "
      "a version that does");
}

TEST(RunGnuplot, LeavesOutTheSettingsOfTheUser) {
  NEEDS_GNUPLOT();
  const testing::TemporaryFolder home;
  home.file(".gnuplot", "set print '-'\nprint 'from the settings'\n");
  const testing::Environment environment("HOME", home.path().string());
  EXPECT_EQ(run_gnuplot("set print '-'\nprint 1\n"), "1\n");
}

TEST(RunGnuplot, TakesLongScriptsAndGivesLongAnswers) {
  NEEDS_GNUPLOT();
  // More than a pipe holds, in both directions.
  std::string script = "set print '-'\n", expected;
  for (int i = 0; i < 20000; ++i) {
    script += "print " + std::to_string(i) + "\n";
    expected += std::to_string(i) + "\n";
  }
  EXPECT_EQ(run_gnuplot(script), expected);
}

TEST(RunGnuplot, SaysThatGnuplotIsMissing) {
  const testing::TemporaryFolder empty;
  const testing::Environment path("PATH", empty.path().string());
  testing::expect_throws_text<IoError>(
      [] { run_gnuplot("print 1\n"); },
      "[figure] gnuplot: not found on PATH; expected it to draw curves; ./gradus setup installs "
      "it");
}

}  // namespace
}  // namespace gradus::train
