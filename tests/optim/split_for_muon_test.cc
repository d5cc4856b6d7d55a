#include "optim/split_for_muon.h"

#include <gtest/gtest.h>

#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;

std::vector<std::string> names_of(const NamedParameters& parameters) {
  std::vector<std::string> names;
  for (const auto& [name, x] : parameters) names.push_back(name);
  return names;
}

TEST(SplitForMuon, GivesMatricesThatAreNotExceptedToMuon) {
  const NamedParameters all = {
      {"embed.weight", parameter(zeros({9, 4}))}, {"conv.weight", parameter(zeros({2, 1, 3, 3}))},
      {"block.weight", parameter(zeros({4, 4}))}, {"block.bias", parameter(zeros({4}))},
      {"head.weight", parameter(zeros({9, 4}))},  {"scale", parameter(zeros({}))}};
  const MuonSplit split = split_params_for_muon(all, {"embed", "head"});
  EXPECT_EQ(names_of(split.matrices), (std::vector<std::string>{"conv.weight", "block.weight"}));
  EXPECT_EQ(names_of(split.others),
            (std::vector<std::string>{"embed.weight", "block.bias", "head.weight", "scale"}));
  EXPECT_EQ(split.matrices[1].second.node(), all[2].second.node());
  EXPECT_EQ(names_of(split_params_for_muon(all, {}).matrices).size(), 4u);
  expect_throws_text<ConfigError>(
      [&] {
        split_params_for_muon(all, {"embed", "haed"});
      },
      "[split_params_for_muon] except: 'haed' is in no name of the "
      "parameters; expected a part of one");
}

}  // namespace
}  // namespace gradus::testing
