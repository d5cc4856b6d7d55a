#include "tensor/simt/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tensor/error.h"

namespace gradus::simt {
namespace {

const Schedule kBackward{Schedule::kDescending, 0}, kShuffled{Schedule::kSeeded, 12};

TEST(Schedule, IsReadFromTextAndWrittenAgain) {
  for (const Schedule& schedule : {Schedule{}, kBackward, kShuffled}) {
    EXPECT_EQ(parse_schedule(to_string(schedule)), schedule);
  }
  EXPECT_EQ(to_string(kShuffled), "seeded:12");
  for (const std::string text : {"", "random", "seeded:", "seeded:x", "seeded:3x", "Ascending"}) {
    try {
      parse_schedule(text);
      ADD_FAILURE() << text;
    } catch (const ConfigError& error) {
      EXPECT_EQ(error.what(),
                "[schedule] text: '" + text + "'; expected ascending, descending or seeded:NUMBER");
    }
  }
}

TEST(Schedule, IsThatOfTheThreadAndOfTheScope) {
  const Schedule before = schedule();
  {
    const UseSchedule use(kBackward);
    EXPECT_EQ(schedule(), kBackward);
    {
      const UseSchedule inner(kShuffled);
      EXPECT_EQ(schedule(), kShuffled);
    }
    EXPECT_EQ(schedule(), kBackward);
  }
  EXPECT_EQ(schedule(), before);
}

TEST(Schedule, ComesFromTheEnvironmentAtFirst) {
  ::setenv("GRADUS_SIMT_SCHEDULE", "seeded:12", 1);
  Schedule seen;
  std::thread([&] { seen = schedule(); }).join();
  ::unsetenv("GRADUS_SIMT_SCHEDULE");
  EXPECT_EQ(seen, kShuffled);
}

TEST(BlockOrder, TakesEveryBlockOnce) {
  for (const Schedule& schedule : {Schedule{}, kBackward, kShuffled}) {
    for (const std::uint64_t n : {1, 2, 3, 10, 97, 1024}) {
      const BlockOrder order(schedule, n);
      std::set<std::uint64_t> seen;
      for (std::uint64_t i = 0; i < n; ++i) seen.insert(order[i]);
      EXPECT_EQ(seen.size(), n);
      EXPECT_LT(*seen.rbegin(), n);
    }
  }
  EXPECT_EQ(BlockOrder({}, 5)[1], 1u);
  EXPECT_EQ(BlockOrder(kBackward, 5)[1], 3u);
}

TEST(ThreadOrder, IsAPermutationThatDependsOnSeedAndDraw) {
  const auto order_of = [](const Schedule& schedule, std::uint64_t draw) {
    std::vector<int> order(100);
    order_threads(schedule, draw, order);
    return order;
  };
  const std::vector<int> up = order_of({}, 0), down = order_of(kBackward, 3);
  EXPECT_TRUE(std::is_sorted(up.begin(), up.end()));
  EXPECT_TRUE(std::is_sorted(down.rbegin(), down.rend()));
  std::vector<int> shuffled = order_of(kShuffled, 0);
  EXPECT_EQ(shuffled, order_of(kShuffled, 0));
  EXPECT_NE(shuffled, order_of(kShuffled, 1));
  EXPECT_NE(shuffled, order_of({Schedule::kSeeded, 13}, 0));
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, up);
}

}  // namespace
}  // namespace gradus::simt
