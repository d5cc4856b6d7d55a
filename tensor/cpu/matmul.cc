#include "tensor/matmul.h"

#include <algorithm>
#include <string>

#include "tensor/cpu/gemm.h"
#include "tensor/cuda/ops/matmul.h"
#include "tensor/thread_pool.h"
#include "tensor/work.h"

namespace gradus {
namespace {

// The last two axes are matrices; axes before them count the matrices of a batch.
struct Matrices {
  Tensor tensor;

  std::int64_t rows() const { return tensor.dim(-2); }
  std::int64_t columns() const { return tensor.dim(-1); }
  std::int64_t row_step() const { return tensor.strides()[tensor.rank() - 2]; }
  std::int64_t column_step() const { return tensor.strides()[tensor.rank() - 1]; }
  template <class T>
  cpu::MatrixView<T> view(std::int64_t offset) const {
    return {tensor.data<T>() + offset, row_step(), column_step()};
  }

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

/// Whole numbers, exact modulo 2^64.
void multiply_whole(cpu::MatrixView<std::int64_t> a, cpu::MatrixView<std::int64_t> b,
                    std::int64_t* y, std::int64_t n, std::int64_t k, std::int64_t m) {
  const std::int64_t rows =
      std::max<std::int64_t>(1, kPieceSize / std::max<std::int64_t>(1, k * m));
  parallel_for((n + rows - 1) / rows, [&](std::int64_t piece) {
    for (std::int64_t i = piece * rows; i < std::min(n, (piece + 1) * rows); ++i) {
      std::fill_n(y + i * m, m, 0);
      for (std::int64_t p = 0; p < k; ++p) {
        const std::int64_t x = a.first[i * a.row_step + p * a.column_step];
        const std::int64_t* row = b.first + p * b.row_step;
        for (std::int64_t j = 0; j < m; ++j) y[i * m + j] += x * row[j * b.column_step];
      }
    }
  });
}

/// All products of a batch; many small ones in parallel, else each in parallel by itself.
template <class T>
void multiply_batch(const Matrices& a, const Matrices& b, const Shape& batch, T* out) {
  const std::int64_t n = a.rows(), k = a.columns(), m = b.columns(), count = numel(batch);
  const auto one = [&](std::int64_t i) {
    const auto multiply = [](auto... all) {
      if constexpr (std::is_integral_v<T>) {
        multiply_whole(all...);
      } else {
        cpu::multiply(all...);
      }
    };
    multiply(a.view<T>(a.offset(i, batch)), b.view<T>(b.offset(i, batch)), out + i * n * m, n, k,
             m);
  };
  const std::int64_t group = std::max<std::int64_t>(1, 2 * kPieceSize / (n * k * m));
  if (count < 4 * num_threads() || count <= group) {
    for (std::int64_t i = 0; i < count; ++i) one(i);
    return;
  }
  parallel_for((count + group - 1) / group, [&](std::int64_t piece) {
    for (std::int64_t i = piece * group; i < std::min(count, (piece + 1) * group); ++i) one(i);
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
  check_same_device("matmul", "a", a, "b", b);
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
  const DType dtype = promote(a.dtype(), b.dtype());
  // A device's BLAS takes half types as they are, and adds in float32.
  const bool as_it_is = !a.on_cpu() && is_floating(dtype);
  const DType computed = as_it_is ? dtype : compute_dtype(dtype);
  const Tensor left = a.to(computed), right = b.to(computed);
  Matrices x{a.rank() == 1 ? left.unsqueeze(0) : left};
  const Matrices y{b.rank() == 1 ? right.unsqueeze(1) : right};
  Shape batch = shape;
  if (a.rank() > 1) shape.push_back(a.dim(-2));
  if (b.rank() > 1) shape.push_back(b.dim(-1));
  Tensor out =
      k == 0 ? zeros(shape, computed, a.device()) : Tensor::empty(shape, computed, a.device());
  if (out.numel() == 0 || k == 0) return out.to(dtype);
  multiply_adds += out.numel() * k;
  if (y.tensor.rank() == 2 && x.tensor.rank() > 2 && x.tensor.is_contiguous()) {
    x = Matrices{x.tensor.reshape({-1, k})};  // one tall matrix instead of many
    batch = Shape();
  }
  if (!out.on_cpu()) [[unlikely]] {
    gpu::multiply_batch(x.tensor, y.tensor, batch, out);
    return out.to(dtype, Cast::kWrap);
  }
  dispatch_compute(computed, [&]<class T>(std::type_identity<T>) {
    multiply_batch<T>(x, y, batch, out.data<T>());
  });
  return dtype == computed ? out : out.to(dtype, Cast::kWrap);
}

}  // namespace gradus
