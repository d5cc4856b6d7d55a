// Errors of compilers that the flags of tools/gradus.bzl keep out.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

const double kNumbers[8] = {1, 1, 0, 0, 0, 0, 0, 0};
const std::int64_t kWhole[4] = {-2, -2, -1, -1};

[[gnu::noinline]] void copy_numbers(double* to) { std::memcpy(to, kNumbers, sizeof kNumbers); }
[[gnu::noinline]] void copy_whole(std::int64_t* to) { std::memcpy(to, kWhole, sizeof kWhole); }
[[gnu::noinline]] std::vector<double> list() { return {1, 1, 0, 0}; }
[[gnu::noinline]] std::array<double, 4> array() { return {1, 1, 0, 0}; }

// gcc 12.2 with AVX-512 made {1, 1, 1, 1} of some of these.
TEST(Compiler, ConstantsKeepTheirUpperHalf) {
  double numbers[8];
  copy_numbers(numbers);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(numbers[i], i < 2 ? 1 : 0) << i;
  std::int64_t whole[4];
  copy_whole(whole);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(whole[i], i < 2 ? -2 : -1) << i;
  const std::vector<double> l = list();
  const std::array<double, 4> a = array();
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(l[i], i < 2 ? 1 : 0) << i;
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(a[i], i < 2 ? 1 : 0) << i;
}

}  // namespace
