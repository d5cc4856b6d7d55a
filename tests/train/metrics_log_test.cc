#include "train/metrics_log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <csignal>

#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"
#include "train/early_stopping.h"
#include "train/interrupt.h"

namespace gradus::train {
namespace {

using testing::expect_throws_text;
using testing::file_text;
using testing::TemporaryFolder;

TEST(MetricsLog, WritesEachRowAtOnce) {
  const TemporaryFolder folder;
  MetricsLog log(folder.path(), {"loss", "test/accuracy"}, {.json_lines = true});
  log.add(1, {{"loss", 0.1}});
  EXPECT_EQ(file_text(folder / "metrics.csv"), "step,loss,test/accuracy\n1,0.10000000000000001,\n");
  log.add(2, {{"test/accuracy", 0.5}, {"loss", INFINITY}});
  EXPECT_EQ(file_text(folder / "metrics.csv"),
            "step,loss,test/accuracy\n1,0.10000000000000001,\n2,inf,0.5\n");
  EXPECT_EQ(file_text(folder / "metrics.jsonl"),
            "{\"step\":1,\"loss\":0.1}\n{\"step\":2,\"loss\":null,\"test/accuracy\":0.5}\n");
  EXPECT_EQ(log.curve("test/accuracy").first, std::vector<double>{2});
}

TEST(MetricsLog, GoesOnAfterAStepAsIfItHadNeverStopped) {
  const TemporaryFolder folder;
  const auto add = [](MetricsLog& log, int from, int to) {
    for (int step = from; step <= to; ++step) {
      if (step % 2 == 0) {
        log.add(step, {{"loss", 1.0 / step}});
      } else {
        log.add(step, {{"loss", 1.0 / step}, {"accuracy", step * 0.1}});
      }
    }
  };
  const MetricsLogOptions fresh{.json_lines = true};
  MetricsLogOptions resumed = fresh;
  resumed.resume_after = 4;
  {
    MetricsLog whole(folder / "whole", {"loss", "accuracy"}, fresh);
    add(whole, 1, 9);
    MetricsLog first(folder / "cut", {"loss", "accuracy"}, fresh);
    add(first, 1, 6);
  }
  // Killed in the middle of a row.
  std::ofstream(folder / "cut/metrics.csv", std::ios::app) << "7,0.1";
  MetricsLog second(folder / "cut", {"loss", "accuracy"}, resumed);
  EXPECT_EQ(second.rows().size(), 4u);
  add(second, 5, 9);
  for (const char* file : {"metrics.csv", "metrics.jsonl"}) {
    EXPECT_EQ(file_text(folder / "cut" / file), file_text(folder / "whole" / file));
  }
}

TEST(MetricsLog, RefusesAnotherLogAndUnknownMetrics) {
  const TemporaryFolder folder;
  {
    MetricsLog log(folder.path(), {"loss"});
    expect_throws_text<ConfigError>(
        [&] {
          log.add(1, {{"los", 1}});
        },
        "[metrics] 'los'; expected one of 'loss'");
    log.add(4, {{"loss", 1}});
    expect_throws_text<ConfigError>(
        [&] {
          log.add(3, {{"loss", 1}});
        },
        "[metrics] step: 3; expected at least 4, the last one");
  }
  MetricsLogOptions resumed;
  resumed.resume_after = 4;
  expect_throws_text<IoError>(
      [&] {
        MetricsLog(folder.path(), {"loss", "accuracy"}, resumed);
      },
      "[metrics] " + (folder / "metrics.csv").string() +
          ": columns step,loss; expected step, loss, accuracy; remove it or choose another folder");
  expect_throws_text<ConfigError>([&] { MetricsLog(folder.path(), {"step"}); },
                                  "[metrics] metrics: 'step'; expected different names, at least "
                                  "one, and none of them 'step'");
}

// What the tensorboard package reads from these bytes was compared by hand; here they stay as then.
TEST(TensorBoard, WritesRecordsWithCheckSums) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  const TemporaryFolder folder;
  double time = 1700000000;
  TensorBoard board(folder.path(), 3, [&] { return time += 1; });
  board.add(7, {{"loss", 0.5}});
  EXPECT_EQ(board.path().filename(), "events.out.tfevents.1700000001.gradus.0");
  const std::string bytes = file_text(board.path());
  // length 8, its check sum, wall time, version; the start of a run at step 3; the summary.
  ASSERT_EQ(bytes.size(), (12 + 24 + 4) + (12 + 15 + 4) + (12 + 26 + 4));
  EXPECT_EQ(bytes[0], 24);
  EXPECT_NE(bytes.find("brain.Event:2"), std::string::npos);
  const std::string record = bytes.substr(bytes.size() - 30, 26);
  EXPECT_EQ(record.substr(9),
            std::string("\x10\x07\x2A\x0D\x0A\x0B\x0A\x04loss\x15\0\0\0\x3F", 17));
}

TEST(EarlyStopping, StopsWhenNothingGetsBetter) {
  EarlyStopping stopping{.patience = 2, .min_delta = 0.1};
  EXPECT_FALSE(stopping.stop(NAN));
  EXPECT_FALSE(stopping.stop(1.0));
  EXPECT_FALSE(stopping.stop(0.95));  // better, but by less than 0.1
  EXPECT_FALSE(stopping.stop(0.8));
  EXPECT_FALSE(stopping.stop(NAN));
  EXPECT_TRUE(stopping.stop(0.8));
  EXPECT_EQ(stopping.best, 0.8);
  EarlyStopping higher{.patience = 1, .lower_is_better = false};
  EXPECT_FALSE(higher.stop(0.5));
  EXPECT_FALSE(higher.stop(0.6));
  EXPECT_TRUE(higher.stop(0.6));
  EXPECT_THROW(EarlyStopping{.patience = 0}.stop(1), ConfigError);
}

TEST(Interrupt, IsRememberedOnceAndEndsTheProgramTheSecondTime) {
  {
    const Interrupt interrupt;
    EXPECT_FALSE(interrupt.asked());
    std::raise(SIGINT);
    EXPECT_TRUE(interrupt.asked());
    EXPECT_THROW(Interrupt(), ConfigError);
  }
  EXPECT_DEATH(
      {
        const Interrupt interrupt;
        std::raise(SIGTERM);
        std::raise(SIGTERM);
      },
      "");
}

}  // namespace
}  // namespace gradus::train
