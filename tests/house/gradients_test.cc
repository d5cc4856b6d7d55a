// Every operation of autograd/ops is checked by central differences: some test calls
// expect_gradients with its name. The element-wise rules need no such search, since
// tests/autograd/ops_gradcheck_test.cc walks through all of them.
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

#include "tests/house/source_files.h"

namespace gradus::house {
namespace {

// All first groups of `pattern` in the files below `folder`.
std::set<std::string> names_in(const std::vector<SourceFile>& files, const std::string& pattern) {
  const std::regex regex(pattern);
  std::set<std::string> names;
  for (const SourceFile& file : files) {
    for (std::sregex_iterator i(file.text.begin(), file.text.end(), regex), end; i != end; ++i) {
      names.insert((*i)[1]);
    }
  }
  return names;
}

std::set<std::string> ops_of(const std::vector<SourceFile>& files) {
  return names_in(files, R"re(kName\s*=\s*"(\w+)")re");
}
std::set<std::string> checked_by(const std::vector<SourceFile>& files) {
  return names_in(files, R"re((?:expect_gradients|check(?:_\w+)?)\(\s*"(\w+)")re");
}

TEST(Gradients, OfEveryOpAreCheckedByDifferences) {
  const std::set<std::string> ops = ops_of(files_below("autograd/ops"));
  const std::set<std::string> checked = checked_by(files_below("tests"));
  EXPECT_GE(ops.size(), 15u) << "the search finds too little";
  for (const std::string& op : ops) {
    EXPECT_TRUE(checked.contains(op))
        << "no test calls expect_gradients(\"" << op << "\", ...); see tests/support/gradients.h";
  }
}

TEST(Gradients, PlantedNamesAreFound) {
  EXPECT_EQ(ops_of({{"a.h", "static constexpr const char* kName =\n    \"x_y\";"}}),
            (std::set<std::string>{"x_y"}));
  EXPECT_EQ(
      checked_by({{"a.cc", "expect_gradients(\n  \"a\", f); check_line(\"b\"); check(\"c\")"}}),
      (std::set<std::string>{"a", "b", "c"}));
}

}  // namespace
}  // namespace gradus::house
