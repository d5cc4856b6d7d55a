#pragma once
// References of Adafactor, CAME and Muon, from the papers and the published programs.
#include "optim/rules/adafactor.h"
#include "optim/rules/came.h"
#include "optim/rules/muon.h"
#include "tests/optim/matrix_lockstep.h"

namespace gradus::testing {

inline void reference_average(double& mean, double beta, double x) {
  mean = beta * mean + (1 - beta) * x;
}
inline double reference_rms(const Numbers& x) {
  double squares = 0;
  for (const double each : x) squares += each * each;
  return std::sqrt(squares / static_cast<double>(x.size()));
}

/// Element i of a shape stands in which row and column of its factors, and which of the matrices.
struct Place {
  std::size_t row, column, matrix, rows, columns;
  Place(const Shape& shape, std::size_t i)
      : rows(static_cast<std::size_t>(shape[shape.rank() - 2])),
        columns(static_cast<std::size_t>(shape[shape.rank() - 1])) {
    row = i / columns;
    matrix = i / (rows * columns);
    column = matrix * columns + i % columns;
  }
};

/// Moves the factors towards the squares, and returns V as they give it.
inline Numbers reference_factors(const Shape& shape, const Numbers& squares, double beta,
                                 Numbers& row, Numbers& column, const std::string& mistake) {
  const Place size(shape, 0);
  const std::size_t matrices = squares.size() / (size.rows * size.columns);
  row.resize(matrices * size.rows, 0);
  column.resize(matrices * size.columns, 0);
  Numbers row_means(row.size(), 0), column_means(column.size(), 0), of_rows(matrices, 0);
  for (std::size_t i = 0; i < squares.size(); ++i) {
    const Place at(shape, i);
    row_means[at.row] += squares[i] / static_cast<double>(size.columns);
    column_means[at.column] += squares[i] / static_cast<double>(size.rows);
  }
  if (mistake == "sums for means") {
    for (double& each : column_means) each *= static_cast<double>(size.rows);
  }
  for (std::size_t i = 0; i < row.size(); ++i) reference_average(row[i], beta, row_means[i]);
  for (std::size_t i = 0; i < column.size(); ++i) {
    reference_average(column[i], beta, column_means[i]);
  }
  for (std::size_t i = 0; i < row.size(); ++i) {
    of_rows[i / size.rows] += row[i] / static_cast<double>(size.rows);
  }
  Numbers V;
  for (std::size_t i = 0; i < squares.size(); ++i) {
    const Place at(shape, i);
    const double divisor = mistake == "not divided by the mean" ? 1 : of_rows[at.matrix];
    V.push_back(row[at.row] * column[at.column] / divisor);
  }
  return V;
}

/// g / sqrt(V), limited.
inline Numbers reference_step_of(const Numbers& g, const Numbers& V, double clip,
                                 const std::string& mistake) {
  Numbers u;
  for (std::size_t i = 0; i < g.size(); ++i) {
    u.push_back(mistake == "sqrt missing" ? g[i] / V[i] : g[i] / std::sqrt(V[i]));
  }
  double divisor = std::max(1.0, reference_rms(u) / clip);
  if (mistake == "clipped from above") divisor = std::min(1.0, reference_rms(u) / clip);
  if (mistake == "not clipped") divisor = 1;
  for (double& each : u) each /= divisor;
  return u;
}

template <>
struct MatrixReference<Adafactor> {
  static void update(const Adafactor& h, int t, const Shape& shape, Numbers& theta,
                     const Numbers& g, Arrays& s, const std::string& mistake) {
    const bool torch = (h.form == AdafactorForm::kTorch) != (mistake == "the other form");
    double beta = 1 - std::pow(t, -h.beta2_decay);
    if (mistake == "beta of the next step") beta = 1 - std::pow(t + 1, -h.beta2_decay);
    if (mistake == "a constant beta") beta = 0.999;
    double rho = h.lr;
    if (h.relative_step && mistake != "no relative step") {
      rho = std::min(h.warmup_init ? 1e-6 * t : h.lr, 1 / std::sqrt(t));
    }
    double scale = h.scale_parameter ? std::max(h.eps2, reference_rms(theta)) : 1;
    if (mistake == "not scaled by the parameter") scale = 1;
    const double alpha = rho * scale;
    Numbers squares, V;
    for (const double each : g) squares.push_back(each * each + (torch ? 0 : h.eps1));
    if (shape.rank() >= 2) {
      V = reference_factors(shape, squares, beta, s["row"], s["column"], mistake);
      if (torch) {  // the mean of rows is not below eps1
        const Place size(shape, 0);
        for (std::size_t i = 0; i < V.size(); ++i) {
          double mean = 0;
          const std::size_t first = Place(shape, i).matrix * size.rows;
          for (std::size_t r = 0; r < size.rows; ++r) mean += s["row"][first + r];
          mean /= static_cast<double>(size.rows);
          V[i] *= mean / std::max(mean, h.eps1);
        }
      }
    } else {
      s["v"].resize(g.size(), 0);
      for (std::size_t i = 0; i < g.size(); ++i) reference_average(s["v"][i], beta, squares[i]);
      V = s["v"];
    }
    if (torch) {
      for (double& each : V) each = std::max(each, h.eps1 * h.eps1);
    }
    Numbers u = reference_step_of(g, V, h.clip, mistake);
    for (double& each : u) each *= alpha;
    if (h.beta1 > 0) {
      s["m"].resize(g.size(), 0);
      for (std::size_t i = 0; i < g.size(); ++i) {
        if (mistake == "momentum before alpha") {
          reference_average(s["m"][i], h.beta1, u[i] / alpha);
          u[i] = alpha * s["m"][i];
        } else {
          reference_average(s["m"][i], h.beta1, u[i]);
          u[i] = s["m"][i];
        }
      }
    }
    double decay = (torch ? h.lr : alpha) * h.weight_decay;
    if (mistake == "no decay") decay = 0;
    if (mistake == "decay without lr") decay = h.weight_decay;
    for (std::size_t i = 0; i < g.size(); ++i) {
      theta[i] = theta[i] - decay * theta[i];
      theta[i] = theta[i] - u[i];
    }
  }
};

template <>
struct MatrixReference<CAME> {
  static void update(const CAME& h, int, const Shape& shape, Numbers& theta, const Numbers& g,
                     Arrays& s, const std::string& mistake) {
    Numbers squares, V, residuals;
    for (const double each : g) squares.push_back(each * each + h.eps1);
    if (shape.rank() >= 2) {
      V = reference_factors(shape, squares, h.beta2, s["row"], s["column"], mistake);
    } else {
      s["v"].resize(g.size(), 0);
      for (std::size_t i = 0; i < g.size(); ++i) reference_average(s["v"][i], h.beta2, squares[i]);
      V = s["v"];
    }
    const Numbers u = reference_step_of(g, V, h.clip, mistake);
    Numbers& m = s["m"];
    m.resize(g.size(), 0);
    for (std::size_t i = 0; i < g.size(); ++i) {
      const double before = m[i];
      reference_average(m[i], h.beta1, u[i]);
      const double of = mistake == "surprise of the old m" ? before : m[i];
      residuals.push_back(std::pow(u[i] - of, 2) + h.eps2);
    }
    Numbers step = m;
    if (shape.rank() >= 2) {
      const double beta = mistake == "beta2 for beta3" ? h.beta2 : h.beta3;
      const Numbers S =
          reference_factors(shape, residuals, beta, s["s_row"], s["s_column"], mistake);
      for (std::size_t i = 0; i < g.size(); ++i) {
        step[i] = (mistake == "u for m" ? u[i] : m[i]) / std::sqrt(S[i]);
        if (mistake == "surprise has no effect") step[i] = m[i];
      }
    }
    const double decay = mistake == "no decay" ? 0 : h.lr * h.weight_decay;
    for (std::size_t i = 0; i < g.size(); ++i) {
      theta[i] = theta[i] - decay * theta[i] - h.lr * step[i];
      if (mistake == "m is scaled by lr" && shape.rank() < 2) m[i] *= h.lr;
    }
  }
};

template <>
struct MatrixReference<Muon> {
  using Matrix = std::vector<Numbers>;
  static Matrix product(const Matrix& a, const Matrix& b) {
    Matrix c(a.size(), Numbers(b[0].size(), 0));
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t k = 0; k < b.size(); ++k) {
        for (std::size_t j = 0; j < b[0].size(); ++j) c[i][j] += a[i][k] * b[k][j];
      }
    }
    return c;
  }
  static Matrix transposed(const Matrix& a) {
    Matrix t(a[0].size(), Numbers(a.size()));
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t j = 0; j < a[0].size(); ++j) t[j][i] = a[i][j];
    }
    return t;
  }

  static void update(const Muon& h, int, const Shape& shape, Numbers& theta, const Numbers& g,
                     Arrays& s, const std::string& mistake) {
    const std::size_t rows = shape.rank() < 2 ? 1 : static_cast<std::size_t>(shape[0]);
    const std::size_t columns = theta.size() / rows;
    Numbers& B = s["B"];
    B.resize(g.size(), 0);
    Matrix X(rows, Numbers(columns));
    double squares = 0;
    for (std::size_t i = 0; i < g.size(); ++i) {
      if (mistake == "undampened buffer") {
        B[i] = h.momentum * B[i] + g[i];
      } else {
        B[i] = B[i] + (1 - h.momentum) * (g[i] - B[i]);
      }
      const bool ahead = h.nesterov != (mistake == "Nesterov or not");
      const double u = ahead ? g[i] + h.momentum * (B[i] - g[i]) : B[i];
      X[i / columns][i % columns] = mistake == "orthogonalized gradient" ? g[i] : u;
      squares += std::pow(X[i / columns][i % columns], 2);
    }
    for (Numbers& row : X) {
      for (double& x : row) x /= std::max(std::sqrt(squares), h.eps);
    }
    // Always with the Gram matrix of rows: U V^T is the same either way.
    const int rounds = static_cast<int>(h.rounds) - (mistake == "one round too few" ? 1 : 0);
    for (int round = 0; round < rounds && mistake != "not orthogonalized"; ++round) {
      const Matrix A = product(X, transposed(X)), cube = product(A, X), fifth = product(A, cube);
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j) {
          X[i][j] = mistake == "cubic rounds"
                        ? 1.5 * X[i][j] - 0.5 * cube[i][j]
                        : 3.4445 * X[i][j] - 4.775 * cube[i][j] + 2.0315 * fifth[i][j];
        }
      }
    }
    const double n = static_cast<double>(rows), m = static_cast<double>(columns);
    const bool match = (h.scale == MuonScale::kMatchRms) != (mistake == "the other scale");
    double scale = match ? 0.2 * std::sqrt(std::max(n, m)) : std::sqrt(std::max(1.0, n / m));
    if (mistake == "shape upside down") scale = std::sqrt(std::max(1.0, m / n));
    double decay = h.lr * h.weight_decay;
    if (mistake == "no decay") decay = 0;
    if (mistake == "decay by the scaled lr") decay *= scale;
    for (std::size_t i = 0; i < g.size(); ++i) {
      theta[i] = theta[i] * (1 - decay) - h.lr * scale * X[i / columns][i % columns];
    }
  }
};

}  // namespace gradus::testing
