#include "train/json_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "tests/support/temporary_folder.h"

namespace gradus::train {
namespace {

using nlohmann::json;

TEST(JsonFile, NumbersReadBackTheSame) {
  using Limits = std::numeric_limits<double>;
  const std::vector<double> values = {0.1,           1.0 / 3,       0.241687955092,
                                      Limits::max(), Limits::min(), Limits::denorm_min()};
  EXPECT_EQ(json::parse(json_text(values)).get<std::vector<double>>(), values);
  EXPECT_EQ(json_text(json(0.1)), "0.1\n");
}

TEST(JsonFile, WhatIsNotFiniteBecomesNull) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(json_text(json{std::nan(""), inf, -inf, 1.5}), "[\n null,\n null,\n null,\n 1.5\n]\n");
}

TEST(JsonFile, TextsAreEscapedAndBadBytesReplaced) {
  EXPECT_EQ(json_text(json("a\"\\\n\x01 \xC3\xA9")), "\"a\\\"\\\\\\n\\u0001 \xC3\xA9\"\n");
  EXPECT_EQ(json_text(json("\xFF")), "\"\xEF\xBF\xBD\"\n");
}

TEST(JsonFile, WritesAFile) {
  const testing::TemporaryFolder folder;
  write_json(folder / "out/a.json", {{"loss", 0.25}});
  EXPECT_EQ(testing::file_text(folder / "out/a.json"), "{\n \"loss\": 0.25\n}\n");
}

}  // namespace
}  // namespace gradus::train
