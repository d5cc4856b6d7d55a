#include "tensor/cpu/linalg/batch.h"

namespace gradus::linalg {

void check_matrices(std::string_view op, std::string_view argument, const Tensor& x) {
  check_on_cpu(op, argument, x);
  const auto where = [&] { return "[" + std::string(op) + "] " + std::string(argument) + ": "; };
  if (x.dtype() != kFloat32 && x.dtype() != kFloat64) {
    throw DTypeError(where() + std::string(name(x.dtype())) +
                     "; expected float32 or float64; convert with to(kFloat32)");
  }
  if (x.rank() < 2) {
    throw ShapeError(where() + "shape " + to_string(x.shape()) +
                     "; expected at least two axes, [..., n, m]");
  }
}

void check_square(std::string_view op, std::string_view argument, const Tensor& x) {
  check_matrices(op, argument, x);
  if (x.dim(-1) != x.dim(-2)) {
    throw ShapeError("[" + std::string(op) + "] " + std::string(argument) + ": shape " +
                     to_string(x.shape()) + "; expected square matrices, [..., n, n]");
  }
}

Shape batch_of(const Tensor& x) {
  Shape batch = x.shape();
  batch.erase(batch.rank() - 1);
  batch.erase(batch.rank() - 1);
  return batch;
}

Tensor make(Shape batch, std::initializer_list<std::int64_t> sizes, DType dtype) {
  for (auto size : sizes) batch.push_back(size);
  return Tensor::empty(batch, dtype);
}

std::string matrix_at(const Shape& batch, std::int64_t b) {
  if (batch.rank() == 0) return "the matrix";
  Dims index = batch;
  for (int axis = batch.rank() - 1; axis >= 0; --axis) {
    index[axis] = b % batch[axis];
    b /= batch[axis];
  }
  return "the matrix at batch position " + to_string(index);
}

void check_finite(std::string_view op, std::string_view argument, const Matrix& a,
                  const Shape& batch, std::int64_t b) {
  if (a.allFinite()) return;
  throw LinalgError("[" + std::string(op) + "] " + std::string(argument) + ": " +
                    matrix_at(batch, b) + " holds NaN or infinity; expected finite numbers");
}

RightSide right_side(std::string_view op, const Tensor& A, const Tensor& B) {
  check_on_cpu(op, "B", B);
  Shape vectors = A.shape();
  vectors.erase(vectors.rank() - 1);
  const bool vector = B.rank() == 1 || B.shape() == vectors;
  const Tensor columns = vector ? B.unsqueeze(-1) : B;
  check_matrices(op, "B", columns);
  const std::int64_t rows = A.dim(-2);
  if (columns.dim(-2) != rows) {
    throw ShapeError("[" + std::string(op) + "] A is " + to_string(A.shape()) + " and B is " +
                     to_string(B.shape()) + ": " + std::to_string(rows) + " and " +
                     std::to_string(columns.dim(-2)) + " rows differ; expected B [..., " +
                     std::to_string(rows) + ", k] or the vectors " + to_string(vectors));
  }
  return {vector, columns,
          broadcast_shapes(op, batch_of(A), batch_of(columns), "batch of A", "batch of B")};
}

Matrices::Matrices(const Tensor& x, const Shape& batch) : x_(x) {
  Shape shape = batch;
  shape.push_back(x.dim(-2));
  shape.push_back(x.dim(-1));
  x_ = x.expand(shape);
}

std::int64_t Matrices::offset(std::int64_t b) const {
  std::int64_t offset = 0;
  for (int axis = x_.rank() - 3; axis >= 0; --axis) {
    offset += b % x_.shape()[axis] * x_.strides()[axis];
    b /= x_.shape()[axis];
  }
  return offset;
}

Matrix Matrices::load(std::int64_t b) const {
  const std::int64_t down = x_.strides().at(-2), right = x_.strides().at(-1);
  Matrix a(x_.dim(-2), x_.dim(-1));
  dispatch_floating(x_.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* from = x_.data<T>() + offset(b);
    for (std::int64_t j = 0; j < a.cols(); ++j) {
      for (std::int64_t i = 0; i < a.rows(); ++i) a(i, j) = from[i * down + j * right];
    }
  });
  return a;
}

void Matrices::store(std::int64_t b, const Eigen::Ref<const Matrix>& value) const {
  const std::int64_t down = x_.strides().at(-2), right = x_.strides().at(-1);
  dispatch_floating(x_.dtype(), [&]<class T>(std::type_identity<T>) {
    T* to = x_.data<T>() + offset(b);
    for (std::int64_t i = 0; i < value.rows(); ++i) {
      for (std::int64_t j = 0; j < value.cols(); ++j) {
        to[i * down + j * right] = static_cast<T>(value(i, j));
      }
    }
  });
}

}  // namespace gradus::linalg
