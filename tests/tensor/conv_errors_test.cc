// Whole texts of what convolutions and pooling throw.
#include <gtest/gtest.h>

#include "tensor/conv.h"
#include "tensor/pooling.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

const Shape kImage = {2, 3, 8, 8}, kKernel = {4, 3, 3, 3};

template <class E>
void conv_throws(const Shape& x, const Shape& w, const ConvOptions& options,
                 const std::string& text) {
  expect_throws_text<E>([&] { conv2d(ones(x), ones(w), {}, options); }, "[conv2d] " + text);
}

TEST(ConvErrors, OfShapesNameBothOperands) {
  conv_throws<ShapeError>({8, 8}, kKernel, {},
                          "x: shape [8, 8]; expected [N, C, H, W] or [C, H, W]");
  expect_throws_text<ShapeError>(
      [] {
        conv1d(ones({4}), ones({1, 1, 2}));
      },
      "[conv1d] x: shape [4]; expected [N, C, L] or [C, L]");
  conv_throws<ShapeError>({2, 3, 0, 8}, kKernel, {.padding = 2},
                          "x: shape [2, 3, 0, 8]; expected sizes of at least 1 but for N and C");
  conv_throws<ShapeError>(kImage, {4, 3, 3}, {},
                          "w: shape [4, 3, 3]; expected 4 axes: two of channels, then the kernel");
  conv_throws<ShapeError>(kImage, {4, 3, 3, 0}, {},
                          "w: shape [4, 3, 3, 0]; expected a kernel of at least 1");
  conv_throws<ShapeError>(kImage, {4, 2, 3, 3}, {},
                          "x is [2, 3, 8, 8] and w is [4, 2, 3, 3]: x has 3 channels, w takes 2 in "
                          "each of 1 groups");
  conv_throws<ShapeError>(kImage, {4, 3, 3, 3}, {.groups = 2},
                          "x is [2, 3, 8, 8] and w is [4, 3, 3, 3]: x has 3 channels, w takes 3 in "
                          "each of 2 groups");
  conv_throws<ShapeError>(kImage, {4, 3, 3, 5}, {.padding = {0, 1}, .dilation = 3},
                          "w is [4, 3, 3, 5]: its window spans [7, 13]; expected at most the "
                          "padded size [8, 10] of x");
  expect_throws_text<ShapeError>([] { conv2d(ones(kImage), ones(kKernel), ones({3})); },
                                 "[conv2d] b: shape [3]; expected [4], one number per channel of "
                                 "the result");
}

TEST(ConvErrors, OfOptionsNameTheOption) {
  conv_throws<ConfigError>(kImage, kKernel, {.stride = 0}, "stride: 0; expected numbers from 1 on");
  conv_throws<ConfigError>(kImage, kKernel, {.stride = {1, -2}},
                           "stride: [1, -2]; expected numbers from 1 on");
  conv_throws<ConfigError>(kImage, kKernel, {.padding = -1},
                           "padding: -1; expected numbers from 0 on");
  conv_throws<ConfigError>(kImage, kKernel, {.dilation = 0},
                           "dilation: 0; expected numbers from 1 on");
  conv_throws<ConfigError>(kImage, kKernel, {.stride = {1, 1, 1}},
                           "stride: [1, 1, 1]; expected one number, or one for each of 2 axes");
  conv_throws<ConfigError>(kImage, kKernel, {.padding = std::int64_t{1} << 31},
                           "padding: 2147483648; expected numbers below 2^31");
  expect_throws_text<ConfigError>(
      [] {
        conv1d(ones({1, 1, 4}), ones({1, 1, 2}), {}, {.stride = {1, 1}});
      },
      "[conv1d] stride: [1, 1]; expected one number");
  conv_throws<ConfigError>(kImage, kKernel, {.groups = 0}, "groups: 0; expected 1 or more");
  conv_throws<ConfigError>(kImage, kKernel, {.groups = 3},
                           "groups: 3; expected a divisor of the 4 channels of the result");
  expect_throws_text<ShapeError>(
      [] { conv2d(ones(kImage), ones(kKernel), {}, {.padding = 2147483647}); },
      "[empty] shape: [2, 4, 4294967300, 4294967300]; expected fewer than 2^60 elements");
}

TEST(ConvErrors, OfDTypesNameBoth) {
  expect_throws_text<DTypeError>(
      [] { conv2d(ones(kImage), ones(kKernel, kFloat64)); },
      "[conv2d] x is float32 and w is float64; expected one floating dtype; convert with to()");
  expect_throws_text<DTypeError>(
      [] { conv2d(ones(kImage, kInt64), ones(kKernel, kInt64)); },
      "[conv2d] x is int64 and w is int64; expected one floating dtype; convert with to()");
  expect_throws_text<DTypeError>(
      [] { conv2d(ones(kImage), ones(kKernel), ones({4}, kFloat16)); },
      "[conv2d] x is float32 and b is float16; expected one floating dtype; convert with to()");
  expect_throws_text<Error>(
      [] { conv2d(Tensor(), ones(kKernel)); },
      "[conv2d] x: undefined tensor; expected one with elements; was it default constructed?");
  expect_throws_text<Error>(
      [] { conv2d(ones(kImage), Tensor()); },
      "[conv2d] w: undefined tensor; expected one with elements; was it default constructed?");
}

TEST(ConvErrors, OfTransposes) {
  const Tensor x = ones({2, 4, 5, 5}), w = ones({4, 3, 3, 3});
  const auto throws = [&](const ConvTransposeOptions& options, const std::string& text) {
    expect_throws_text<ConfigError>([&] { conv_transpose2d(x, w, {}, options); },
                                    "[conv_transpose2d] " + text);
  };
  throws({.output_padding = 1}, "output_padding: 1; expected less than stride 1 or dilation 1");
  throws({.stride = 2, .output_padding = {1, 3}, .dilation = 3},
         "output_padding: 3; expected less than stride 2 or dilation 3");
  throws({.groups = 3}, "groups: 3; expected a divisor of the 4 channels of x");
  throws({.padding = {4, 3}}, "padding: [4, 3] leaves sizes of [-1, 1]; expected none below 0");
  expect_throws_text<ShapeError>(
      [&] {
        conv_transpose2d(ones({2, 3, 5, 5}), w);
      },
      "[conv_transpose2d] x is [2, 3, 5, 5] and w is [4, 3, 3, 3]: x has 3 channels, w takes 4");
  expect_throws_text<ShapeError>(
      [&] { conv_transpose2d(x, w, ones({4})); },
      "[conv_transpose2d] b: shape [4]; expected [3], one number per channel of the result");
}

TEST(ConvErrors, OfGradientsInTheKernel) {
  const Tensor x = ones({2, 3, 8}), dy = ones({2, 4, 6});
  const auto throws = [&](const Tensor& gradient, const PerAxis& kernel, const std::string& text) {
    expect_throws_text<ShapeError>([&] { conv1d_weight(x, gradient, kernel); },
                                   "[conv1d_weight] " + text);
  };
  throws(ones({2, 4, 5}), 3, "dy is [2, 4, 5]: windows [5]; expected [6] along x [2, 3, 8]");
  throws(ones({2, 4, 7}), 3, "dy is [2, 4, 7]: windows [7]; expected [6] along x [2, 3, 8]");
  throws(ones({1, 4, 6}), 3, "x is [2, 3, 8] and dy is [1, 4, 6]; expected as many images");
  throws(ones({4, 6}), 3, "x is [2, 3, 8] and dy is [4, 6]; expected as many images");
  throws(dy, 9, "kernel: [9]: its window spans [9]; expected at most the padded size [8] of x");
  expect_throws_text<ConfigError>([&] { conv1d_weight(x, dy, 0); },
                                  "[conv1d_weight] kernel: 0; expected numbers from 1 on");
  expect_throws_text<ConfigError>(
      [&] { conv1d_weight(x, dy, 3, {.groups = 2}); },
      "[conv1d_weight] groups: 2; expected a divisor of the 3 channels of x");
}

TEST(PoolingErrors, NameTheArgument) {
  const Tensor x = ones({2, 3, 4, 4});
  expect_throws_text<ShapeError>(
      [] {
        max_pool2d(ones({4, 4}), 2);
      },
      "[max_pool2d] x: shape [4, 4]; expected [N, C, H, W] or [C, H, W]");
  expect_throws_text<ShapeError>([] { avg_pool1d(ones({4}), 2); },
                                 "[avg_pool1d] x: shape [4]; expected [N, C, L] or [C, L]");
  expect_throws_text<ShapeError>(
      [] {
        adaptive_avg_pool2d(ones({2, 0, 4}), 2);
      },
      "[adaptive_avg_pool2d] x: shape [2, 0, 4]; expected sizes of at least 1 but for N and C");
  expect_throws_text<ShapeError>(
      [&] {
        max_pool2d(x, {2, 5});
      },
      "[max_pool2d] kernel: its window spans [2, 5]; expected at most the padded size [4, 4] of x "
      "[2, 3, 4, 4]");
  expect_throws_text<ConfigError>([&] { max_pool2d(x, 2, {.stride = 0}); },
                                  "[max_pool2d] stride: 0; expected numbers from 1 on");
  expect_throws_text<ConfigError>([&] { max_pool2d(x, 0); },
                                  "[max_pool2d] kernel: 0; expected numbers from 1 on");
  expect_throws_text<ConfigError>(
      [&] {
        avg_pool2d(x, {3, 2}, {.padding = {1, 2}});
      },
      "[avg_pool2d] padding: 2; expected at most half of the window, which spans 2");
  expect_throws_text<ConfigError>([&] { avg_pool2d(x, 2, {.divisor_override = 0}); },
                                  "[avg_pool2d] divisor_override: 0; expected another number");
  expect_throws_text<ConfigError>([&] { adaptive_max_pool2d(x, -1); },
                                  "[adaptive_max_pool2d] size: -1; expected numbers from 0 on");
  expect_throws_text<DTypeError>(
      [&] {
        max_pool2d_with_indices(ones({1, 4, 4}, kBool), 2);
      },
      "[max_pool2d_with_indices] x: bool; expected numbers; convert with to()");
  expect_throws_text<DTypeError>(
      [&] {
        avg_pool2d(ones({1, 4, 4}, kInt64), 2);
      },
      "[avg_pool2d] x: int64; expected a floating dtype; convert with to()");
  expect_throws_text<Error>([] { max_pool1d(Tensor(), 2); },
                            "[max_pool1d] x: undefined tensor; expected one with elements; was it "
                            "default constructed?");
}

TEST(Pooling, KernelsWithoutARankAreRefused) {
  expect_throws_text<ConfigError>(
      [] {
        max_pool1d(ones({1, 4}), {});
      },
      "[max_pool1d] kernel: []; expected one number");
}

}  // namespace
}  // namespace gradus::testing
