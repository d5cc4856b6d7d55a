#include "tensor/matmul.h"

#include <algorithm>
#include <eigen3/Eigen/Core>
#include <new>
#include <string>

#include "tensor/thread_pool.h"

namespace gradus {
namespace {

// The last two axes as BLAS and Eigen want them: one of the steps is 1. Axes before them count the
// matrices of a batch.
struct Matrices {
  Tensor tensor;
  std::int64_t leading;
  bool row_major;

  explicit Matrices(const Tensor& x) : tensor(x) {
    const auto usable = [](std::int64_t inner, std::int64_t outer, std::int64_t inner_size,
                           std::int64_t outer_size) {
      return (inner == 1 || inner_size == 1) && (outer >= inner_size || outer_size == 1);
    };
    const std::int64_t n = rows(), m = columns(), sn = row_step(), sm = column_step();
    row_major = usable(sm, sn, m, n);
    if (!row_major && !usable(sn, sm, n, m)) {
      tensor = x.clone();
      row_major = true;
    }
    const std::int64_t step = row_major ? row_step() : column_step();
    leading = std::max<std::int64_t>(step, row_major ? m : n);
  }
  std::int64_t rows() const { return tensor.dim(-2); }
  std::int64_t columns() const { return tensor.dim(-1); }
  std::int64_t row_step() const { return tensor.strides()[tensor.rank() - 2]; }
  std::int64_t column_step() const { return tensor.strides()[tensor.rank() - 1]; }

  /// Elements before matrix number `i` of a batch of the shape `batch`, which this broadcasts to.
  std::int64_t offset(std::int64_t i, const Shape& batch) const {
    std::int64_t offset = 0;
    const int skip = batch.rank() - (tensor.rank() - 2);
    for (int axis = batch.rank() - 1; axis >= skip; --axis) {
      const std::int64_t size = tensor.shape()[axis - skip];
      if (size > 1) offset += i % size * tensor.strides()[axis - skip];
      i /= batch[axis];
    }
    return offset;
  }
};

// Rows of the result per piece of parallel work; a constant, so that the blocking inside Eigen and
// with it every rounding is the same for any number of threads.
constexpr std::int64_t kRowsPerPiece = 128;
constexpr std::int64_t kSmallProduct =
    4096;  // multiply-adds below which Eigen's blocking costs more

template <class T, int kOrder>
using Map = Eigen::Map<const Eigen::Matrix<T, -1, -1, kOrder>, 0, Eigen::OuterStride<>>;

/// Rows first .. first + rows of one product.
template <class T, int kOrderA, int kOrderB>
void multiply(const Matrices& a, const T* a_data, const Matrices& b, const T* b_data, T* out,
              std::int64_t first, std::int64_t rows) {
  const std::int64_t n = a.rows(), k = a.columns(), m = b.columns();
  const Map<T, kOrderA> left(a_data, n, k, Eigen::OuterStride<>(a.leading));
  const Map<T, kOrderB> right(b_data, k, m, Eigen::OuterStride<>(b.leading));
  Eigen::Map<Eigen::Matrix<T, -1, -1, Eigen::RowMajor>> y(out, n, m);
  if (n * k * m <= kSmallProduct) {
    y.noalias() = left.lazyProduct(right);
  } else {
    y.middleRows(first, rows).noalias() = left.middleRows(first, rows) * right;
  }
}

template <class T>
void multiply_floating(const Matrices& a, const T* a_data, const Matrices& b, const T* b_data,
                       T* out, std::int64_t first, std::int64_t rows) {
  constexpr int R = Eigen::RowMajor, C = Eigen::ColMajor;
  const auto run = a.row_major ? (b.row_major ? &multiply<T, R, R> : &multiply<T, R, C>)
                               : (b.row_major ? &multiply<T, C, R> : &multiply<T, C, C>);
  run(a, a_data, b, b_data, out, first, rows);
}

/// Whole numbers, exact modulo 2^64; no BLAS has these.
void multiply_whole(const Matrices& a, const std::int64_t* a_data, const Matrices& b,
                    const std::int64_t* b_data, std::int64_t* out, std::int64_t first,
                    std::int64_t rows) {
  const std::int64_t k = a.columns(), m = b.columns();
  for (std::int64_t i = first; i < first + rows; ++i) {
    std::int64_t* y = out + i * m;
    std::fill_n(y, m, 0);
    for (std::int64_t p = 0; p < k; ++p) {
      const std::int64_t x = a_data[i * a.row_step() + p * a.column_step()];
      const std::int64_t* row = b_data + p * b.row_step();
      for (std::int64_t j = 0; j < m; ++j) y[j] += x * row[j * b.column_step()];
    }
  }
}

/// All products of a batch, in pieces of kRowsPerPiece rows.
template <class T>
void multiply_batch(const Matrices& a, const Matrices& b, const Shape& batch, T* out) {
  const std::int64_t n = a.rows(), m = b.columns();
  const std::int64_t pieces =
      n * a.columns() * m <= kSmallProduct ? 1 : (n + kRowsPerPiece - 1) / kRowsPerPiece;
  const auto one = [&](std::int64_t i) {
    const std::int64_t matrix = i / pieces, first = i % pieces * kRowsPerPiece;
    const T* left = a.tensor.data<T>() + a.offset(matrix, batch);
    const T* right = b.tensor.data<T>() + b.offset(matrix, batch);
    const std::int64_t rows = pieces == 1 ? n : std::min(kRowsPerPiece, n - first);
    if constexpr (std::is_integral_v<T>) {
      multiply_whole(a, left, b, right, out + matrix * n * m, first, rows);
    } else {
      multiply_floating(a, left, b, right, out + matrix * n * m, first, rows);
    }
  };
  // Small matrices of a batch go together, so that a piece is worth a thread.
  const std::int64_t all = numel(batch) * pieces, work = n * a.columns() * m / pieces;
  const std::int64_t group =
      std::max<std::int64_t>(1, kPieceSize / std::max<std::int64_t>(1, work));
  if (all <= group) {
    for (std::int64_t i = 0; i < all; ++i) one(i);
    return;
  }
  parallel_for((all + group - 1) / group, [&](std::int64_t piece) {
    for (std::int64_t i = piece * group; i < std::min(all, (piece + 1) * group); ++i) one(i);
  });
}

void check_operand(std::string_view argument, const Tensor& x) {
  check_defined("matmul", argument, x);
  if (x.dtype() == kBool) {
    throw DTypeError("[matmul] " + std::string(argument) +
                     ": bool; expected numbers; convert with to(kInt64)");
  }
  if (x.rank() == 0) {
    throw ShapeError("[matmul] " + std::string(argument) +
                     ": shape []; expected at least one axis; multiply with *");
  }
}

Shape batch_of(const Tensor& x) {
  Shape batch;
  for (int axis = 0; axis < x.rank() - 2; ++axis) batch.push_back(x.shape()[axis]);
  return batch;
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  check_operand("a", a);
  check_operand("b", b);
  if (is_floating(a.dtype()) != is_floating(b.dtype())) {
    throw DTypeError("[matmul] a is " + std::string(name(a.dtype())) + " and b is " +
                     std::string(name(b.dtype())) +
                     "; expected both whole or both floating; convert with to()");
  }
  const std::int64_t k = a.dim(-1), other = b.dim(b.rank() == 1 ? 0 : -2);
  if (k != other) {
    const bool transposed_fits = b.rank() >= 2 && b.dim(-1) == k;
    throw ShapeError("[matmul] a is " + to_string(a.shape()) + " and b is " + to_string(b.shape()) +
                     ": inner sizes " + std::to_string(k) + " and " + std::to_string(other) +
                     " differ" + (transposed_fits ? " (did you mean transpose(b)?)" : ""));
  }
  Shape shape;
  if (a.rank() > 2 || b.rank() > 2) {
    shape = broadcast_shapes("matmul", batch_of(a), batch_of(b), "a without its last two axes",
                             "b without them");
  }
  const DType dtype = promote(a.dtype(), b.dtype()), computed = compute_dtype(dtype);
  const Tensor left = a.to(computed), right = b.to(computed);
  Matrices x(a.rank() == 1 ? left.unsqueeze(0) : left);
  const Matrices y(b.rank() == 1 ? right.unsqueeze(1) : right);
  Shape batch = shape;
  if (a.rank() > 1) shape.push_back(a.dim(-2));
  if (b.rank() > 1) shape.push_back(b.dim(-1));
  Tensor out = k == 0 ? zeros(shape, computed) : Tensor::empty(shape, computed);
  if (out.numel() == 0 || k == 0) return out.to(dtype);
  if (y.tensor.rank() == 2 && x.tensor.rank() > 2 && x.tensor.is_contiguous()) {
    x = Matrices(x.tensor.reshape({-1, k}));  // one tall matrix instead of many
    batch = Shape();
  }
  try {
    dispatch_compute(computed, [&]<class T>(std::type_identity<T>) {
      multiply_batch<T>(x, y, batch, out.data<T>());
    });
  } catch (const std::bad_alloc&) {  // Eigen's buffers
    throw DeviceError("[matmul] cpu: out of memory; free tensors or use smaller ones");
  }
  return dtype == computed ? out : out.to(dtype, Cast::kWrap);
}

}  // namespace gradus
