#include "tensor/assemble.h"

#include <gtest/gtest.h>

#include "tensor/construct.h"
#include "tests/support/cases.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

int axis(const Case& c) { return static_cast<int>(c.integer("axis")); }

TEST(Assemble, JoinsAsPyTorchDoes) {
  check_cases("cat", [](const Case& c) { return cat(c.in, axis(c)); });
  check_cases("stack", [](const Case& c) { return stack(c.in, axis(c)); });
}

TEST(Assemble, RepeatsAndRollsAsPyTorchDoes) {
  check_cases("repeat", [](const Case& c) { return repeat(c.in[0], c.shape("repeats")); });
  check_cases("roll", [](const Case& c) { return roll(c.in[0], c.shape("shifts"), c.axes()); });
}

TEST(Assemble, CutsTrianglesAsPyTorchDoes) {
  check_cases("tril", [](const Case& c) { return tril(c.in[0], c.integer("k")); });
  check_cases("triu", [](const Case& c) { return triu(c.in[0], c.integer("k")); });
}

TEST(Assemble, PadsAndFillsAsPyTorchDoes) {
  check_cases("pad", [](const Case& c) {
    return pad(c.in[0], c.args.at("pads").get<std::vector<std::int64_t>>(), c.number("value"));
  });
  check_cases("masked_fill",
              [](const Case& c) { return masked_fill(c.in[0], c.in[1], c.number("value")); });
  check_cases("one_hot", [](const Case& c) { return one_hot(c.in[0], c.integer("classes")); });
}

TEST(Assemble, PadsWithElementsAsPyTorchDoes) {
  check_cases("pad_mode", [](const Case& c) {
    const std::string mode = c.text("mode");
    return pad(c.in[0], c.args.at("pads").get<std::vector<std::int64_t>>(),
               mode == "reflect"     ? PadMode::kReflect
               : mode == "replicate" ? PadMode::kReplicate
                                     : PadMode::kCircular);
  });
}

TEST(Assemble, RepeatsElementsAsPyTorchDoes) {
  check_cases("repeat_interleave", [](const Case& c) {
    return c.has("repeats") ? repeat_interleave(c.in[0], c.integer("repeats"), axis(c))
                            : repeat_interleave(c.in[0], c.in[1], axis(c));
  });
}

TEST(Assemble, MakesGridsAsPyTorchDoes) {
  check_cases("meshgrid", [](const Case& c) {
    return meshgrid(c.in, c.text("indexing") == "xy" ? MeshOrder::kXY : MeshOrder::kIJ);
  });
  check_cases("broadcast_tensors", [](const Case& c) { return broadcast_tensors(c.in); });
  check_cases("diag", [](const Case& c) { return diag(c.in[0], c.integer("k")); });
}

TEST(Assemble, GivesElementsOfItsOwn) {
  const Tensor x = tensor({1, 2, 3});
  for (const Tensor& y : {cat({x}), repeat(x, {1}), roll(x, {0}), roll(x, {3}, 0), pad(x, {}),
                          masked_fill(x, zeros({3}, kBool), 0)}) {
    EXPECT_FALSE(y.shares_storage_with(x));
    EXPECT_EQ(y.to_vector(), x.to_vector());
  }
}

TEST(Assemble, RepeatsTensorsOfEightAxes) {
  const Tensor x = tensor({1, 2}).reshape({1, 2, 1, 1, 1, 1, 1, 1});
  const Tensor y = repeat(x, {2, 2, 1, 1, 1, 1, 1, 1});
  EXPECT_EQ(y.to_vector(), (std::vector<double>{1, 2, 1, 2, 1, 2, 1, 2}));
}

TEST(AssembleErrors, OfRepeatsGridsAndDiagonals) {
  const Tensor x = zeros({2, 3});
  expect_throws_text<ShapeError>(
      [&] {
        pad(x, {3, 0}, PadMode::kReflect);
      },
      "[pad] pads: 3 for axis 1 of shape [2, 3]; expected more elements "
      "there for mode reflect");
  expect_throws_text<ShapeError>(
      [&] {
        pad(zeros({0}), {1, 0}, PadMode::kReplicate);
      },
      "[pad] pads: 1 for axis 0 of shape [0]; expected more elements "
      "there for mode replicate");
  expect_throws_text<ConfigError>([&] { repeat_interleave(x, -1, 0); },
                                  "[repeat_interleave] repeats: -1; expected numbers >= 0");
  expect_throws_text<ShapeError>([&] { repeat_interleave(x, tensor({1}, kInt64), 0); },
                                 "[repeat_interleave] repeats: shape [1]; expected [2]");
  expect_throws_text<DTypeError>([&] { repeat_interleave(x, zeros({2}), 0); },
                                 "[repeat_interleave] repeats: float32; expected whole numbers");
  expect_throws_text<ConfigError>(
      [&] {
        repeat_interleave(x, tensor({1, -2}, kInt64), 0);
      },
      "[repeat_interleave] repeats: -2; expected numbers >= 0");
  expect_throws_text<ShapeError>(
      [&] {
        meshgrid({zeros({2}), x});
      },
      "[meshgrid] tensors[1]: shape [2, 3]; expected [n] or []");
  expect_throws_text<ShapeError>([&] { diag(zeros({})); },
                                 "[diag] x: shape []; expected one or two axes");
  expect_throws_text<ShapeError>(
      [&] {
        broadcast_tensors({x, zeros({2})});
      },
      "[broadcast_tensors] the shape before is [2, 3] and one of tensors is [2]: sizes 3 and 2 of "
      "axis -1 differ; expected equal sizes, or 1 (use reshape to line axes up)");
}

TEST(AssembleErrors, NameTheTensorThatDiffers) {
  const Tensor x = zeros({2, 3});
  expect_throws_text<ConfigError>([] { cat({}); }, "[cat] tensors: none; expected at least one");
  expect_throws_text<ShapeError>(
      [&] {
        cat({x, zeros({2, 4})});
      },
      "[cat] tensors[1]: shape [2, 4]; expected [2, 3] but for axis 0");
  expect_throws_text<ShapeError>(
      [&] {
        cat({Tensor(1), Tensor(2)});
      },
      "[cat] tensors[0]: shape []; expected at least one axis; use stack");
  expect_throws_text<ShapeError>(
      [&] {
        stack({x, x, zeros({3, 2})});
      },
      "[stack] tensors[2]: shape [3, 2]; expected [2, 3]");
  expect_throws_text<IndexError>([&] { cat({x}, 2); },
                                 "[cat] axis: 2; expected -2..1 for a tensor of shape [2, 3]");
  expect_throws_text<Error>(
      [&] {
        cat({x, Tensor()});
      },
      "[cat] tensors: undefined tensor; expected one with elements; was it default constructed?");
}

TEST(AssembleErrors, SayWhatWasExpected) {
  const Tensor x = zeros({2, 3});
  expect_throws_text<ShapeError>(
      [&] { repeat(x, {2}); },
      "[repeat] repeats: [2]; expected a number >= 0 for each axis of shape [2, 3]");
  expect_throws_text<ShapeError>(
      [&] {
        repeat(x, {INT64_MAX, 1});
      },
      "[repeat] repeats: [9223372036854775807, 1]; expected sizes below 2^63");
  expect_throws_text<ConfigError>(
      [&] {
        roll(x, {1, 2});
      },
      "[roll] shifts, axes: [1, 2] and []; expected a shift for each axis, or one shift and no "
      "axes");
  expect_throws_text<ShapeError>([&] { tril(zeros({3})); },
                                 "[tril] x: shape [3]; expected at least two axes");
  expect_throws_text<ShapeError>(
      [&] { pad(x, {1}); },
      "[pad] pads: [1]; expected two numbers for each of the last axes for shape [2, 3]");
  expect_throws_text<ShapeError>(
      [&] {
        pad(x, {-2, -2});
      },
      "[pad] pads: [-2, -2]; expected sizes >= 0 and below 2^63 for shape [2, 3]");
  expect_throws_text<DTypeError>(
      [&] { masked_fill(x, x, 1); },
      "[masked_fill] mask: float32; expected bool, the result of a comparison");
  expect_throws_text<ShapeError>(
      [&] {
        masked_fill(x, zeros({4, 2, 3}, kBool), 1);
      },
      "[masked_fill] mask: shape [4, 2, 3]; expected one that broadcasts to [2, 3]");
  expect_throws_text<DTypeError>([&] { one_hot(x, 3); },
                                 "[one_hot] index: float32; expected whole numbers");
  expect_throws_text<IndexError>(
      [] {
        one_hot(tensor({0, 3}, kInt64), 3);
      },
      "[one_hot] index: 3; expected 0..2");
}

}  // namespace
}  // namespace gradus::testing
