#include "nn/state.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <limits>

#include "autograd/ops/sum.h"
#include "nn/linear.h"
#include "nn/relu.h"
#include "nn/sequential.h"
#include "nn/tanh.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tests/support/model_fixtures.h"

namespace gradus::nn {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::file_text;
using testing::TemporaryFolder;

using Names = std::vector<std::string>;
const double kNan = std::numeric_limits<double>::quiet_NaN();

Sequential mlp(std::uint64_t seed = 1, DType dtype = kFloat32) {
  Generator rng(seed);
  return Sequential(Linear(20, 32, rng, true, dtype), Tanh(), Linear(32, 16, rng, true, dtype),
                    Relu(), Linear(16, 5, rng, true, dtype));
}

// All that a state may hold: a part twice, a tie, counts, flags, and what is not saved.
struct Part : Module {
  Variable forward(Operand x) const override { return mul(std::move(x), gain); }
  Parameter gain = parameter("gain", tensor({2, 3}));
  Buffer count = buffer("count", full({}, (std::int64_t{1} << 53) + 1, kInt64));
  Buffer mask = buffer("mask", tensor({1, 0}, kBool));
  Buffer scratch = buffer("scratch", ones({1}), false);
};
struct Whole : Module {
  Variable forward(Operand x) const override { return add(part(std::move(x)), tied); }
  Child<Part> part = child("part", Part());
  Parameter tied = parameter("tied", part->gain);
};

NamedTensors with(NamedTensors state, const std::string& name, const Tensor& x) {
  for (auto& [key, value] : state) {
    if (key == name) value = x;
  }
  return state;
}
NamedTensors copies(const Module& module) {
  NamedTensors state = module.state_dict();
  for (auto& [name, x] : state) x = x.clone();
  return state;
}
NamedTensors renamed(const Module& module, const std::string& prefix) {
  NamedTensors state = copies(module);
  for (auto& [name, x] : state) name = prefix + name;
  return state;
}
void expect_same_state(const NamedTensors& got, const NamedTensors& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].first, expected[i].first);
    expect_same_bits(got[i].second, expected[i].second, got[i].first);
  }
}

TEST(State, OfPyTorchGivesItsLogitsAndIsSavedAsItsBytes) {
  Sequential model = mlp();
  testing::expect_model_of_torch("mlp", model, [&](const Tensor& x) { return model(x); });
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
  EXPECT_EQ(to_string(report).substr(0, 60),
            "  converted: '0.weight' from float32 to bfloat16, '0.bias' fr");
  expect_same_bits(half.parameters()[0].value(), whole.parameters()[0].value().to(kBFloat16));
  load_state_dict(wide, half.state_dict());
  EXPECT_EQ(wide.parameters()[0].dtype(), kFloat64);
  expect_same_bits(wide.parameters()[0].value(), half.parameters()[0].value().to(kFloat64));

  const Whole counted;
  load_state_dict(counted, with(copies(counted), "part.count", full({}, 7, kInt32)));
  EXPECT_EQ(counted.part->count.item(), 7);
}

TEST(State, OfAnotherKindOfNumbersIsRefused) {
  const Whole whole;
  const NamedTensors before = copies(whole);
  NamedTensors state = with(copies(whole), "part.count", full({}, 7.0));
  state = with(with(state, "part.mask", tensor({1, 0}, kUInt8)), "tied", tensor({1, 2}, kInt64));
  expect_throws_text<ConfigError>(
      [&] { load_state_dict(whole, state); },
      "[load_state_dict] 1 of 4 tensors fit the 4 of Whole; expected all; with strict = false "
      "those are loaded\n"
      "  wrong dtype: 'tied' is int64, expected float32, 'part.count' is float32, expected int64, "
      "'part.mask' is uint8, expected bool");
  expect_same_state(whole.state_dict(), before);

  struct Small : Module {
    Buffer n = buffer("n", zeros({1}, kUInt8));
  };
  const LoadReport report =
      load_state_dict(Small(), {{"n", full({1}, 300, kInt64)}}, {.strict = false});
  EXPECT_EQ(to_string(report), "  wrong dtype: 'n' is int64, expected uint8");
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

TEST(State, ThatDoesNotFitNamesAllThatIsWrongAndChangesNothing) {
  const Sequential net = mlp();
  const NamedTensors before = copies(net);
  NamedTensors state = with(copies(mlp(2)), "2.weight", zeros({16, 31}));
  state[0].first = "0.wieght";
  state[5].first = "head.scale";
  expect_throws_text<ConfigError>(
      [&] { load_state_dict(net, state); },
      "[load_state_dict] 3 of 6 tensors fit the 6 of Sequential; expected all; with strict = "
      "false those are loaded\n"
      "  missing: '0.weight', '4.bias'\n"
      "  unexpected: '0.wieght' (did you mean '0.weight'?), 'head.scale'\n"
      "  wrong shape: '2.weight' is [16, 31], expected [16, 32]");
  expect_same_state(net.state_dict(), before);

  const LoadReport report = load_state_dict(net, state, {.strict = false});
  EXPECT_EQ(report.loaded, (Names{"0.bias", "2.bias", "4.weight"}));
  EXPECT_EQ(report.missing, (Names{"0.weight", "4.bias"}));
  EXPECT_EQ(report.unexpected, (Names{"0.wieght", "head.scale"}));
  EXPECT_FALSE(report.complete());
  expect_same_bits(net.state_dict()[0].second, before[0].second);
  expect_same_bits(net.state_dict()[1].second, state[1].second);
}

TEST(State, MayHaveAPrefix) {
  const Sequential net = mlp(), other = mlp(2);
  const NamedTensors state = renamed(other, "module.");
  try {
    load_state_dict(net, state);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()).substr(0, 139),
              "[load_state_dict] 0 of 6 tensors fit the 6 of Sequential; expected all; its names "
              "begin with 'module.': set strip_prefix to that\n  missing: ");
  }
  EXPECT_TRUE(load_state_dict(net, state, {.strip_prefix = "module."}).complete());
  expect_same_state(net.state_dict(), other.state_dict());
  NamedTensors twice = state;
  twice.emplace_back("0.bias", zeros({32}));
  expect_throws_text<ConfigError>(
      [&] { load_state_dict(net, twice, {.strip_prefix = "module."}); },
      "[load_state_dict] '0.bias': comes twice; expected each name once; is it there with the "
      "prefix and without?");
}

TEST(State, OfAPartOrOfAnotherModelSaysSo) {
  Generator rng(1);
  const Sequential inner(Linear(2, 3, rng), Relu()), outer{Sequential(Linear(2, 3, rng), Relu())};
  expect_throws_text<ConfigError>(
      [&] { load_state_dict(outer, inner.state_dict()); },
      "[load_state_dict] 0 of 2 tensors fit the 2 of Sequential; expected all; these look like "
      "the names of a part: load into get_submodule(\"0\")\n"
      "  missing: '0.0.weight', '0.0.bias'\n"
      "  unexpected: '0.weight', '0.bias'");
  const TemporaryFolder folder;
  save(Whole(), folder / "whole.safetensors");
  expect_throws_text<IoError>(
      [&] { load(inner, folder / "whole.safetensors"); },
      "[load] " + (folder / "whole.safetensors").string() +
          ": 0 of 4 tensors fit the 2 of Sequential; expected all; is it the state of another "
          "model?\n"
          "  missing: '0.weight', '0.bias'\n"
          "  unexpected: 'part.count', 'part.gain', 'tied', 'part.mask'");
}

TEST(State, WithAnUndefinedTensorIsRefused) {
  const Sequential net = mlp();
  EXPECT_THROW(load_state_dict(net, with(copies(net), "4.bias", Tensor())), Error);
}

TEST(State, OfAModuleWithoutAnyIsEmpty) {
  const TemporaryFolder folder;
  save(Relu(), folder / "relu.safetensors");
  EXPECT_TRUE(load(Relu(), folder / "relu.safetensors").complete());
}

TEST(State, LoadedWhileATapeHasTheOldNumbersMakesBackwardThrow) {
  const Sequential net = mlp();
  const Variable y = sum(net(ones({2, 20})));
  load_state_dict(net, copies(net));
  EXPECT_THROW(y.backward(), AutogradError);
}

TEST(State, OfABadFileIsRefusedAndChangesNothing) {
  const TemporaryFolder folder;
  const Sequential net = mlp(), other = mlp(2);
  save(other, folder / "net.safetensors");
  const NamedTensors before = copies(net);
  const std::string bytes = file_text(folder / "net.safetensors");
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{5}, std::size_t{100}, bytes.size() / 2, bytes.size() - 1}) {
    EXPECT_THROW(load(net, folder.file("cut.safetensors", bytes.substr(0, size))), IoError);
  }
  EXPECT_THROW(load(net, folder / "none.safetensors"), IoError);
  EXPECT_THROW(load(net, folder.path()), IoError);
  expect_same_state(net.state_dict(), before);
}

TEST(State, OfAPickleSaysHowToConvertIt) {
  const TemporaryFolder folder;
  for (const std::string start : {"PK\x03\x04"
                                  "archive/data.pkl",
                                  "\x80\x02}q\x01(X\x08"}) {
    const auto file = folder.file("net.pt", start);
    expect_throws_text<IoError>(
        [&] { load(mlp(), file); },
        "[load] " + file.string() +
            ": a pickle of PyTorch; expected a .safetensors file; convert it: python -c \"import "
            "torch, safetensors.torch as s; s.save_file({k: v.clone() for k, v in "
            "torch.load('net.pt', weights_only=True).items()}, 'net.safetensors')\"");
  }
}

TEST(State, OfWhichTheHeaderBeginsAsAPickleIsNone) {
  // A header of 0x280 bytes: the file begins with 80 02.
  struct One : Module {
    Parameter w = parameter("w", ones({1}));
  };
  const TemporaryFolder folder;
  for (int length = 480; length < 640; ++length) {
    save(One(), folder / "one.safetensors", {{"m", std::string(length, 'x')}});
    if (file_text(folder / "one.safetensors").substr(0, 2) != "\x80\x02") continue;
    EXPECT_TRUE(load(One(), folder / "one.safetensors").complete());
    return;
  }
  FAIL() << "no header had that length";
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
