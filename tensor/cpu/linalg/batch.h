#pragma once
// What the decompositions share: matrices of a batch in and out of Eigen, checks, parallel work.
#include <eigen3/Eigen/Core>
#include <new>
#include <string>
#include <string_view>

#include "tensor/tensor.h"
#include "tensor/thread_pool.h"

namespace gradus::linalg {

// One type for all dtypes: each of Eigen's decompositions takes up to 20 s to compile.
using Matrix = Eigen::MatrixXd;

/// Throws unless x is float32 or float64 with at least two axes.
void check_matrices(std::string_view op, std::string_view argument, const Tensor& x);

/// The same, and the last two sizes must be equal.
void check_square(std::string_view op, std::string_view argument, const Tensor& x);

/// The axes before the matrices.
Shape batch_of(const Tensor& x);

/// batch + sizes, uninitialised.
Tensor make(Shape batch, std::initializer_list<std::int64_t> sizes, DType dtype);

/// "the matrix", "the matrix at batch position [1, 0]": for errors.
std::string matrix_at(const Shape& batch, std::int64_t b);

/// Throws LinalgError for NaN and infinity.
void check_finite(std::string_view op, std::string_view argument, const Matrix& a,
                  const Shape& batch, std::int64_t b);

/// The right-hand side B of A X = B as matrices, and the batch that both broadcast to.
struct RightSide {
  bool vector;  ///< one axis for the elements of each right-hand side
  Tensor B;     ///< [..., rows, k]
  Shape batch;
};
RightSide right_side(std::string_view op, const Tensor& A, const Tensor& B);

/// The matrices in the last two axes of x, repeated over `batch` as broadcasting does.
class Matrices {
 public:
  Matrices(const Tensor& x, const Shape& batch);
  Matrix load(std::int64_t b) const;
  void store(std::int64_t b, const Eigen::Ref<const Matrix>& value) const;

 private:
  std::int64_t offset(std::int64_t b) const;
  Tensor x_;
};

/// Calls f(b) for each matrix of the batch; small matrices share a piece of parallel work.
/// Throws the error of the first matrix that has one.
template <class F>
void for_each_matrix(std::string_view op, const Shape& batch, std::int64_t elements, F&& f) {
  constexpr std::int64_t kElementsPerPiece = 1024;
  const std::int64_t count = numel(batch);
  const std::int64_t per_piece =
      std::max<std::int64_t>(1, kElementsPerPiece / std::max<std::int64_t>(1, elements));
  try {
    parallel_for((count + per_piece - 1) / per_piece, [&](std::int64_t piece) {
      const std::int64_t end = std::min(count, (piece + 1) * per_piece);
      for (std::int64_t b = piece * per_piece; b < end; ++b) f(b);
    });
  } catch (const std::bad_alloc&) {  // Eigen's matrices
    throw DeviceError("[" + std::string(op) +
                      "] cpu: out of memory; free tensors or use smaller ones");
  }
}

}  // namespace gradus::linalg
