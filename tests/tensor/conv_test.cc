// Convolutions against a loop over all windows, for random sizes and arguments; and what must not
// change their bits.
#include "tensor/conv.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tensor/random.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

struct Arguments {
  Shape x, w;  // of images
  ConvOptions options;

  std::string text() const {
    return "x " + to_string(x) + ", w " + to_string(w) + ", stride " + to_string(options.stride) +
           ", padding " + to_string(options.padding) + ", dilation " + to_string(options.dilation) +
           ", groups " + std::to_string(options.groups);
  }
};

/// Calls f(n, o, c in its group, i, j, h, w, th, tw) for each product of a convolution.
template <class F>
void each_product(const Arguments& a, const Shape& y, F f) {
  const auto& [stride, padding, dilation, groups] = a.options;
  const std::int64_t outputs = a.w[0] / groups;
  for (std::int64_t n = 0; n < a.x[0]; ++n) {
    for (std::int64_t o = 0; o < a.w[0]; ++o) {
      for (std::int64_t c = 0; c < a.w[1]; ++c) {
        for (std::int64_t i = 0; i < a.w[2]; ++i) {
          for (std::int64_t j = 0; j < a.w[3]; ++j) {
            for (std::int64_t t = 0; t < y[2]; ++t) {
              for (std::int64_t u = 0; u < y[3]; ++u) {
                const std::int64_t h = t * stride[0] - padding[0] + i * dilation[0];
                const std::int64_t w = u * stride[1] - padding[1] + j * dilation[1];
                if (h < 0 || w < 0 || h >= a.x[2] || w >= a.x[3]) continue;
                const std::int64_t channel = o / outputs * a.w[1] + c;
                f(((n * a.x[1] + channel) * a.x[2] + h) * a.x[3] + w,
                  ((o * a.w[1] + c) * a.w[2] + i) * a.w[3] + j,
                  ((n * a.w[0] + o) * y[2] + t) * y[3] + u);
              }
            }
          }
        }
      }
    }
  }
}

Arguments random_arguments(std::mt19937& random) {
  const auto from = [&](int low, int high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  const std::int64_t groups = from(1, 3), channels = from(1, 3);
  const ConvOptions options{
      {from(1, 3), from(1, 3)}, {from(0, 3), from(0, 3)}, {from(1, 3), from(1, 3)}, groups};
  Arguments a{{from(1, 3), groups * channels, 0, 0},
              {groups * from(1, 14), channels, from(1, 4), from(1, 4)},
              options};
  for (int i = 0; i < 2; ++i) {
    const std::int64_t span = options.dilation[i] * (a.w[2 + i] - 1) + 1;
    a.x[2 + i] =
        std::max<std::int64_t>(1, span - 2 * options.padding[i]) + from(0, i == 0 ? 8 : 40);
  }
  return a;
}

PerAxis output_padding(const Arguments& a, const Shape& y) {
  PerAxis more;
  for (int i = 0; i < 2; ++i) {
    const WindowAxis axis{a.w[2 + i], a.options.stride[i], a.options.padding[i],
                          a.options.dilation[i]};
    more.push_back(a.x[2 + i] - axis.size(y[2 + i]));
  }
  return more;
}

Tensor transposed(const Arguments& a, const Tensor& y, const Tensor& w) {
  return conv_transpose2d(y, w, {},
                          {a.options.stride, a.options.padding, output_padding(a, y.shape()),
                           a.options.groups, a.options.dilation});
}

// The same elements, every other one in memory, the last axis backwards.
Tensor behind_gaps(const Tensor& x) {
  const Tensor room = full({x.numel() * 2}, NAN, x.dtype());
  Shape shape = x.shape();
  shape.push_back(2);
  const Tensor view = room.reshape(shape).select(-1, 1).flip(-1);
  view.copy_from(x);
  return view;
}

TEST(Conv, IsTheSumOverAllWindows) {
  std::mt19937 random(1);
  for (int k = 0; k < 150; ++k) {
    const Arguments a = random_arguments(random);
    Generator generator(k);
    const Tensor x = normal(a.x, 0, 1, generator, kFloat64);
    const Tensor w = normal(a.w, 0, 1, generator, kFloat64);
    const Tensor y = conv2d(x, w, {}, a.options);
    const Tensor dy = normal(y.shape(), 0, 1, generator, kFloat64);
    const Tensor sums = zeros(y.shape(), kFloat64), dx = zeros(a.x, kFloat64);
    const Tensor dw = zeros(a.w, kFloat64);
    each_product(a, y.shape(), [&](std::int64_t i, std::int64_t j, std::int64_t o) {
      sums.data<double>()[o] += x.data<double>()[i] * w.data<double>()[j];
      dx.data<double>()[i] += dy.data<double>()[o] * w.data<double>()[j];
      dw.data<double>()[j] += dy.data<double>()[o] * x.data<double>()[i];
    });
    // At most 48 products in y, 224 in dx, 3 * 12 * 44 in dw; each of a few units.
    expect_close(y, sums, 1e-13, 1e-13, a.text() + ", y");
    expect_close(transposed(a, dy, w), dx, 1e-13, 1e-12, a.text() + ", dx");
    expect_close(conv2d_weight(x, dy, {a.w[2], a.w[3]}, a.options), dw, 1e-13, 1e-11,
                 a.text() + ", dw");
  }
}

TEST(Conv, HasTheSameBitsForAllThreadsAndStrides) {
  std::mt19937 random(2);
  std::vector<Arguments> all;
  for (int k = 0; k < 40; ++k) all.push_back(random_arguments(random));
  // Enough work for several threads: many images, one large one, one long line, depthwise.
  all.push_back({{9, 3, 28, 28}, {6, 3, 5, 5}, {{1, 1}, {2, 2}, {1, 1}, 1}});
  all.push_back({{1, 8, 70, 70}, {16, 8, 3, 3}, {{1, 1}, {1, 1}, {1, 1}, 1}});
  all.push_back({{1, 4, 1, 9000}, {8, 4, 1, 3}, {{1, 1}, {0, 1}, {1, 1}, 1}});
  all.push_back({{2, 32, 20, 20}, {32, 1, 3, 3}, {{2, 2}, {1, 1}, {1, 1}, 32}});
  for (const Arguments& a : all) {
    Generator generator(3);
    for (const DType dtype : {kFloat32, kFloat64}) {
      const Tensor x = normal(a.x, 0, 1, generator, dtype), w = normal(a.w, 0, 1, generator, dtype);
      const Tensor b = normal({a.w[0]}, 0, 1, generator, dtype);
      const Tensor y = same_on_all_threads([&] { return conv2d(x, w, b, a.options); });
      expect_same_bits(conv2d(behind_gaps(x), behind_gaps(w), behind_gaps(b), a.options), y,
                       a.text() + ", y behind gaps");
      const Tensor dx = same_on_all_threads([&] { return transposed(a, y, w); });
      expect_same_bits(transposed(a, behind_gaps(y), behind_gaps(w)), dx, a.text() + ", dx");
      const PerAxis kernel{a.w[2], a.w[3]};
      const Tensor dw = same_on_all_threads([&] { return conv2d_weight(x, y, kernel, a.options); });
      expect_same_bits(conv2d_weight(behind_gaps(x), behind_gaps(y), kernel, a.options), dw,
                       a.text() + ", dw");
    }
  }
}

TEST(Conv, OfAnImageIsThatInAnyBatch) {
  Generator generator(4);
  const Tensor x = normal({5, 4, 9, 17}, 0, 1, generator),
               w = normal({6, 2, 3, 3}, 0, 1, generator);
  const ConvOptions options{.stride = {2, 1}, .padding = 1, .groups = 2};
  const Tensor all = conv2d(x, w, {}, options);
  for (int n = 0; n < 5; ++n) {
    expect_same_bits(conv2d(x.select(0, n), w, {}, options), all.select(0, n).contiguous());
    expect_same_bits(conv2d(x.slice(0, {n, n + 1}), w, {}, options),
                     all.slice(0, {n, n + 1}).contiguous());
  }
}

TEST(Conv, AlongOneAxisIsThatAlongTheSecondOfTwo) {
  Generator generator(5);
  const Tensor x = normal({2, 4, 30}, 0, 1, generator), w = normal({6, 2, 3}, 0, 1, generator);
  const Tensor b = normal({6}, 0, 1, generator);
  const Tensor y = conv1d(x, w, b, {.stride = 2, .padding = 3, .dilation = 2, .groups = 2});
  const ConvOptions two{.stride = {1, 2}, .padding = {0, 3}, .dilation = {1, 2}, .groups = 2};
  expect_same_bits(y, conv2d(x.unsqueeze(2), w.unsqueeze(2), b, two).squeeze(2));
  expect_same_bits(conv1d_weight(x, y, 3, {.stride = 2, .padding = 3, .dilation = 2, .groups = 2}),
                   conv2d_weight(x.unsqueeze(2), y.unsqueeze(2), {1, 3}, two).squeeze(2));
}

TEST(Conv, WithoutChannelsIsTheBias) {
  const Tensor b = tensor({1, -2});
  const Tensor y = conv1d(zeros({3, 0, 4}), zeros({2, 0, 3}), b);
  expect_same_bits(y, b.reshape({1, 2, 1}).expand({3, 2, 2}).contiguous());
  expect_same_bits(conv_transpose1d(zeros({1, 0, 2}), zeros({0, 2, 3}), b),
                   b.reshape({1, 2, 1}).expand({1, 2, 4}).contiguous());
  EXPECT_EQ(conv1d_weight(zeros({3, 0, 4}), zeros({3, 2, 2}), 3).shape(), (Shape{2, 0, 3}));
  EXPECT_EQ(conv2d(zeros({1, 2, 4, 4}), zeros({0, 2, 3, 3})).shape(), (Shape{1, 0, 2, 2}));
}

TEST(Conv, WithoutImagesHasGradientsOfZero) {
  expect_same_bits(conv2d_weight(zeros({0, 2, 4, 4}), zeros({0, 3, 3, 3}), 2), zeros({3, 2, 2, 2}));
}

// What stands beside a window must not reach it: the kernels read it too.
TEST(Conv, WindowsSeeNoInfinitiesBesideThem) {
  const Tensor w = tensor({{{1, 1, 1}}});
  for (const float bad : {INFINITY, NAN}) {
    const Tensor x = full({1, 1, 40}, 1);
    x.data<float>()[20] = bad;
    const Tensor y = conv1d(x, w, {}, {.stride = 3});
    for (std::int64_t t = 0; t < 13; ++t) {
      EXPECT_EQ(y.data<float>()[t] == 3, t != 6) << t;
    }
    // Element 0 and 39 of x fall on one element of the kernel each.
    const Tensor ends = full({1, 1, 9}, 1);
    ends.data<float>()[8] = bad;
    const Tensor dw = conv1d_weight(ends, full({1, 1, 7}, 1), 3);
    EXPECT_EQ(dw.data<float>()[0], 7);
    EXPECT_EQ(dw.data<float>()[1], 7);
    EXPECT_FALSE(std::isfinite(dw.data<float>()[2]));
    const Tensor rows = full({1, 1, 3, 4}, 1);
    rows.data<float>()[7] = bad;  // at the end of row 1
    const Tensor corner = conv2d_weight(rows, full({1, 1, 3, 3}, 1), {1, 2});
    EXPECT_EQ(corner.data<float>()[0], 9);
    EXPECT_FALSE(std::isfinite(corner.data<float>()[1]));
  }
}

TEST(Conv, OfHalvesIsRoundedOnce) {
  Generator generator(6);
  const Tensor x = normal({1, 8, 6}, 0, 1, generator).to(kBFloat16);
  const Tensor w = normal({2, 8, 3}, 0, 1, generator).to(kBFloat16);
  expect_same_bits(conv1d(x, w), conv1d(x.to(kFloat32), w.to(kFloat32)).to(kBFloat16));
}

TEST(Conv, LongSumsGoOnFromPartToPart) {
  // More products than a part has, more channels than a tile.
  const Arguments a{{1, 40, 5, 20}, {14, 40, 3, 3}, {{1, 1}, {1, 1}, {1, 1}, 1}};
  Generator generator(9);
  const Tensor x = normal(a.x, 0, 1, generator, kFloat64),
               w = normal(a.w, 0, 1, generator, kFloat64);
  const Tensor y = conv2d(x, w, {}, a.options), sums = zeros(y.shape(), kFloat64);
  each_product(a, y.shape(), [&](std::int64_t i, std::int64_t j, std::int64_t o) {
    sums.data<double>()[o] += x.data<double>()[i] * w.data<double>()[j];
  });
  expect_close(y, sums, 1e-13, 1e-12);
}

TEST(Conv, GradientsInTheKernelSumTheParts) {
  // Enough images and work for all parts that there are.
  const Arguments a{{9, 4, 20, 21}, {6, 2, 5, 5}, {{1, 1}, {2, 2}, {1, 1}, 2}};
  Generator generator(8);
  const Tensor x = normal(a.x, 0, 1, generator, kFloat64);
  const Tensor dy = normal({9, 6, 20, 21}, 0, 1, generator, kFloat64);
  const Tensor dw = zeros(a.w, kFloat64);
  each_product(a, dy.shape(), [&](std::int64_t i, std::int64_t j, std::int64_t o) {
    dw.data<double>()[j] += dy.data<double>()[o] * x.data<double>()[i];
  });
  expect_close(conv2d_weight(x, dy, {5, 5}, a.options), dw, 1e-12, 1e-11);  // sums of 3780
}

TEST(Conv, CutsLargeImagesIntoBands) {
  // Larger than what a unit of work keeps, in both directions; rows and columns are cut.
  const Arguments a{{1, 2, 40, 3000}, {3, 2, 3, 3}, {{2, 1}, {1, 2}, {1, 2}, 1}};
  Generator generator(7);
  const Tensor x = normal(a.x, 0, 1, generator, kFloat64),
               w = normal(a.w, 0, 1, generator, kFloat64);
  const Tensor y = conv2d(x, w, {}, a.options);
  const Tensor sums = zeros(y.shape(), kFloat64), dw = zeros(a.w, kFloat64),
               dx = zeros(a.x, kFloat64);
  each_product(a, y.shape(), [&](std::int64_t i, std::int64_t j, std::int64_t o) {
    sums.data<double>()[o] += x.data<double>()[i] * w.data<double>()[j];
    dx.data<double>()[i] += y.data<double>()[o] * w.data<double>()[j];
    dw.data<double>()[j] += y.data<double>()[o] * x.data<double>()[i];
  });
  expect_close(y, sums, 1e-13, 1e-13);
  expect_close(transposed(a, y, w), dx, 1e-13, 1e-12);
  expect_close(conv2d_weight(x, y, {3, 3}, a.options), dw, 1e-12, 1e-9);  // sums of 60000
}

}  // namespace
}  // namespace gradus::testing
