// Initial values: their formulas against PyTorch's, and what is drawn by its statistics. A bound of
// 4 standard errors fails for 6 of 100000 seeds.
#include "nn/init.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "autograd/ops/matmul.h"
#include "nn/lazy_linear.h"
#include "tensor/elementwise/mul.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/golden.h"
#include "tests/support/threads.h"

namespace gradus::nn {
namespace {

using nlohmann::json;
using testing::expect_close;
using testing::expect_same_bits;
using testing::expect_throws_text;
using List = std::vector<double>;

const json& table() {
  static const json all = testing::golden("nn/init");
  return all;
}
Shape shape_of(const json& entry) {
  Shape shape;
  for (const auto& size : entry.at("shape")) shape.push_back(size);
  return shape;
}

// f fills a tensor with what `expected` draws from the same generator. The bounds are products of a
// few roots, rounded in another order.
template <class F, class G>
void expect_drawn(const json& entry, F f, G expected) {
  const Tensor x = zeros(shape_of(entry), kFloat64);
  Generator rng(5), same(5);
  f(x, rng);
  expect_close(x, expected(x.shape(), same), 1e-14, 1e-15, entry.dump());
  EXPECT_EQ(rng.position(), same.position());
}
void expect_uniform_and_normal(const json& entry, auto uniform_form, auto normal_form) {
  const double k = entry.at("uniform"), std = entry.at("normal");
  expect_drawn(entry, uniform_form,
               [&](const Shape& s, Generator& g) { return uniform(s, -k, k, g, kFloat64); });
  expect_drawn(entry, normal_form,
               [&](const Shape& s, Generator& g) { return normal(s, 0, std, g, kFloat64); });
}

TEST(Init, CountsFansAsPyTorch) {
  for (const json& entry : table().at("fans")) {
    const init::Fans fans = init::fans(shape_of(entry));
    EXPECT_EQ(fans.in, entry.at("in")) << entry;
    EXPECT_EQ(fans.out, entry.at("out")) << entry;
  }
  EXPECT_EQ(init::fans({6, 3, 5, 5}).in, 75);  // a convolution of 5 x 5 from 3 to 6 channels
  EXPECT_EQ(init::fans({6, 3, 5, 5}).out, 150);
}

TEST(Init, HasTheGainsOfPyTorch) {
  for (const json& entry : table().at("gains")) {
    std::optional<double> a;
    if (entry.contains("a")) a = entry.at("a");
    EXPECT_DOUBLE_EQ(init::calculate_gain(entry.at("name").get<std::string>(), a),
                     entry.at("gain"));
  }
}

TEST(Init, XavierHasTheSpreadOfPyTorch) {
  for (const json& entry : table().at("xavier")) {
    const double gain = entry.at("gain");
    expect_uniform_and_normal(
        entry, [&](const Tensor& x, Generator& g) { init::xavier_uniform_(x, g, gain); },
        [&](const Tensor& x, Generator& g) { init::xavier_normal_(x, g, gain); });
  }
}

TEST(Init, KaimingHasTheSpreadOfPyTorch) {
  for (const json& entry : table().at("kaiming")) {
    const std::string name = entry.at("nonlinearity");
    const init::KaimingOptions options{
        .a = entry.at("a"),
        .mode = entry.at("mode") == "fan_in" ? init::Fan::kIn : init::Fan::kOut,
        .nonlinearity = name};
    expect_uniform_and_normal(
        entry, [&](const Tensor& x, Generator& g) { init::kaiming_uniform_(x, g, options); },
        [&](const Tensor& x, Generator& g) { init::kaiming_normal_(x, g, options); });
  }
}

TEST(Init, EyeAndDiracAreThoseOfPyTorch) {
  for (const json& entry : table().at("eye")) {
    const Tensor x = full(shape_of(entry), 7);
    EXPECT_EQ(init::eye_(x).value().to_vector(), entry.at("values").get<List>()) << entry;
  }
  for (const json& entry : table().at("dirac")) {
    const Tensor x = full(shape_of(entry), 7);
    init::dirac_(x, entry.at("groups"));
    EXPECT_EQ(x.to_vector(), entry.at("values").get<List>()) << entry;
  }
}

TEST(Init, FillsInPlaceInAnyDtype) {
  for (const DType dtype : {kFloat16, kBFloat16, kFloat32, kFloat64}) {
    const Variable x = parameter(zeros({2, 3}, dtype));
    init::constant_(x, 0.5);
    EXPECT_EQ(x.value().to_vector(), List(6, 0.5));
    init::ones_(x);
    EXPECT_EQ(x.value().to_vector(), List(6, 1));
    init::zeros_(x);
    EXPECT_EQ(x.value().to_vector(), List(6, 0));
    Generator rng(1);
    EXPECT_EQ(init::orthogonal_(x, rng).node(), x.node());
    EXPECT_EQ(x.dtype(), dtype);
    EXPECT_TRUE(x.is_leaf() && x.requires_grad());
  }
}

// Mean and mean of squares of many draws.
void expect_moments(const Tensor& x, double mean_is, double variance_is, double fourth) {
  const auto n = static_cast<double>(x.numel());
  const auto [variance, middle] = var_mean(x.to(kFloat64));
  EXPECT_NEAR(middle.item(), mean_is, 4 * std::sqrt(variance_is / n));
  EXPECT_NEAR(variance.item(), variance_is,
              4 * std::sqrt((fourth - variance_is * variance_is) / n));
}

TEST(Init, DrawsWhatItSays) {
  Generator rng(11);
  const Tensor x = zeros({200, 300});
  init::uniform_(x, rng, -2, 4);
  EXPECT_GE(min(x).item(), -2);
  EXPECT_LT(max(x).item(), 4);
  expect_moments(x, 1, 3, 16.2);  // 6^2 / 12 and 6^4 / 80
  init::normal_(x, rng, 3, 0.5);
  expect_moments(x, 3, 0.25, 3 * 0.0625);
  init::trunc_normal_(x, rng);
  EXPECT_GE(min(x).item(), -2);
  EXPECT_LE(max(x).item(), 2);
  // 1 - 4 p(2) / (2 P(2) - 1) = 0.7737; the fourth moment 3 E x^2 - 2 * 2^3 p(2) / (...) = 1.416.
  expect_moments(x, 0, 0.7737413, 1.4161);
  init::trunc_normal_(x, rng, 1, 0.1, 0.9, 1.2);
  EXPECT_GE(min(x).item(), 0.9f);
  EXPECT_LE(max(x).item(), 1.2f);
}

TEST(Init, OrthogonalRowsOrColumnsAreOrthonormal) {
  for (const Shape& shape : {Shape{5, 5}, Shape{3, 8}, Shape{8, 3}, Shape{4, 2, 3}, Shape{1, 1},
                             Shape{1, 4}, Shape{40, 30}}) {
    Generator rng(2);
    const Tensor x = zeros(shape, kFloat64);
    init::orthogonal_(x, rng, 1.5);
    const Tensor m = x.reshape({shape[0], -1});
    const bool wide = m.dim(0) < m.dim(1);
    const Tensor product = wide ? matmul(m, m.transpose()) : matmul(m.transpose(), m);
    expect_close(product, eye(product.dim(0), kFloat64) * 2.25, 0, 1e-12, to_string(shape));
  }
}

// Without the signs of R's diagonal the first entry of Q would always be negative.
TEST(Init, OrthogonalMatricesAreUniform) {
  Generator rng(2);
  double first = 0, squares = 0;
  constexpr int kCount = 2000;
  for (int i = 0; i < kCount; ++i) {
    const Tensor x = zeros({3, 3}, kFloat64);
    init::orthogonal_(x, rng);
    const double q = x.at({0, 0});
    first += q;
    squares += q * q;
  }
  // One coordinate of a point on the sphere in 3 dimensions is uniform in [-1, 1].
  EXPECT_NEAR(first / kCount, 0, 4 * std::sqrt(1 / 3.0 / kCount));
  EXPECT_NEAR(squares / kCount, 1 / 3.0, 4 * std::sqrt(4 / 45.0 / kCount));
}

TEST(Init, SparseHasItsZerosInEachColumn) {
  Generator rng(2);
  for (const double sparsity : {0.0, 0.25, 0.3, 1.0}) {
    const Tensor x = zeros({10, 40}, kFloat64);
    init::sparse_(x, rng, sparsity, 2);
    const Tensor kept = count_nonzero(x, 0);
    for (const double n : kept.to_vector()) EXPECT_EQ(n, 10 - std::ceil(sparsity * 10));
    if (sparsity != 0.25) continue;
    double squares = 0;
    for (const double v : x.to_vector()) squares += v * v;
    EXPECT_NEAR(squares / 280, 4, 4 * 4 * std::sqrt(2 / 280.0));
  }
}

TEST(Init, DependsOnTheGeneratorAlone) {
  const auto drawn = [](const Tensor& x) {
    Generator rng(3);
    init::kaiming_normal_(x, rng);
    return x;
  };
  const Tensor x = testing::same_on_all_threads([&] { return drawn(zeros({200, 201})); });
  const Tensor strided = zeros({201, 200}).transpose();
  expect_same_bits(drawn(strided).contiguous(), x);
}

TEST(Init, NothingIsLeftAsItIs) {
  Generator rng(3);
  for (const Shape& shape : {Shape{0, 3}, Shape{3, 0}, Shape{2, 0, 3}}) {
    const Tensor x = zeros(shape);
    init::xavier_uniform_(x, rng);
    init::xavier_normal_(x, rng);
    init::kaiming_uniform_(x, rng);
    init::kaiming_normal_(x, rng);
    init::orthogonal_(x, rng);
    init::uniform_(x, rng);
  }
  EXPECT_EQ(rng.position(), 0u);
  init::eye_(zeros({0, 2}));
  init::dirac_(zeros({2, 0, 3}));
  init::sparse_(zeros({0, 2}), rng, 0.5);
}

TEST(Init, NamesWhatIsWrong) {
  Generator rng(3);
  const Tensor whole = zeros({2, 2}, kInt64), line = zeros({3});
  expect_throws_text<DTypeError>([&] { init::uniform_(whole, rng); },
                                 "[uniform_] x: int64; expected a floating dtype");
  expect_throws_text<DTypeError>([&] { init::kaiming_normal_(whole, rng); },
                                 "[kaiming_normal_] x: int64; expected a floating dtype");
  expect_throws_text<ShapeError>([&] { init::xavier_normal_(line, rng); },
                                 "[fans] shape [3]; expected 2 axes at least");
  EXPECT_THROW(init::orthogonal_(line, rng), ShapeError);
  expect_throws_text<ShapeError>(
      [&] {
        init::eye_(zeros({2, 3, 4}));
      },
      "[eye_] x is [2, 3, 4]; expected 2 axes");
  expect_throws_text<ShapeError>(
      [&] {
        init::dirac_(zeros({3, 2}));
      },
      "[dirac_] x is [3, 2]; expected 3 to 5 axes");
  expect_throws_text<ShapeError>(
      [&] {
        init::dirac_(zeros({3, 2, 5}), 2);
      },
      "[dirac_] x is [3, 2, 5]; expected a size of axis 0 that 2 groups divide");
  expect_throws_text<ConfigError>(
      [&] {
        init::dirac_(zeros({3, 2, 5}), 0);
      },
      "[dirac_] groups: 0; expected >= 1");
  expect_throws_text<ConfigError>(
      [&] {
        init::sparse_(zeros({3, 2}), rng, 1.5);
      },
      "[sparse_] sparsity: 1.5; expected a fraction, 0..1");
  expect_throws_text<ConfigError>(
      [&] {
        init::kaiming_uniform_(zeros({3, 2}), rng, {.nonlinearity = "gelu"});
      },
      "[calculate_gain] nonlinearity: 'gelu'; expected 'linear', 'conv1d' .. 'conv3d', "
      "'conv_transpose1d' .. 'conv_transpose3d', 'sigmoid', 'tanh', 'relu', 'leaky_relu' or "
      "'selu'");
  EXPECT_THROW(init::uniform_(line, rng, 2, 1), ConfigError);
  EXPECT_THROW(init::normal_(line, rng, 0, -1), ConfigError);
  EXPECT_THROW(init::trunc_normal_(line, rng, 0, 1, 2, -2), ConfigError);
  const LazyLinear lazy(2, rng);
  EXPECT_THROW(init::zeros_(lazy.weight), Error);
  EXPECT_EQ(rng.position(), 1u) << "an error must draw nothing; the layer drew one";
}

}  // namespace
}  // namespace gradus::nn
