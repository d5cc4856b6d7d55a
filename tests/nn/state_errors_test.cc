// States and files that do not fit.
#include <gtest/gtest.h>

#include "autograd/ops/sum.h"
#include "nn/state.h"
#include "tests/nn/states.h"
#include "tests/support/temporary_folder.h"

namespace gradus::nn {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::file_text;
using testing::TemporaryFolder;

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
    EXPECT_EQ(std::string(error.what()).substr(0, 140),
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
  const Sequential inner(Linear(2, 3, rng), ReLU());
  const Sequential outer(Sequential(Linear(2, 3, rng), ReLU()), ReLU());
  expect_throws_text<ConfigError>(
      [&] { load_state_dict(outer, inner.state_dict()); },
      "[load_state_dict] 0 of 2 tensors fit the 2 of Sequential; expected all; these look like "
      "the names of a part: load into get_submodule(\"0\")\n"
      "  missing: '0.0.weight', '0.0.bias'\n"
      "  unexpected: '0.weight' (did you mean '0.0.weight'?), '0.bias'");
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

TEST(State, OfAnOldPickleIsRefused) {
  const TemporaryFolder folder;
  const auto file = folder.file("net.pt", "\x80\x02}q\x01(X\x08");
  expect_throws_text<IoError>([&] { load(mlp(), file); },
                              "[load] " + file.string() +
                                  ": a pickle, as PyTorch saved before 1.6; expected a zip archive "
                                  "or a .safetensors file; load and save it with a later one");
  EXPECT_THROW(load(mlp(), folder.file("cut.pt",
                                       "PK\x03\x04"
                                       "archive/data.pkl")),
               IoError);
}

TEST(State, OfWhichTheHeaderBeginsAsAPickleIsNone) {
  // A header of 0x280 bytes: the file begins with 80 02.
  struct One : Module {
    Parameter w = parameter("w", ones({1}));
  };
  const TemporaryFolder folder;
  for (int length = 480; length < 640; length += 8) {  // it is filled up to whole eights
    save(One(), folder / "one.safetensors", {{"m", std::string(length, 'x')}});
    if (file_text(folder / "one.safetensors").substr(0, 2) != "\x80\x02") continue;
    EXPECT_TRUE(load(One(), folder / "one.safetensors").complete());
    return;
  }
  FAIL() << "no header had that length";
}

}  // namespace
}  // namespace gradus::nn
