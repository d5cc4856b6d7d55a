// Adafactor, CAME and Muon: lock-step, printed values, equivalences and wrong formulas.
#include <gtest/gtest.h>

#include "tensor/linalg.h"
#include "tensor/random.h"
#include "tests/optim/paths.h"
#include "tests/optim/reference_matrices.h"

namespace gradus::testing {
namespace {

constexpr Adafactor kAdafactor = {.lr = 0.05, .eps1 = 1e-4, .weight_decay = 0.2};
constexpr CAME kCame = {
    .lr = 0.02, .beta2 = 0.9, .beta3 = 0.95, .eps1 = 1e-4, .eps2 = 1e-3, .weight_decay = 0.2};
constexpr Muon kMuon = {.lr = 0.02, .momentum = 0.8, .weight_decay = 0.3};
// Newton-Schulz multiplies small singular values by 3.4445 in each of 5 rounds, and with them what
// rounding left there: up to 485 times. These matrices have few such values.
constexpr double kMuonGain = 10;

template <class Rule, class F>
Rule with(Rule rule, F f) {
  f(rule);
  return rule;
}

TEST(MatrixRules, AdafactorAgreesWithTheReference) {
  expect_matrix_lockstep(Adafactor(), "with its defaults");
  for (const auto form : {AdafactorForm::kPaper, AdafactorForm::kTorch}) {
    const Adafactor h = with(kAdafactor, [=](auto& a) { a.form = form; });
    expect_matrix_lockstep(h, "strong");
    expect_matrix_lockstep(with(h, [](auto& a) { a.beta1 = 0.9; }), "with momentum");
    expect_matrix_lockstep(with(h, [](auto& a) { a.relative_step = false; }), "absolute");
    expect_matrix_lockstep(with(h, [](auto& a) { a.warmup_init = true; }), "warm-up");
    expect_matrix_lockstep(with(h, [](auto& a) { a.scale_parameter = false; }), "not scaled");
    expect_matrix_lockstep(with(h, [](auto& a) { a.clip = 0.3; }), "clipped");
    expect_matrix_lockstep(with(h, [](auto& a) { a.beta2_decay = 0.3; }), "slow beta");
  }
}
TEST(MatrixRules, CameAgreesWithTheReference) {
  expect_matrix_lockstep(CAME(), "with its defaults");
  expect_matrix_lockstep(kCame, "strong");
  expect_matrix_lockstep(with(kCame, [](auto& a) { a.clip = 0.3; }), "clipped");
}
TEST(MatrixRules, MuonAgreesWithTheReference) {
  expect_matrix_lockstep(Muon(), "with its defaults", kMuonGain);
  for (const auto scale : {MuonScale::kOriginal, MuonScale::kMatchRms}) {
    for (const bool nesterov : {true, false}) {
      expect_matrix_lockstep(with(kMuon,
                                  [=](auto& a) {
                                    a.scale = scale;
                                    a.nesterov = nesterov;
                                  }),
                             "strong", kMuonGain);
    }
  }
  expect_matrix_lockstep(with(kMuon, [](auto& a) { a.rounds = 3; }), "three rounds", kMuonGain);
}

TEST(Mutations, OfAdafactorAreNoticed) {
  for (const auto form : {AdafactorForm::kPaper, AdafactorForm::kTorch}) {
    const MatrixMistakes<Adafactor> mistakes{with(kAdafactor, [=](auto& a) { a.form = form; })};
    for (const char* mistake :
         {"the other form", "beta of the next step", "a constant beta",
          "not scaled by the parameter", "sums for means", "not divided by the mean",
          "sqrt missing", "clipped from above", "not clipped", "no decay", "decay without lr"}) {
      mistakes.formula(mistake);
    }
  }
  MatrixMistakes<Adafactor>{with(kAdafactor, [](auto& a) { a.lr = 2; })}.formula(
      "no relative step");
  MatrixMistakes<Adafactor>{with(kAdafactor, [](auto& a) { a.beta1 = 0.9; })}.formula(
      "momentum before alpha");
}
TEST(Mutations, OfCameAreNoticed) {
  MatrixMistakes<CAME> mistakes{kCame};
  for (const char* mistake :
       {"sums for means", "not divided by the mean", "sqrt missing", "clipped from above",
        "not clipped", "surprise of the old m", "beta2 for beta3", "u for m",
        "surprise has no effect", "no decay", "m is scaled by lr"}) {
    mistakes.formula(mistake);
  }
}
TEST(Mutations, OfMuonAreNoticed) {
  MatrixMistakes<Muon> mistakes{kMuon, kMuonGain};
  for (const char* mistake :
       {"undampened buffer", "Nesterov or not", "orthogonalized gradient", "one round too few",
        "not orthogonalized", "cubic rounds", "the other scale", "shape upside down", "no decay"}) {
    mistakes.formula(mistake);
  }
  MatrixMistakes<Muon>{with(kMuon, [](auto& a) { a.scale = MuonScale::kMatchRms; }), kMuonGain}
      .formula("decay by the scaled lr");
}

// W0[i][j] = cos(4 i + j), g_t[i][j] = (1 + i / 10) sin(1 + 4 i + j + t / 2), 3 x 4: sum of W and
// its norm after 1, 5 and 10 steps, printed with 10 digits by an independent program.
struct Printed {
  std::string rule;
  Hyper settings;
  std::vector<std::string> sums, norms;
};

std::string ten_digits(double x) {
  char text[40];
  std::snprintf(text, sizeof text, "%.10g", x);
  return text;
}

TEST(MatrixRules, GiveThePrintedValuesOfASmallProblem) {
  const std::vector<Printed> all = {
      {"Muon",
       {{"lr", 0.02}, {"weight_decay", 0}},
       {"-0.4068268793", "-0.3797071082", "-0.3884735419"},
       {"2.422770407", "2.344082757", "2.418454112"}},
      {"Muon",
       {{"lr", 0.02}, {"weight_decay", 0}, {"scale", 1}},
       {"-0.4105439808", "-0.3996960724", "-0.4032026458"},
       {"2.438628684", "2.406875192", "2.435684369"}},
      {"Muon",
       {{"lr", 0.02}, {"weight_decay", 0}, {"nesterov", 0}},
       {"-0.4068268793", "-0.3778294004", "-0.3765375505"},
       {"2.422770407", "2.330836039", "2.376233492"}},
      {"Muon",
       {{"lr", 0.02}, {"weight_decay", 0.1}},
       {"-0.4060008352", "-0.3757347416", "-0.3807698425"},
       {"2.417872008", "2.320214597", "2.371348545"}},
      {"Adafactor",
       {},
       {"-0.4064737431", "-0.3912635224", "-0.4101136801"},
       {"2.424923195", "2.398972873", "2.485361219"}},
      {"Adafactor",
       {{"form", 1}},
       {"-0.4064737431", "-0.3912635224", "-0.4101136801"},
       {"2.424923195", "2.398972873", "2.485361219"}},
      {"Adafactor",
       {{"beta1", 0.9}},
       {"-0.4123672179", "-0.4065275169", "-0.4042982614"},
       {"2.446773657", "2.428802003", "2.44197632"}},
      {"Adafactor",
       {{"relative_step", 0}, {"scale_parameter", 0}},
       {"-0.4037602571", "-0.3818544785", "-0.4084726635"},
       {"2.414863924", "2.378561771", "2.501124748"}},
      {"CAME",
       {{"lr", 0.01}},
       {"-0.3101916616", "0.1229604538", "0.2939360143"},
       {"2.068628053", "1.306960254", "2.994423684"}},
      {"LAMB",
       {{"lr", 0.01}, {"weight_decay", 0.1}},
       {"-0.3994441095", "-0.3818005184", "-0.373564434"},
       {"2.427257449", "2.353816114", "2.400382028"}},
  };
  for (const Printed& each : all) {
    std::string what = each.rule;
    for (const auto& [name, value] : each.settings) what += " " + name + "=" + to_text(value);
    Numbers start;
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 4; ++j) start.push_back(std::cos(4 * i + j));
    }
    const Variable W = parameter(from_values(start, {3, 4}, kFloat64));
    const auto optimizer = make_optimizer(each.rule, {{"W", W}}, each.settings);
    std::size_t next = 0;
    for (int t = 1; t <= 10; ++t) {
      Numbers g;
      for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 4; ++j) g.push_back((1 + 0.1 * i) * std::sin(1 + 4 * i + j + 0.5 * t));
      }
      W.set_grad(from_values(g, {3, 4}, kFloat64));
      optimizer->step();
      if (t != 1 && t != 5 && t != 10) continue;
      EXPECT_EQ(ten_digits(sum(W.value()).item()), each.sums[next]) << what << ", step " << t;
      EXPECT_EQ(ten_digits(norm(W.value()).item()), each.norms[next]) << what << ", step " << t;
      ++next;
    }
  }
}

TEST(MatrixRules, MuonTakesOrthogonalSteps) {
  for (const Shape& shape : {Shape{6, 4}, Shape{4, 6}, Shape{5, 5}}) {
    Generator rng(3);
    const Tensor start = normal(shape, 0, 1, rng, kFloat64);
    const Tensor X = orthogonalized(start, 5, 1e-7);
    for (const double s : linalg::svd(X, {.full_matrices = false}).S.to_vector()) {
      // Where a s + b s^3 + c s^5 takes values near 1 after 5 rounds.
      EXPECT_TRUE(s > 0.65 && s < 1.25) << s;
    }
    // The transpose of the result, up to rounding that the rounds enlarge.
    expect_close(orthogonalized(start.transpose(), 5, 1e-7), X.transpose(), 0, 1e-13);
  }
}

class MatrixEquivalences : public ::testing::TestWithParam<DType> {};

Gradient scaled_gradient(double factor) {
  return [factor](const Tensor& theta, int t) {
    Numbers g = path_gradient(theta, t).to_vector();
    for (double& each : g) each *= factor;
    return from_values(g, theta.shape(), theta.dtype());
  };
}

TEST_P(MatrixEquivalences, MuonDoesNotSeeTheScaleOfTheGradient) {
  // Not to the bit: 1 / norm is rounded.
  const double rtol = GetParam() == kFloat64 ? 1e-13 : 1e-4;
  expect_near_path(path("Muon", {}, GetParam(), scaled_gradient(1000), {5, 7}),
                   path("Muon", {}, GetParam(), path_gradient, {5, 7}), rtol);
  // A power of 2 changes no digit.
  expect_same_path(path("Muon", {}, GetParam(), scaled_gradient(1024), {5, 7}),
                   path("Muon", {}, GetParam(), path_gradient, {5, 7}));
}

TEST_P(MatrixEquivalences, AdafactorOfAColumnIsThatOfAVector) {
  // V of a matrix with one column: row * column / mean(row) = row.
  const double rtol = GetParam() == kFloat64 ? 1e-13 : 3e-5;
  const auto column = path("Adafactor", {}, GetParam(), path_gradient, {37, 1});
  const auto vector = path("Adafactor", {}, GetParam());
  for (std::size_t t = 0; t < column.size(); ++t) {
    expect_close(column[t].reshape({37}), vector[t], rtol, rtol);
  }
}

TEST_P(MatrixEquivalences, AdafactorOfTorchIsThatOfThePaperWithoutEps) {
  // eps1 = 1e-30 beside squares of 1e-4: the rounding of V alone.
  const double rtol = GetParam() == kFloat64 ? 1e-13 : 3e-5;
  expect_near_path(path("Adafactor", {{"form", 1}}, GetParam(), path_gradient, {5, 7}),
                   path("Adafactor", {}, GetParam(), path_gradient, {5, 7}), rtol);
}

TEST(MatrixRules, StateOfCameDoesNotDependOnLr) {
  for (const Shape& shape : {Shape{4, 3}, Shape{6}}) {
    std::vector<StateDict> saved;
    for (const double lr : {1e-4, 1.0}) {
      const Variable x = parameter(path_start(kFloat64, shape));
      const auto optimizer = make_optimizer("CAME", {{"x", x}}, {{"lr", lr}});
      for (int t = 1; t <= 5; ++t) {
        x.set_grad(path_gradient(x.value(), t));
        optimizer->step();
      }
      saved.push_back(optimizer->state_dict());
    }
    for (const auto& [name, x] : saved[0].tensors) {
      expect_same_bits(saved[1].tensors.at(name), x, name);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, MatrixEquivalences, ::testing::Values(kFloat32, kFloat64),
                         [](const auto& test) { return std::string(name(test.param)); });

}  // namespace
}  // namespace gradus::testing
