#include "train/progress.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tensor/error.h"
#include "tests/support/compare.h"

namespace gradus::train {
namespace {

// A progress line with a clock that the test sets.
struct Shown {
  Shown(bool terminal, std::int64_t total, const std::string& title = "adam")
      : progress(out, terminal, title, total, [this] { return seconds; }) {}

  std::string taken() {
    const std::string text = out.str();
    out.str("");
    return text;
  }

  double seconds = 100;
  std::ostringstream out;
  Progress progress;
};

TEST(Progress, ATerminalSeesOneLineWithRateRemainingTimeAndNote) {
  Shown shown(true, 300);
  shown.seconds += 2;
  shown.progress.update(60, "loss 0.25");
  EXPECT_EQ(shown.taken(), "\radam  [####................] 60/300  30.0/s  ETA 0:08  loss 0.25");
}

TEST(Progress, ATerminalIsRedrawnTenTimesASecondAtMost) {
  Shown shown(true, 100000);
  int drawn = 0;
  for (int i = 1; i <= 20000; ++i) {  // two seconds
    shown.seconds += 1e-4;
    shown.progress.update(i);
    drawn += !shown.taken().empty();
  }
  EXPECT_GE(drawn, 19);
  EXPECT_LE(drawn, 21);
}

TEST(Progress, AShorterLineCoversALongerOne) {
  Shown shown(true, 10);
  shown.progress.update(1, "a long note");
  const std::string first = shown.taken();
  shown.seconds += 1;
  shown.progress.update(1, "a");
  std::string second = shown.taken();
  EXPECT_EQ(first, "\radam  [##..................] 1/10  a long note");
  EXPECT_EQ(second, "\radam  [##..................] 1/10  1.00/s  ETA 0:09  a");
  shown.seconds += 1;
  shown.progress.update(1, "");
  EXPECT_EQ(shown.taken(), "\radam  [##..................] 1/10  0.50/s  ETA 0:18   ");
}

TEST(Progress, ALongLineIsCutToTheWidthOfATerminal) {
  std::string note;
  for (int i = 0; i < 100; ++i) note += "\xC3\xA9";    // two bytes, one character
  for (const std::string title : {"adam", "adamw"}) {  // the cut falls beside or into a character
    Shown shown(true, 10, title);
    shown.progress.update(1, note);
    const std::string text = shown.taken();
    EXPECT_GE(text.size(), 79u);
    EXPECT_LE(text.size(), 80u);
    EXPECT_EQ(text.substr(text.size() - 2), "\xC3\xA9");
  }
}

TEST(Progress, FinishShowsTheTimeAndEndsTheLine) {
  Shown shown(true, 300);
  shown.seconds += 1.5;
  shown.progress.update(300, "loss 0.24");
  shown.taken();
  shown.progress.finish();
  EXPECT_EQ(shown.taken(), "\radam  [####################] 300/300  200/s  in 1.50 s  loss 0.24\n");
  shown.progress.finish();
  shown.progress.update(1);
  EXPECT_EQ(shown.taken(), "");
}

TEST(Progress, APipeGetsTenLinesAndNoCarriageReturn) {
  Shown shown(false, 1000);
  for (int i = 1; i <= 1000; ++i) {
    shown.seconds = 100 + 0.01 * i;
    shown.progress.update(i, "loss 0.25");
  }
  shown.progress.finish();
  const std::string text = shown.taken();
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10);
  EXPECT_EQ(text.substr(0, text.find('\n')), "adam  100/1000  100/s  ETA 0:09  loss 0.25");
  EXPECT_TRUE(text.ends_with("adam  1000/1000  100/s  in 10.0 s  loss 0.25\n"));
}

TEST(Progress, APipeGetsALinePerUpdateOfAShortLoop) {
  Shown shown(false, 3);
  for (int i = 1; i <= 3; ++i) shown.progress.update(i);
  shown.progress.finish();
  EXPECT_EQ(shown.taken(), "adam  1/3\nadam  2/3\nadam  3/3\n");
}

TEST(Progress, WithoutATotalItCounts) {
  Shown shown(false, 0);
  shown.seconds += 4;
  shown.progress.update(5000);
  EXPECT_EQ(shown.taken(), "");
  shown.progress.finish();
  EXPECT_EQ(shown.taken(), "adam  5000  1.25k/s  in 4.00 s\n");
  Shown drawn(true, 0);
  drawn.progress.update(7, "x");
  EXPECT_EQ(drawn.taken(), "\radam  7  x");
}

TEST(Progress, LongTimesHaveHours) {
  Shown shown(true, 100000);
  shown.seconds += 1;
  shown.progress.update(1);
  EXPECT_EQ(shown.taken(), "\radam  [....................] 1/100000  1.00/s  ETA 27:46:39");
}

TEST(Progress, EndsAnOpenLineWhenItDies) {
  std::ostringstream out;
  {
    Progress progress(out, true, "adam", 10);
    progress.update(1);
  }
  EXPECT_TRUE(out.str().ends_with("\n"));
  out.str("");
  { Progress progress(out, true, "adam", 10); }
  EXPECT_EQ(out.str(), "");
}

TEST(Progress, RefusesANegativeTotal) {
  testing::expect_throws_text<ConfigError>([] { Shown shown(true, -1); },
                                           "[progress] total: -1; expected >= 0");
}

TEST(IsTerminal, AFileIsNone) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  EXPECT_FALSE(is_terminal(file));
  std::fclose(file);
  EXPECT_FALSE(is_terminal(nullptr));
}

}  // namespace
}  // namespace gradus::train
