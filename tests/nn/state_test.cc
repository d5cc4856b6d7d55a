#include "nn/state.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <limits>

#include "autograd/ops/linear.h"
#include "autograd/ops/sum.h"
#include "nn/batch_norm1d.h"
#include "nn/embedding.h"
#include "tensor/elementwise/tanh.h"
#include "tests/nn/states.h"
#include "tests/support/model_fixtures.h"

namespace gradus::nn {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::file_text;
using testing::TemporaryFolder;

const double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(State, OfPyTorchGivesItsLogitsAndIsSavedAsItsBytes) {
  Sequential model = mlp();
  testing::expect_model_of_torch("mlp", model, [&](const Tensor& x) { return model(x); });
  const Sequential other = mlp(2);
  EXPECT_EQ(to_string(load(other, "tests/golden/nn/fixtures/mlp.pt")), "");
  expect_same_state(other.state_dict(), model.state_dict());
}

TEST(State, OfPyTorchsBatchNormHasItsRunningNumbersAndItsCount) {
  struct Normed : Module {
    explicit Normed(Generator& rng)
        : norm(child("norm", BatchNorm1d(8))), out(child("out", Linear(8, 3, rng))) {}
    Variable forward(Operand x) const override { return out(norm(std::move(x))); }
    Child<BatchNorm1d> norm;
    Child<Linear> out;
  };
  Generator rng(1);
  Normed model(rng);
  testing::expect_model_of_torch("normed", model, [&](const Tensor& x) { return model(x); });
  EXPECT_EQ(model.norm->num_batches_tracked.item(), 5);
}

TEST(State, OfPyTorchsTiedWeightsIsSavedUnderEveryNameOrOne) {
  struct Head : Module {
    explicit Head(const Parameter& shared) : weight(parameter("weight", shared)) {}
    Variable forward(Operand x) const override { return linear(std::move(x), weight); }
    Parameter weight;
  };
  struct Tied : Module {
    explicit Tied(Generator& rng)
        : table(child("table", Embedding(9, 6, rng))),
          hidden(child("hidden", Linear(6, 6, rng))),
          head(child("head", Head(table->weight))) {}
    Variable forward(Operand x) const override { return head(tanh(hidden(table(std::move(x))))); }
    Child<Embedding> table;
    Child<Linear> hidden;
    Child<Head> head;
  };
  Generator rng(1);
  Tied model(rng);
  testing::expect_model_of_torch("tied", model, [&](const Tensor& x) { return model(x); });
  const std::string once = "tests/golden/nn/fixtures/tied_once.safetensors";
  const Tied other(rng);
  EXPECT_EQ(load(other, once).loaded.size(), 3u);
  expect_same_state(other.state_dict(), model.state_dict());
  const TemporaryFolder folder;
  save(model, folder / "once.safetensors", {}, TiedWeights::kOneName);
  EXPECT_TRUE(file_text(folder / "once.safetensors") == file_text(once));
}

TEST(State, GoesThroughAFile) {
  const TemporaryFolder folder;
  const Whole saved, loaded;
  saved.part->gain.value().fill(7);
  saved.part->count.value().fill((std::int64_t{1} << 62) + 1);  // no double has it
  saved.part->mask.value().fill(true);
  saved.part->scratch.value().fill(3);
  save(saved, folder / "new/model.safetensors", {{"epoch", "3"}});
  const LoadReport report = load(loaded, folder / "new/model.safetensors");
  expect_same_state(loaded.state_dict(), saved.state_dict());
  EXPECT_EQ(loaded.part->scratch.item(), 1);
  EXPECT_TRUE(report.complete());
  EXPECT_EQ(report.loaded.size(), 4u);
  EXPECT_EQ(load_safetensors(folder / "new/model.safetensors").metadata.at("epoch"), "3");
}

TEST(State, IsLoadedInPlaceWithGradientsAndFlagsAsTheyWere) {
  const Whole whole;
  const Tensor before = whole.part->gain.value(), view = before.slice(0, {1, 2});
  sum(whole(ones({2}))).backward();
  whole.set_requires_grad(false);
  load_state_dict(whole, with(copies(whole), "tied", tensor({2, 3})));
  load_state_dict(whole, {{"tied", tensor({8, 9})}}, {.strict = false});
  EXPECT_TRUE(before.shares_storage_with(whole.tied.value()));
  EXPECT_EQ(view.to_vector(), std::vector<double>{9});
  EXPECT_FALSE(whole.tied.requires_grad());
  EXPECT_TRUE(whole.tied.grad().defined());
}

TEST(State, MayBeLoadedFromViewsOfTheModuleItself) {
  Generator rng(1);
  const Sequential net(Linear(3, 3, rng, false), Linear(3, 3, rng, false));
  const NamedTensors before = copies(net);
  // The two change places, and one is transposed.
  load_state_dict(net, {{"0.weight", net.get_parameter("1.weight").value()},
                        {"1.weight", net.get_parameter("0.weight").value().transpose()}});
  expect_same_bits(net.get_parameter("0.weight").value(), before[1].second);
  expect_same_bits(net.get_parameter("1.weight").value(), before[0].second.transpose());
}

TEST(State, OfTiedWeightsNeedsOneOfTheirNames) {
  const Whole whole;
  for (const std::string name : {"tied", "part.gain"}) {
    NamedTensors state = copies(whole);
    std::erase_if(state, [&](const auto& entry) { return entry.first == name; });
    EXPECT_TRUE(load_state_dict(whole, state).complete()) << name;
  }
  NamedTensors state = copies(whole);
  std::erase_if(state, [](const auto& entry) { return entry.second.rank() == 1; });
  expect_throws_text<ConfigError>(
      [&] { load_state_dict(whole, state); },
      "[load_state_dict] 1 of 1 tensors fit the 4 of Whole; expected all; with strict = false "
      "those are loaded\n"
      "  missing: 'tied', 'part.mask'");
  const NamedTensors differing = with(copies(whole), "part.gain", tensor({5, 5}));
  expect_throws_text<ConfigError>(
      [&] { load_state_dict(whole, differing); },
      "[load_state_dict] 3 of 4 tensors fit the 4 of Whole; expected all; with strict = false "
      "those are loaded\n"
      "  tied, but not the same numbers as before: 'part.gain'");
  load_state_dict(whole, with(differing, "tied", tensor({6, 6})), {.strict = false});
  EXPECT_EQ(whole.tied.value().to_vector(), (std::vector<double>{6, 6}));
}

TEST(State, IsConvertedWhereNumbersKeepTheirKind) {
  Sequential half = mlp(1, kBFloat16);
  const Sequential whole = mlp(2), wide = mlp(3, kFloat64);
  const LoadReport report = load_state_dict(half, whole.state_dict());
  EXPECT_EQ(report.converted.size(), 6u);
  EXPECT_EQ(to_string(report).substr(0, 61),
            "  converted: '0.weight' from float32 to bfloat16, '0.bias' fr");
  expect_same_bits(half.parameters()[0].value(), whole.parameters()[0].value().to(kBFloat16));
  load_state_dict(wide, half.state_dict());
  EXPECT_EQ(wide.parameters()[0].dtype(), kFloat64);
  expect_same_bits(wide.parameters()[0].value(), half.parameters()[0].value().to(kFloat64));

  const Whole counted;
  load_state_dict(counted, with(copies(counted), "part.count", full({}, 7, kInt32)));
  EXPECT_EQ(counted.part->count.item(), 7);
}

TEST(State, WithNumbersThatAreNotFiniteIsLoadedAndReported) {
  Sequential net = mlp();
  NamedTensors state = with(copies(net), "0.bias", full({32}, kNan));
  state = with(state, "4.bias", full({5}, 1e300, kFloat64));  // infinite in float32
  const LoadReport report = load_state_dict(net, state);
  EXPECT_EQ(report.non_finite, (Names{"0.bias", "4.bias"}));
  EXPECT_EQ(to_string(report),
            "  converted: '4.bias' from float64 to float32\n  not finite: '0.bias', '4.bias'");
  EXPECT_TRUE(std::isnan(net.get_parameter("0.bias").value().to_vector()[3]));
}

TEST(State, OfAModuleWithoutAnyIsEmpty) {
  const TemporaryFolder folder;
  save(ReLU(), folder / "relu.safetensors");
  EXPECT_TRUE(load(ReLU(), folder / "relu.safetensors").complete());
}

// A program that is killed while it saves leaves the old state or the new one, whole.
TEST(State, IsWholeAfterTheWriterWasKilled) {
  const TemporaryFolder folder;
  Generator rng(1);
  const Linear first(700, 300, rng), second(700, 300, rng), read(700, 300, rng);
  save(first, folder / "net.safetensors");
  for (int round = 0; round < 20; ++round) {
    const pid_t writer = ::fork();
    ASSERT_GE(writer, 0);
    if (writer == 0) {
      for (;;) {
        save(second, folder / "net.safetensors");
        save(first, folder / "net.safetensors");
      }
    }
    ::usleep(static_cast<useconds_t>(500 + 900 * round));
    ASSERT_EQ(::kill(writer, SIGKILL), 0);
    ASSERT_EQ(::waitpid(writer, nullptr, 0), writer);
    load(read, folder / "net.safetensors");
    EXPECT_TRUE(bitwise_equal(read.weight.value(), first.weight.value()) ||
                bitwise_equal(read.weight.value(), second.weight.value()));
  }
}

}  // namespace
}  // namespace gradus::nn
