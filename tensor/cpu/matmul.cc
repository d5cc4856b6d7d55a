#include "tensor/matmul.h"

#include <eigen3/Eigen/Core>
#include <new>
#include <string>

#include "tensor/thread_pool.h"

namespace gradus {
namespace {

// A matrix with any row and column step, as BLAS and Eigen want it: one of the steps is 1.
struct Matrix {
  Tensor tensor;
  std::int64_t leading;
  bool row_major;

  explicit Matrix(const Tensor& x) : tensor(x) {
    const auto usable = [](std::int64_t inner, std::int64_t outer, std::int64_t inner_size,
                           std::int64_t outer_size) {
      return (inner == 1 || inner_size == 1) && (outer >= inner_size || outer_size == 1);
    };
    const std::int64_t n = x.dim(0), m = x.dim(1), sn = x.strides()[0], sm = x.strides()[1];
    row_major = usable(sm, sn, m, n);
    if (!row_major && !usable(sn, sm, n, m)) {
      tensor = x.clone();
      row_major = true;
    }
    const std::int64_t step = row_major ? tensor.strides()[0] : tensor.strides()[1];
    leading = std::max<std::int64_t>(step, row_major ? m : n);
  }
};

// Rows of the result per piece of parallel work; a constant, so that the blocking inside Eigen and
// with it every rounding is the same for any number of threads.
constexpr std::int64_t kRowsPerPiece = 128;
constexpr std::int64_t kSmallProduct =
    4096;  // multiply-adds below which Eigen's blocking costs more

template <class T, int kOrder>
using Map = Eigen::Map<const Eigen::Matrix<T, -1, -1, kOrder>, 0, Eigen::OuterStride<>>;

template <class T, int kOrderA, int kOrderB>
void multiply(const Matrix& a, const Matrix& b, T* out) {
  const std::int64_t n = a.tensor.dim(0), k = a.tensor.dim(1), m = b.tensor.dim(1);
  const Map<T, kOrderA> left(a.tensor.data<T>(), n, k, Eigen::OuterStride<>(a.leading));
  const Map<T, kOrderB> right(b.tensor.data<T>(), k, m, Eigen::OuterStride<>(b.leading));
  Eigen::Map<Eigen::Matrix<T, -1, -1, Eigen::RowMajor>> y(out, n, m);
  if (n * k * m <= kSmallProduct) {
    y.noalias() = left.lazyProduct(right);
    return;
  }
  parallel_for((n + kRowsPerPiece - 1) / kRowsPerPiece, [&](std::int64_t piece) {
    const std::int64_t first = piece * kRowsPerPiece, rows = std::min(kRowsPerPiece, n - first);
    y.middleRows(first, rows).noalias() = left.middleRows(first, rows) * right;
  });
}

template <class T>
void multiply(const Matrix& a, const Matrix& b, T* out) {
  constexpr int R = Eigen::RowMajor, C = Eigen::ColMajor;
  if (a.row_major) return b.row_major ? multiply<T, R, R>(a, b, out) : multiply<T, R, C>(a, b, out);
  return b.row_major ? multiply<T, C, R>(a, b, out) : multiply<T, C, C>(a, b, out);
}

void check_operand(std::string_view argument, const Tensor& x) {
  check_defined("matmul", argument, x);
  if (x.dtype() != kFloat32 && x.dtype() != kFloat64) {
    throw DTypeError("[matmul] " + std::string(argument) + ": " + std::string(name(x.dtype())) +
                     "; expected float32 or float64; convert with to(kFloat32)");
  }
  if (x.rank() != 1 && x.rank() != 2) {
    throw ShapeError("[matmul] " + std::string(argument) + ": shape " + to_string(x.shape()) +
                     "; expected one or two axes");
  }
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  check_operand("a", a);
  check_operand("b", b);
  const std::int64_t k = a.dim(-1), other = b.dim(0);
  if (k != other) {
    const bool transposed_fits = b.rank() == 2 && b.dim(1) == k;
    throw ShapeError("[matmul] a is " + to_string(a.shape()) + " and b is " + to_string(b.shape()) +
                     ": inner sizes " + std::to_string(k) + " and " + std::to_string(other) +
                     " differ" + (transposed_fits ? " (did you mean transpose(b)?)" : ""));
  }
  const DType dtype = promote(a.dtype(), b.dtype());
  const Tensor left = a.to(dtype), right = b.to(dtype);
  const Matrix x(a.rank() == 1 ? left.unsqueeze(0) : left);
  const Matrix y(b.rank() == 1 ? right.unsqueeze(1) : right);
  Shape shape;
  if (a.rank() == 2) shape.push_back(a.dim(0));
  if (b.rank() == 2) shape.push_back(b.dim(1));
  Tensor out = k == 0 ? zeros(shape, dtype) : Tensor::empty(shape, dtype);
  if (out.numel() == 0 || k == 0) return out;
  try {
    dispatch_floating(dtype,
                      [&]<class T>(std::type_identity<T>) { multiply<T>(x, y, out.data<T>()); });
  } catch (const std::bad_alloc&) {  // Eigen's buffers
    throw DeviceError("[matmul] cpu: out of memory; free tensors or use smaller ones");
  }
  return out;
}

}  // namespace gradus
