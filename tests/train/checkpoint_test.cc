#include "train/checkpoint.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <sstream>

#include "data/toys.h"
#include "nn/dropout.h"
#include "nn/linear.h"
#include "nn/losses/cross_entropy.h"
#include "nn/sequential.h"
#include "nn/tanh.h"
#include "optim/optimizer.h"
#include "optim/rules/adam.h"
#include "tensor/elementwise/div.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"
#include "train/run.h"

namespace gradus::train {
namespace {

namespace fs = std::filesystem;
using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::file_text;
using testing::TemporaryFolder;

// A program as a user writes it: everything that is random in it, data that are shuffled, dropout.
struct Program {
  explicit Program(const RunOptions& options)
      : net(nn::Linear(2, 16, rng), nn::Tanh(), nn::Dropout(rng, 0.3), nn::Linear(16, 3, rng)),
        optimizer(net.named_parameters(), {.lr = 0.01}),
        loader(data::spirals(90, 3, 0.1, rng), {.batch_size = 16, .shuffle = true, .seed = 4}),
        run(options, {"loss", "noise"},
            {.model = &net, .optimizer = &optimizer, .generators = {{"program", &rng}}}, shown) {}

  // Ends early, as by Ctrl-C, after so many batches.
  void train(std::int64_t interrupt_after = -1) {
    while (run.next_epoch()) {
      for (const data::Batch& batch : run.batches(loader)) {
        const Variable loss = nn::cross_entropy(net(batch.x), batch.y);
        run.step(loss);
        run.measure("loss", loss.item(), static_cast<double>(batch.x.dim(0)));
        if (run.state().step + 1 == interrupt_after) std::raise(SIGINT);
      }
      run.end_epoch([&] {
        return MetricsLog::Values{{"noise", uniform({}, 0, 1, rng, kFloat64).item()}};
      });
    }
  }

  std::ostringstream shown;
  Generator rng{7};
  nn::Sequential net;
  optim::Optimizer<optim::Adam> optimizer;
  data::DataLoader loader;
  Run run;
};

void expect_same_program(const Program& got, const Program& expected) {
  const auto a = got.net.state_dict(), b = expected.net.state_dict();
  for (std::size_t i = 0; i < b.size(); ++i) expect_same_bits(a[i].second, b[i].second, b[i].first);
  const auto m = got.optimizer.state_dict().tensors, n = expected.optimizer.state_dict().tensors;
  ASSERT_EQ(m.size(), n.size());
  for (const auto& [name, value] : n) expect_same_bits(m.at(name), value, name);
  EXPECT_EQ(got.rng.position(), expected.rng.position());
}

TEST(Run, ResumedAfterAnEpochOrABatchIsTheSameRun) {
  const TemporaryFolder folder;
  Program whole({.epochs = 5, .out = (folder / "whole").string()});
  whole.train();
  for (const std::int64_t interrupt_after : {-1, 8, 12, 25}) {
    SCOPED_TRACE(interrupt_after);
    const std::string out = (folder / ("cut" + std::to_string(interrupt_after))).string();
    {
      Program first({.epochs = interrupt_after < 0 ? 2 : 5, .out = out});
      first.train(interrupt_after);
      EXPECT_EQ(first.run.interrupted(), interrupt_after >= 0);
      if (interrupt_after == 8) {
        EXPECT_NE(first.shown.str().find("stopped in epoch 2 after batch 2; go on with --resume\n"),
                  std::string::npos)
            << first.shown.str();
      }
    }
    Program second({.epochs = 5, .out = out, .resume = true});
    second.train();
    expect_same_program(second, whole);
    for (const char* file : {"metrics.csv", "metrics.jsonl"}) {
      EXPECT_EQ(file_text(fs::path(out) / file), file_text(folder / "whole" / file));
    }
  }
}

// 90 samples are 5 batches of 16 and one of 10: groups of 4 and 2.
TEST(Run, AccumulatesTheMeanGradientOfSeveralBatches) {
  Program got({.epochs = 2, .accumulate = 4});
  got.optimizer.options().clip_norm = 0.05;
  got.train();
  Program expected({.epochs = 2});  // the same by hand
  for (std::int64_t epoch = 0; epoch < 2; ++epoch) {
    std::int64_t i = 0;
    expected.optimizer.options().clip_norm = 0.05;
    expected.optimizer.zero_grad();
    for (const data::Batch& batch : expected.loader.epoch(epoch)) {
      (nn::cross_entropy(expected.net(batch.x), batch.y) / 4.0).backward();
      if (++i != 4 && i != 6) continue;
      expected.optimizer.step();
      expected.optimizer.zero_grad();
    }
    uniform({}, 0, 1, expected.rng, kFloat64);
  }
  expect_same_program(got, expected);
  Program plain({.epochs = 2});
  plain.train();
  EXPECT_NE(got.net.parameters()[0].value().to_vector(),
            plain.net.parameters()[0].value().to_vector());
}

TEST(Run, DoesNotMixItsCheckpointsWithThoseOfAnEarlierRun) {
  const TemporaryFolder folder;
  const std::string out = folder.path().string();
  Program({.epochs = 1, .out = out}).train();
  const std::string log = file_text(folder / "metrics.csv");
  expect_throws_text<ConfigError>([&] { Program({.epochs = 1, .out = out}); },
                                  "[run] out: '" + out +
                                      "' has checkpoints of an earlier run; expected none; use "
                                      "resume to go on with it, or another folder");
  EXPECT_EQ(file_text(folder / "metrics.csv"), log);
}

TEST(Run, StopsBetweenStepsOfSeveralBatchesAndGoesOn) {
  const TemporaryFolder folder;
  Program whole({.epochs = 3, .accumulate = 4});
  whole.train();
  const std::string out = (folder / "cut").string();
  Program first({.epochs = 3, .out = out, .accumulate = 4});
  first.train(8);  // the second batch of the second epoch
  EXPECT_NE(first.shown.str().find("stopped in epoch 2 after batch 4;"), std::string::npos)
      << first.shown.str();
  Program second({.epochs = 3, .out = out, .resume = true, .accumulate = 4});
  second.train();
  expect_same_program(second, whole);
}

TEST(Run, WritesNothingWithoutAFolder) {
  Program program({.epochs = 1});
  program.train();
  EXPECT_EQ(program.run.log().rows().size(), 1u);
  EXPECT_EQ(program.shown.str().substr(0, 16), "epoch 1/1  loss ");
  expect_throws_text<ConfigError>([] { Program({.epochs = 0}); }, "[run] epochs: 0; expected >= 1");
  expect_throws_text<ConfigError>([] { Program({.accumulate = 0}); },
                                  "[run] accumulate: 0; expected >= 1");
  std::ostringstream shown;
  train::Run bare({}, {"loss"}, {}, shown);
  expect_throws_text<ConfigError>([&] { bare.step(Variable(tensor(1.0))); },
                                  "[run] step: no optimizer in the state; expected one");
  expect_throws_text<ConfigError>(
      [] { Program({.resume = true}); },
      "[run] resume: without out; expected the folder of the run to go on with");
  expect_throws_text<ConfigError>([] { Program({.best = "accuracy"}); },
                                  "[run] best: 'accuracy'; expected one of the metrics");
}

std::vector<std::string> names(const Checkpoints& checkpoints) {
  std::vector<std::string> all;
  for (const fs::path& path : checkpoints.all()) all.push_back(path.filename().string());
  return all;
}

TEST(Checkpoints, KeepTheNewestAndTheBest) {
  const TemporaryFolder folder;
  Checkpoints checkpoints(folder / "run", {.keep_last = 2});
  Generator rng(1);
  TrainingState state{.generators = {{"g", &rng}}};
  EXPECT_FALSE(checkpoints.resume(state));
  for (const auto& [step, loss] : std::map<std::int64_t, double>{
           {1, 5}, {2, 3}, {3, NAN}, {4, 4}, {100000000, 6}, {100000001, INFINITY}}) {
    state.step = step;
    state.numbers["loss"] = loss;
    rng.advance(10);
    checkpoints.save(state, loss);
  }
  EXPECT_EQ(names(checkpoints),
            (std::vector<std::string>{"step-00000002", "step-100000000", "step-100000001"}));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "run"), {}), 3);
  EXPECT_TRUE(checkpoints.load_best(state));
  EXPECT_EQ(state.step, 2);
  EXPECT_EQ(rng.position(), 20u);
  EXPECT_TRUE(checkpoints.resume(state));
  EXPECT_EQ(state.step, 100000001);
  EXPECT_EQ(state.numbers.at("loss"), INFINITY);
}

TEST(Checkpoints, SayWhatDoesNotFit) {
  const TemporaryFolder folder;
  expect_throws_text<ConfigError>([&] { Checkpoints(folder / "x", {.keep_last = 0}); },
                                  "[checkpoints] keep_last: 0; expected >= 1");
  Checkpoints checkpoints(folder.path());
  checkpoints.save({.step = 1});
  Generator rng(1);
  TrainingState state{.generators = {{"noise", &rng}}};
  const std::string at = (folder / "step-00000001").string();
  expect_throws_text<IoError>(
      [&] { checkpoints.resume(state); },
      "[checkpoint] " + at + ": no generator 'noise'; expected those of this program");
  std::ofstream(folder / "step-00000001/progress.json") << "{\"step\"";
  expect_throws_text<IoError>([&] { checkpoints.resume(state); },
                              "[checkpoint] " + at +
                                  "/progress.json: no progress of a training run; expected one; "
                                  "the file is damaged");
}

TEST(Checkpoints, AFullDiskLeavesTheOldOne) {
  const TemporaryFolder folder;
  Checkpoints checkpoints(folder.path());
  Generator rng(1);
  const nn::Linear small(3, 2, rng), large(300, 200, rng);
  checkpoints.save({.model = &small, .step = 1});
  // A limit of the size of files stands for a full disk.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit low{10000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &low), 0);
  EXPECT_THROW(checkpoints.save({.model = &large, .step = 2}), IoError);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(names(checkpoints), std::vector<std::string>{"step-00000001"});
  EXPECT_EQ(folder.entries(), 1);
  TrainingState state{.model = &small};
  EXPECT_TRUE(checkpoints.resume(state));
}

// A program that is killed while it saves, 50 times: what is there is whole.
TEST(Checkpoints, AreWholeWheneverTheProgramIsKilled) {
  const TemporaryFolder folder;
  Generator rng(1), moments(2);
  const nn::Linear net(40, 30, rng, true, kFloat64);
  std::int64_t last = 0;
  int started = 0, killed = 0;
  // A kill comes within the time of some four saves, however slow the disk is and the machine busy.
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) Checkpoints(folder / "timed").save({.model = &net, .step = i});
  const std::chrono::duration<double, std::micro> three = std::chrono::steady_clock::now() - begin;
  const auto longest = static_cast<std::uint64_t>(std::clamp(three.count(), 15e3, 400e3));
  // More than 50 where the disk is so slow that hardly a step was saved.
  for (; started < 50 || (last <= 5 && started < 500); ++started) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Checkpoints checkpoints(folder / "killed");
      TrainingState state{.model = &net};
      checkpoints.resume(state);
      for (int k = 0;; ++k) {  // each step is saved twice: one checkpoint takes another's place
        state.step += k % 2;
        net.weight.value().fill(static_cast<double>(state.step));
        net.bias.value().fill(static_cast<double>(state.step));
        checkpoints.save(state, static_cast<double>(state.step));
      }
    }
    ::usleep(static_cast<useconds_t>(longest / 8 + moments.below(longest)));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 1 : 0;
    TrainingState state{.model = &net};
    const Checkpoints checkpoints(folder / "killed");
    if (!checkpoints.resume(state)) continue;
    EXPECT_GE(state.step, last);
    last = state.step;
    for (const auto& [name, value] : net.state_dict()) {
      expect_same_bits(value, full(value.shape(), static_cast<double>(last), kFloat64), name);
    }
  }
  EXPECT_EQ(killed, started);
  EXPECT_GT(last, 5);
}

}  // namespace
}  // namespace gradus::train
