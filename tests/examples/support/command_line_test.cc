#include "examples/support/command_line.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tensor/error.h"

namespace gradus {
namespace {

struct Outcome {
  int code;
  bool ran;
  std::string out, err;
  std::string word = "a", choice = "f32";
  std::uint64_t seed = 3;
  int runs = 1;
};

Outcome parse(
    std::vector<std::string> arguments, const std::function<void()>& program = [] {}) {
  Outcome got{.code = -1, .ran = false, .out = {}, .err = {}};
  CommandLine line("The title");
  line.option("--word", got.word, "any text");
  line.option("--choice", got.choice, "one of two", {"f32", "f64"});
  line.option("--seed", got.seed, "a number");
  line.count("--runs", got.runs, "how many");
  arguments.insert(arguments.begin(), "program");
  std::vector<char*> argv;
  for (std::string& each : arguments) argv.push_back(each.data());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  got.code = line.run(static_cast<int>(argv.size()), argv.data(), [&] {
    got.ran = true;
    program();
  });
  got.out = ::testing::internal::GetCapturedStdout();
  got.err = ::testing::internal::GetCapturedStderr();
  return got;
}

TEST(CommandLine, KeepsDefaultsAndTakesOptions) {
  const Outcome defaults = parse({});
  EXPECT_EQ(defaults.code, 0);
  EXPECT_TRUE(defaults.ran);
  EXPECT_EQ(defaults.word, "a");
  EXPECT_EQ(defaults.seed, 3u);
  const Outcome changed =
      parse({"--word", "b c", "--choice=f64", "--seed", "18446744073709551615", "--runs", "20"});
  EXPECT_EQ(changed.code, 0);
  EXPECT_EQ(changed.word, "b c");
  EXPECT_EQ(changed.choice, "f64");
  EXPECT_EQ(changed.seed, 18446744073709551615u);
  EXPECT_EQ(changed.runs, 20);
}

TEST(CommandLine, HelpShowsOptionsDefaultsAndChoicesAndDoesNotRun) {
  const Outcome got = parse({"--help"});
  EXPECT_EQ(got.code, 0);
  EXPECT_FALSE(got.ran);
  for (const char* text :
       {"The title", "--word", "any text", "--choice", "f32", "f64", "--seed", "3", "--runs"}) {
    EXPECT_NE(got.out.find(text), std::string::npos) << text << "\n" << got.out;
  }
}

TEST(CommandLine, UnknownOptionsListTheValidOnes) {
  const Outcome got = parse({"--runs", "2", "--lr", "0.1"});
  EXPECT_GT(got.code, 1);
  EXPECT_FALSE(got.ran);
  EXPECT_EQ(got.err,
            "--lr 0.1: unknown; expected one of --help, --word, --choice, --seed, --runs\n");
}

TEST(CommandLine, WhatDoesNotFitIsExplainedAndDoesNotRun) {
  const std::vector<std::vector<std::string>> bad = {
      {"--choice", "f16"}, {"--seed", "-1"}, {"--seed", "1.5"},  {"--seed", "x"},
      {"--seed"},          {"--runs", "0"},  {"--runs", "-2"},   {"--runs", "two"},
      {"--lr", "0.1"},     {"word"},         {"--seed", "1e30"}, {"--word"}};
  for (const auto& arguments : bad) {
    const Outcome got = parse(arguments);
    EXPECT_GT(got.code, 1) << arguments[0];
    EXPECT_FALSE(got.ran) << arguments[0];
    EXPECT_NE(got.err.find(arguments[0]), std::string::npos) << arguments[0] << "\n" << got.err;
  }
}

TEST(CommandLine, AnErrorOfTheLibraryIsPrintedAndTheCodeIsOne) {
  const Outcome got = parse({}, [] { throw IoError("[here] file: none; expected one"); });
  EXPECT_EQ(got.code, 1);
  EXPECT_EQ(got.err, "[here] file: none; expected one\n");
  EXPECT_EQ(got.out, "");
}

TEST(CommandLine, OtherExceptionsAreNotSwallowed) {
  CommandLine line("The title");
  std::string name = "program";
  char* argv[] = {name.data()};
  EXPECT_THROW(line.run(1, argv, [] { throw std::logic_error("a bug"); }), std::logic_error);
}

}  // namespace
}  // namespace gradus
