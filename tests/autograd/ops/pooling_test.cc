// Central differences of pooling, of first and second order, and where its gradients go at ties.
#include "autograd/ops/pooling.h"

#include <gtest/gtest.h>

#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;

/// Numbers far enough from each other that no step makes another one the largest.
Variable apart(const Shape& shape) { return gap_parameter(shape, -5, 5, 7); }

struct Setting {
  PerAxis kernel;
  MaxPoolOptions options;
};

const std::vector<Setting> kLines = {
    {2, {}},
    {3, {.stride = 1, .padding = 1}},
    {2, {.stride = 3, .dilation = 2}},
    {3, {.stride = 2, .padding = 1, .dilation = 2, .ceil_mode = true}},
    {2, {.ceil_mode = true}},
    {1, {}},
};
const std::vector<Setting> kImages = {
    {2, {}},
    {{3, 2}, {.stride = {1, 2}, .padding = 1}},
    {{2, 3}, {.stride = 2, .padding = {1, 0}, .dilation = {2, 1}, .ceil_mode = true}},
    {1, {.stride = 2}},
};
const std::vector<Shape> kLineShapes = {{2, 1, 7}, {2, 5}, {0, 2, 5}};
const std::vector<Shape> kImageShapes = {{1, 2, 4, 5}, {1, 5, 4}, {0, 2, 4, 5}};

TEST(PoolingGradients, OfLargestElements) {
  for (const Setting& s : kLines) {
    for (const Shape& shape : kLineShapes) {
      expect_gradients("max_pool1d",
                       [&](Inputs v) { return square(max_pool1d(v[0], s.kernel, s.options)); },
                       {apart(shape)});
    }
  }
  for (const Setting& s : kImages) {
    for (const Shape& shape : kImageShapes) {
      expect_gradients("max_pool2d",
                       [&](Inputs v) { return square(max_pool2d(v[0], s.kernel, s.options)); },
                       {apart(shape)});
    }
  }
  expect_gradients("max_pool2d", [](Inputs v) { return max_pool2d(transpose(v[0], 1, 2), 2); },
                   {apart({1, 4, 2, 4})});
}

TEST(PoolingGradients, OfMeans) {
  for (const Setting& s : kLines) {
    if (s.options.dilation[0] > 1) continue;
    for (const bool padded : {false, true}) {
      const AvgPoolOptions options{s.options.stride, s.options.padding, s.options.ceil_mode,
                                   padded};
      for (const Shape& shape : kLineShapes) {
        expect_gradients("avg_pool1d",
                         [&](Inputs v) { return square(avg_pool1d(v[0], s.kernel, options)); },
                         {apart(shape)});
      }
    }
  }
  for (const AvgPoolOptions& options :
       {AvgPoolOptions{}, AvgPoolOptions{.stride = 1, .padding = 1, .count_include_pad = false},
        AvgPoolOptions{.stride = {2, 1}, .padding = 1, .ceil_mode = true},
        AvgPoolOptions{.divisor_override = -3}}) {
    for (const Shape& shape : kImageShapes) {
      expect_gradients("avg_pool2d",
                       [&](Inputs v) {
                         return square(avg_pool2d(v[0], {2, 3}, options));
                       },
                       {apart(shape)});
    }
  }
  expect_gradients("avg_pool2d", [](Inputs v) { return square(avg_pool2d(flip(v[0]), 2)); },
                   {apart({1, 2, 4, 4})});
}

TEST(PoolingGradients, OfAdaptiveWindows) {
  for (const std::int64_t size : {1, 2, 3, 7, 0}) {
    for (const Shape& shape : kLineShapes) {
      expect_gradients("adaptive_avg_pool1d",
                       [&](Inputs v) { return square(adaptive_avg_pool1d(v[0], size)); },
                       {apart(shape)});
      expect_gradients("adaptive_max_pool1d",
                       [&](Inputs v) { return square(adaptive_max_pool1d(v[0], size)); },
                       {apart(shape)});
    }
  }
  for (const PerAxis& size : {PerAxis{1, 1}, PerAxis{2, 3}, PerAxis{6, 2}}) {
    for (const Shape& shape : kImageShapes) {
      expect_gradients("adaptive_avg_pool2d",
                       [&](Inputs v) { return square(adaptive_avg_pool2d(v[0], size)); },
                       {apart(shape)});
      expect_gradients("adaptive_max_pool2d",
                       [&](Inputs v) { return square(adaptive_max_pool2d(v[0], size)); },
                       {apart(shape)});
    }
  }
}

TEST(PoolingGradients, OfWhatTheyAreMadeOf) {
  const Variable x = apart({2, 3, 4}), dy = apart({2, 3, 2});
  const Tensor indices = max_pool1d_with_indices(x.value(), 2).indices;
  expect_gradients("pick_from_channels",
                   [&](Inputs v) { return square(pick_from_channels(v[0], indices, 1)); }, {x});
  expect_gradients("place_in_channels",
                   [&](Inputs v) {
                     return square(place_in_channels(v[0], indices, 1, {2, 3, 4}));
                   },
                   {dy});
  const PoolWindows windows = avg_windows("avg_pool1d", 1, x.value(), 2, {});
  expect_gradients("average_windows",
                   [&](Inputs v) { return square(average_windows(v[0], windows)); }, {x});
  expect_gradients("spread_windows",
                   [&](Inputs v) { return square(spread_windows(v[0], windows)); }, {dy});
}

TEST(PoolingGradients, AtTiesGoToTheFirstElement) {
  const Variable x = parameter(tensor({{1, 3, 3, 2, 2, 2}}));
  sum(max_pool1d(x, 3)).backward();
  EXPECT_EQ(x.grad().value().to_vector(), (std::vector<double>{0, 1, 0, 1, 0, 0}));
  const Variable square = parameter(tensor({{{0, 5}, {5, 5}}}));
  sum(max_pool2d(square, 2)).backward();
  EXPECT_EQ(square.grad().value().to_vector(), (std::vector<double>{0, 1, 0, 0}));
  // 0 and -0 are equal too.
  const Variable zeros = parameter(tensor({{-0.0, 0.0}}));
  sum(adaptive_max_pool1d(zeros, 1)).backward();
  EXPECT_EQ(zeros.grad().value().to_vector(), (std::vector<double>{1, 0}));
}

TEST(PoolingGradients, GoToTheLastNaNOfAWindow) {
  const Variable x = parameter(tensor({{1, NAN, NAN, 7}}));
  sum(max_pool1d(x, 4)).backward();
  EXPECT_EQ(x.grad().value().to_vector(), (std::vector<double>{0, 0, 1, 0}));
}

TEST(PoolingGradients, ComeFromAllWindowsThatShareAnElement) {
  const Variable x = parameter(tensor({{1, 9, 2}}));
  sum(max_pool1d(x, 2, {.stride = 1})).backward();
  EXPECT_EQ(x.grad().value().to_vector(), (std::vector<double>{0, 2, 0}));
}

TEST(PoolingGradients, OfAWindowWithoutAnElementGoNowhere) {
  const Variable x = parameter(tensor({{4}}));
  const auto [y, indices] = max_pool1d_with_indices(x, 2, {.padding = 2, .dilation = 4});
  EXPECT_EQ(y.value().to_vector(), (std::vector<double>{-INFINITY}));
  EXPECT_EQ(indices.to_vector(), (std::vector<double>{-1}));
  sum(y).backward();
  EXPECT_EQ(x.grad().value().to_vector(), (std::vector<double>{0}));
}

TEST(PoolingGradients, IndicesThatWereChangedAreNoticed) {
  const Variable x = parameter(tensor({{1, 2, 3, 4}}));
  const auto [y, indices] = max_pool1d_with_indices(x, 2);
  indices.fill(0);
  EXPECT_THROW(sum(y).backward(), AutogradError);
}

}  // namespace
}  // namespace gradus::testing
