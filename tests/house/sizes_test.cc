// Files stay short enough to be read at one sitting: headers under 300 lines, sources under 500,
// tests under 400, lines up to 100 columns. A longer file states why, in a comment line that
// starts with "// Longer than usual because".
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/house/source_files.h"

namespace gradus::house {
namespace {

constexpr size_t kColumns = 100;

size_t line_limit(const std::string& path) {
  if (path.starts_with("tests/")) return 400;
  return path.ends_with(".h") ? 300 : 500;
}

// Characters, not bytes: UTF-8 continuation bytes do not count.
size_t columns(const std::string& line) {
  return std::count_if(line.begin(), line.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::vector<std::string> too_long(const SourceFile& file) {
  std::vector<std::string> bad;
  const std::vector<std::string> lines = lines_of(file.text);
  bool reason_given = false;
  for (size_t i = 0; i < lines.size(); ++i) {
    reason_given = reason_given || lines[i].starts_with("// Longer than usual because ");
    if (columns(lines[i]) <= kColumns) continue;
    bad.push_back(file.path + ":" + std::to_string(i + 1) + ": " +
                  std::to_string(columns(lines[i])) + " columns; at most 100");
  }
  if (lines.size() >= line_limit(file.path) && !reason_given) {
    bad.push_back(file.path + ": " + std::to_string(lines.size()) + " lines; under " +
                  std::to_string(line_limit(file.path)));
  }
  return bad;
}

TEST(Sizes, EveryFileIsShort) {
  size_t files = 0;
  for (const std::string folder : {"tensor", "autograd", "nn", "optim", "data", "train", "tests",
                                   "examples", "bench", "fuzz"}) {
    for (const SourceFile& file : files_below(folder)) {
      ++files;
      for (const std::string& line : too_long(file)) ADD_FAILURE() << line;
    }
  }
  EXPECT_GT(files, 0u) << "no source was found, so nothing was checked";
}

TEST(Sizes, LongFilesAndLinesAreFound) {
  const auto lines = [](size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += "x\n";
    return text;
  };
  EXPECT_TRUE(too_long({"nn/a.h", lines(299)}).empty());
  EXPECT_EQ(too_long({"nn/a.h", lines(300)}).size(), 1u);
  EXPECT_TRUE(too_long({"nn/a.cc", lines(499)}).empty());
  EXPECT_EQ(too_long({"nn/a.cc", lines(500)}).size(), 1u);
  EXPECT_TRUE(too_long({"tests/nn/a_test.cc", lines(399)}).empty());
  EXPECT_EQ(too_long({"tests/nn/a_test.cc", lines(400)}).size(), 1u);
  EXPECT_TRUE(
      too_long({"nn/a.h", "// Longer than usual because it is a table.\n" + lines(300)}).empty());
  EXPECT_TRUE(too_long({"nn/a.h", std::string(100, 'x')}).empty());
  EXPECT_EQ(too_long({"nn/a.h", std::string(101, 'x')}).size(), 1u);
  std::string accents;
  for (int i = 0; i < 100; ++i) accents += "\u00e9";
  EXPECT_TRUE(too_long({"nn/a.h", accents}).empty());
}

}  // namespace
}  // namespace gradus::house
