// Every update rule of optim/rules is in lock-step with a reference of its own after every step,
// and has wrong formulas that the comparison must notice.
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

#include "tests/house/source_files.h"

namespace gradus::house {
namespace {

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

std::set<std::string> rules_of(const std::vector<SourceFile>& files) {
  return names_in(files, R"re(\nGRADUS_UPDATE_RULE\((\w+)\))re");
}
std::set<std::string> mistaken_by(const std::vector<SourceFile>& files) {
  return names_in(files, R"re((?:Mistakes|mistakes\w*_noticed)<(\w+)>)re");
}

TEST(UpdateRules, HaveMistakesThatAreNoticed) {
  const std::set<std::string> rules = rules_of(files_below("optim/rules"));
  const std::set<std::string> mistaken = mistaken_by(files_below("tests/optim"));
  EXPECT_GE(rules.size(), 10u) << "the search finds too little";
  for (const std::string& rule : rules) {
    EXPECT_TRUE(mistaken.contains(rule)) << "no Mistakes<" << rule << "> in tests/optim";
  }
}

TEST(UpdateRules, PlantedNamesAreFound) {
  EXPECT_EQ(rules_of({{"a.h", "x\nGRADUS_UPDATE_RULE(X);\n// GRADUS_UPDATE_RULE(Y);"}}),
            (std::set<std::string>{"X"}));
  EXPECT_EQ(mistaken_by({{"a.cc", "Mistakes<X> a; expect_adam_mistakes_noticed<Y>();"}}),
            (std::set<std::string>{"X", "Y"}));
}

}  // namespace
}  // namespace gradus::house
