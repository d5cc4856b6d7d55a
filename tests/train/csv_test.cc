#include "train/csv.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "tensor/error.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"

namespace gradus::train {
namespace {

TEST(Csv, WritesNumbersAndTexts) {
  EXPECT_EQ(csv_text({"rule", "epoch", "loss"},
                     {{"adam", std::int64_t{1}, 0.25}, {"yogi", std::int64_t{-2}, 1e-300}}),
            "rule,epoch,loss\nadam,1,0.25\nyogi,-2,1e-300\n");
  EXPECT_EQ(csv_text({"x"}, {}), "x\n");
  EXPECT_EQ(csv_text({}, {}), "");
}

TEST(Csv, IntsAndFloatsBecomeCells) {
  EXPECT_EQ(csv_text({"a", "b"}, {{1, 0.5F}}), "a,b\n1,0.5\n");
}

TEST(Csv, EveryDoubleReadsBackTheSame) {
  using Limits = std::numeric_limits<double>;
  for (const double value : {0.1, 1.0 / 3, 0.241687955092, -0.0, Limits::max(), Limits::min(),
                             Limits::denorm_min(), 123456789012345678.0, std::nextafter(1.0, 2)}) {
    const std::string text = csv_text({"x"}, {{value}}).substr(2);
    const double back = std::strtod(text.c_str(), nullptr);
    EXPECT_EQ(back, value) << text;
    EXPECT_EQ(std::signbit(back), std::signbit(value)) << text;
  }
  EXPECT_EQ(csv_text({"x"}, {{0.1}}), "x\n0.10000000000000001\n");
  EXPECT_EQ(csv_text({"x"}, {{std::nan("")}, {Limits::infinity()}, {-Limits::infinity()}}),
            "x\nnan\ninf\n-inf\n");
}

TEST(Csv, QuotesTextsThatNeedIt) {
  EXPECT_EQ(csv_text({"a,b", "say \"hi\""}, {{"line\nbreak", "cr\r"}, {"plain text", ""}}),
            "\"a,b\",\"say \"\"hi\"\"\"\n\"line\nbreak\",\"cr\r\"\nplain text,\n");
}

TEST(Csv, RefusesRowsOfAnotherLength) {
  testing::expect_throws_text<ConfigError>(
      [] {
        csv_text({"a", "b"}, {{1.0, 2.0}, {1.0}});
      },
      "[csv] row 1: 1 cells; expected 2, as in the header");
}

TEST(Csv, ARefusedTableLeavesTheFileAsItWas) {
  const testing::TemporaryFolder folder;
  const auto file = folder.file("a.csv", "old");
  EXPECT_THROW(write_csv(file, {"a"}, {{1.0, 2.0}}), ConfigError);
  EXPECT_EQ(testing::file_text(file), "old");
  write_csv(file, {"a"}, {{1.0}});
  EXPECT_EQ(testing::file_text(file), "a\n1\n");
}

}  // namespace
}  // namespace gradus::train
