// Every example that has --smoke learns something within seconds, on every device. The programs are
// found, not listed: they lie beside this test.
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <set>

#include "data/find.h"
#include "tests/support/every_device.h"
#include "tests/support/temporary_folder.h"

namespace gradus::testing {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int code;
  std::string out, err;
};

Outcome run(const std::string& command) {
  const TemporaryFolder folder;
  const std::string out = folder / "out", err = folder / "err";
  const int status = std::system((command + " > '" + out + "' 2> '" + err + "'").c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, file_text(out), file_text(err)};
}

bool is_program(const fs::directory_entry& file) {
  return file.is_regular_file() && !file.path().has_extension() &&
         (file.status().permissions() & fs::perms::owner_exec) != fs::perms::none;
}

// Those whose --help speaks of --smoke.
std::vector<std::string> training_programs() {
  std::set<std::string> found;
  std::error_code none;
  for (const auto& file : fs::directory_iterator("examples", none)) {
    const std::string program = file.path().string();
    if (is_program(file) && run(program + " --help").out.find("--smoke") != std::string::npos) {
      found.insert(file.path().filename().string());
    }
  }
  return {found.begin(), found.end()};
}

class TrainingPrograms : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(TrainingPrograms, LearnWithinSeconds) {
  const auto& [program, device] = GetParam();
  const Outcome got = run("examples/" + program + " --smoke --device " + device);
  if (got.err.find("./gradus data") != std::string::npos) GTEST_SKIP() << "SKIPPED: " << got.err;
  EXPECT_EQ(got.code, 0) << got.out << got.err;
  const auto verdict = got.out.find("smoke: ");
  ASSERT_NE(verdict, std::string::npos) << got.out;
  std::cout << program << " " << got.out.substr(verdict, got.out.find('\n', verdict) - verdict + 1);
}

INSTANTIATE_TEST_SUITE_P(, TrainingPrograms,
                         ::testing::Combine(::testing::ValuesIn(training_programs()),
                                            ::testing::ValuesIn(devices())),
                         [](const auto& test) {
                           return std::get<0>(test.param) + "_on_" + std::get<1>(test.param);
                         });

TEST(Examples, AreFound) { EXPECT_GE(training_programs().size(), 5u); }

}  // namespace
}  // namespace gradus::testing
