// SOAP in lock-step with a loop in double that has its own eigenvectors and QR.
#include "optim/rules/soap.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/optim/matrix_lockstep.h"
#include "tests/optim/paths.h"

namespace gradus::testing {
namespace {

using Matrix = std::vector<Numbers>;

Matrix product(const Matrix& a, const Matrix& b) {
  Matrix c(a.size(), Numbers(b[0].size(), 0));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t k = 0; k < b.size(); ++k) {
      for (std::size_t j = 0; j < b[0].size(); ++j) c[i][j] += a[i][k] * b[k][j];
    }
  }
  return c;
}
Matrix transposed(const Matrix& a) {
  Matrix t(a[0].size(), Numbers(a.size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a[0].size(); ++j) t[j][i] = a[i][j];
  }
  return t;
}
Matrix matrix_of(const Numbers& x, std::size_t rows) {
  Matrix m(rows, Numbers(x.size() / rows));
  for (std::size_t i = 0; i < x.size(); ++i) m[i / m[0].size()][i % m[0].size()] = x[i];
  return m;
}
Numbers flat(const Matrix& m) {
  Numbers x;
  for (const Numbers& row : m) x.insert(x.end(), row.begin(), row.end());
  return x;
}
// Columns in the order that puts these values in descending order.
std::vector<std::size_t> descending(const Numbers& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  return order;
}
Matrix columns(const Matrix& m, const std::vector<std::size_t>& order) {
  Matrix result = m;
  for (std::size_t i = 0; i < m.size(); ++i) {
    for (std::size_t j = 0; j < order.size(); ++j) result[i][j] = m[i][order[j]];
  }
  return result;
}

// Eigenvectors of a symmetric matrix by Jacobi's rotations, largest eigenvalue first.
Matrix eigenvectors(Matrix a) {
  const std::size_t n = a.size();
  Matrix q(n, Numbers(n, 0));
  for (std::size_t i = 0; i < n; ++i) q[i][i] = 1;
  for (int sweep = 0; sweep < 60; ++sweep) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = i + 1; j < n; ++j) {
        const double angle = 0.5 * std::atan2(2 * a[i][j], a[i][i] - a[j][j]);
        Matrix turn(n, Numbers(n, 0));
        for (std::size_t k = 0; k < n; ++k) turn[k][k] = 1;
        turn[i][i] = turn[j][j] = std::cos(angle);
        turn[i][j] = -std::sin(angle);
        turn[j][i] = std::sin(angle);
        a = product(transposed(turn), product(a, turn));
        q = product(q, turn);
      }
    }
  }
  Numbers values;
  for (std::size_t i = 0; i < n; ++i) values.push_back(a[i][i]);
  return columns(q, descending(values));
}

// Orthonormal columns with the same spans, by Gram and Schmidt, twice.
Matrix orthonormal(const Matrix& a) {
  Matrix t = transposed(a);
  for (std::size_t i = 0; i < t.size(); ++i) {
    for (int twice = 0; twice < 2; ++twice) {
      for (std::size_t j = 0; j < i; ++j) {
        double dot = 0;
        for (std::size_t k = 0; k < t[i].size(); ++k) dot += t[i][k] * t[j][k];
        for (std::size_t k = 0; k < t[i].size(); ++k) t[i][k] -= dot * t[j][k];
      }
    }
    double square = 0;
    for (const double x : t[i]) square += x * x;
    for (double& x : t[i]) x /= std::sqrt(square);
  }
  return transposed(t);
}

}  // namespace

template <>
struct MatrixReference<SOAP> {
  // Square ones: else a basis of the vectors that no gradient has would be anybody's choice.
  static std::vector<Shape> shapes() { return {{3, 3}, {2, 2}, {5}, {}, {2, 1, 2}}; }

  static void update(const SOAP& h, int t, const Shape& shape, Numbers& theta,
                     const Numbers& flat_g, Arrays& s, const std::string& mistake) {
    const std::size_t rows = shape.rank() < 2 ? 1 : static_cast<std::size_t>(shape[0]);
    const bool both = shape.rank() >= 2;
    const Matrix g = matrix_of(flat_g, rows);
    for (const char* name : {"m", "v"}) s[name].resize(theta.size(), 0);
    Matrix m = matrix_of(s["m"], rows), v = matrix_of(s["v"], rows);
    if (t > 1) {
      const Matrix Q_L = both ? matrix_of(s["Q_L"], rows) : Matrix(),
                   Q_R = both ? matrix_of(s["Q_R"], rows) : Matrix();
      const auto into = [&](const Matrix& x) {
        return both && mistake != "no basis" ? product(transposed(Q_L), product(x, Q_R)) : x;
      };
      const Matrix turned = into(g);
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < m[0].size(); ++j) {
          m[i][j] = h.beta1 * m[i][j] + (1 - h.beta1) * g[i][j];
          const double of = mistake == "v of the gradient itself" ? g[i][j] : turned[i][j];
          v[i][j] = h.beta2 * v[i][j] + (1 - h.beta2) * of * of;
        }
      }
      Matrix u = into(m);
      const int k = mistake == "corrected by t" ? t : t - 1;
      const double c1 = 1 - std::pow(h.beta1, k), c2 = 1 - std::pow(h.beta2, k);
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < u[0].size(); ++j) {
          u[i][j] /= mistake == "sqrt missing" ? v[i][j] + h.eps : std::sqrt(v[i][j]) + h.eps;
          if (mistake == "eps after the correction") {
            u[i][j] *= (std::sqrt(v[i][j]) + h.eps) / (std::sqrt(v[i][j]) + h.eps * std::sqrt(c2));
          }
        }
      }
      if (both && mistake != "no basis") u = product(Q_L, product(u, transposed(Q_R)));
      const double rate = mistake == "not corrected" ? h.lr : h.lr * std::sqrt(c2) / c1;
      for (std::size_t i = 0; i < theta.size(); ++i) {
        const double before = theta[i];
        theta[i] = theta[i] - rate * u[i / u[0].size()][i % u[0].size()];
        const double decayed = mistake == "decay before the step" ? before : theta[i];
        theta[i] = theta[i] - h.lr * h.weight_decay * decayed;
      }
    } else if (mistake == "a step at once") {
      for (std::size_t i = 0; i < theta.size(); ++i) theta[i] -= h.lr * (flat_g[i] > 0 ? 1 : -1);
    }
    if (both) {
      for (const bool left : {true, false}) {
        const std::string S = left ? "L" : "R", Q = left ? "Q_L" : "Q_R";
        const Matrix now = left ? product(g, transposed(g)) : product(transposed(g), g);
        s[S].resize(now.size() * now.size(), 0);
        const double beta = mistake == "beta2 for L" && left ? 0.5 : h.beta;
        for (std::size_t i = 0; i < s[S].size(); ++i) {
          s[S][i] = beta * s[S][i] + (1 - beta) * now[i / now.size()][i % now.size()];
        }
        const Matrix stat = matrix_of(s[S], now.size());
        if (t == 1) {
          s[Q] = flat(eigenvectors(stat));
        } else if ((t - 1) % h.frequency == 0 && mistake != "one basis for ever") {
          const Matrix q = matrix_of(s[Q], now.size()), power = product(stat, q);
          Numbers estimates(now.size(), 0);
          for (std::size_t i = 0; i < now.size(); ++i) {
            for (std::size_t j = 0; j < now.size(); ++j) estimates[j] += q[i][j] * power[i][j];
          }
          const auto order = descending(estimates);
          s[Q] = flat(orthonormal(product(stat, columns(q, order))));
          if (mistake != "v keeps its order") {
            v = left ? transposed(columns(transposed(v), order)) : columns(v, order);
          }
        }
      }
    }
    s["m"] = flat(m);
    s["v"] = flat(v);
  }
};

namespace {

constexpr SOAP kSoap = {.lr = 0.05,
                        .beta1 = 0.8,
                        .beta2 = 0.9,
                        .beta = 0.7,
                        .eps = 1e-2,
                        .frequency = 2,
                        .weight_decay = 0.3};
// Differences of eigenvalues are as small as 1/50 of the largest.
constexpr double kGain = 50;

TEST(Soap, AgreesWithTheReferenceAfterEveryStep) {
  expect_matrix_lockstep(kSoap, "strong", kGain);
  SOAP often = kSoap;
  often.frequency = 1;
  expect_matrix_lockstep(often, "every step", kGain);
}

TEST(Mutations, OfSoapAreNoticed) {
  const MatrixMistakes<SOAP> mistakes{kSoap, kGain};
  for (const char* mistake :
       {"no basis", "v of the gradient itself", "corrected by t", "sqrt missing",
        "eps after the correction", "not corrected", "decay before the step", "a step at once",
        "beta2 for L", "one basis for ever", "v keeps its order"}) {
    mistakes.formula(mistake);
  }
}

TEST(Soap, InItsOwnBasisIsAdamOneStepLater) {
  for (const DType dtype : {kFloat64, kFloat32}) {
    const double rtol = dtype == kFloat64 ? 1e-13 : 1e-5;
    const auto later = [](const Tensor& theta, int t) { return path_gradient(theta, t + 1); };
    const Hyper soap = {{"lr", 0.1},   {"beta1", 0.9},  {"beta2", 0.99},
                        {"eps", 1e-2}, {"max_size", 0}, {"weight_decay", 0}};
    const Hyper adam = {
        {"lr", 0.1}, {"beta1", 0.9}, {"beta2", 0.99}, {"eps", 1e-2}, {"eps_placement", 2}};
    for (const Shape& shape : {Shape{37}, Shape{4, 5}}) {
      const auto a = path("SOAP", soap, dtype, path_gradient, shape);
      const auto b = path("Adam", adam, dtype, later, shape);
      for (std::size_t t = 1; t < a.size(); ++t) expect_close(a[t], b[t - 1], rtol, rtol);
    }
  }
}

TEST(Soap, KeepsItsBasesOrthonormalAndSmall) {
  const Variable x = parameter(path_start(kFloat64, {4, 3, 2}));
  const auto optimizer = make_optimizer("SOAP", {{"x", x}}, {{"frequency", 3}});
  for (int t = 1; t <= 25; ++t) {
    x.set_grad(path_gradient(x.value(), t));
    optimizer->step();
  }
  const StateDict saved = optimizer->state_dict();
  for (const char* name : {"x/Q_L", "x/Q_R"}) {
    const Tensor Q = saved.tensors.at(name);
    expect_close(matmul(Q.transpose(), Q), eye(Q.dim(0), kFloat64), 0, 1e-13);
  }
  EXPECT_EQ(saved.tensors.at("x/Q_R").shape(), (Shape{6, 6}));
  const Variable wide = parameter(path_start(kFloat64, {2, 30}));
  const auto limited = make_optimizer("SOAP", {{"w", wide}}, {{"max_size", 20}});
  wide.set_grad(path_gradient(wide.value(), 1));
  limited->step();
  EXPECT_TRUE(limited->state_dict().tensors.contains("w/Q_L"));
  EXPECT_FALSE(limited->state_dict().tensors.contains("w/Q_R"));
}

TEST(Soap, RefusesGradientsItCannotSquareTwiceBeforeAnythingChanges) {
  for (const auto& [dtype, large, text] :
       {std::tuple{
            kFloat32, 1e20,
            "norm 100000002004087734272; expected at most 4e+09, since SOAP squares it twice "
            "in float32 (clip_norm may help)"},
        {kFloat64, 1e160,
         "norm inf; expected at most 1e+77, since SOAP squares it twice in "
         "float64 (clip_norm may help)"}}) {
    const Variable a = parameter(ones({2, 2}, dtype)), b = parameter(ones({2, 2}, dtype));
    const auto optimizer = make_optimizer("SOAP", {{"a", a}, {"b", b}});
    auto& engine = dynamic_cast<optim::Engine&>(*optimizer);
    for (int step = 0; step < 3; ++step) {
      a.set_grad(ones({2, 2}, dtype));
      b.set_grad(from_values({1, 0.5, -1, 2}, {2, 2}, dtype));
      optimizer->step();
    }
    const StateDict before = optimizer->state_dict();
    const Tensor a_before = a.value().clone();
    const Tensor huge = zeros({2, 2}, dtype);
    huge.index_put({0, 0}, large);
    b.set_grad(huge);
    expect_throws_text<AutogradError>([&] { optimizer->step(); },
                                      "[SOAP] gradient of 'b': " + std::string(text));
    expect_same_bits(a.value(), a_before);
    const StateDict after = optimizer->state_dict();
    for (const auto& [key, x] : before.tensors) expect_same_bits(after.tensors.at(key), x, key);
    EXPECT_EQ(engine.steps(), 3);
    engine.options().clip_norm = 1;
    if (dtype == kFloat32) optimizer->step();  // clipped, it is as good as any
  }
}

}  // namespace
}  // namespace gradus::testing
