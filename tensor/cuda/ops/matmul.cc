#include "tensor/cuda/ops/matmul.h"

#include <vector>

#include "tensor/cuda/blas.h"
#include "tensor/cuda/dispatch.h"
#include "tensor/cuda/matmul.h"

namespace gradus::gpu {
namespace {

/// A tensor of matrices as a BLAS takes them: rows or columns are neighbours.
struct Matrices {
  explicit Matrices(const Tensor& given, const Shape& batch, bool whole) : x(given) {
    if (!set_leading() || (whole && by_columns)) {
      x = given.contiguous();
      set_leading();
    }
    Shape shape = batch;
    shape.push_back(x.dim(-2));
    shape.push_back(x.dim(-1));
    const Tensor all = x.expand(shape);
    for (std::int64_t i = 0, count = numel(batch); i < count; ++i) {
      std::int64_t rest = i, offset = 0;
      for (int axis = batch.rank() - 1; axis >= 0; --axis) {
        offset += rest % batch[axis] * all.strides()[axis];
        rest /= batch[axis];
      }
      offsets.push_back(offset);
    }
  }

  const void* at(std::size_t i) const {
    return static_cast<const std::byte*>(x.raw_device_data()) +
           offsets[i] * static_cast<std::int64_t>(size_of(x.dtype()));
  }

  Tensor x;
  bool by_columns = false;  // in memory they are column-major
  std::int64_t leading = 0;
  std::vector<std::int64_t> offsets;

 private:
  bool set_leading() {
    const std::int64_t rows = x.dim(-2), columns = x.dim(-1);
    const std::int64_t row_step = rows == 1 ? columns : x.strides()[x.rank() - 2];
    const std::int64_t column_step = columns == 1 ? 1 : x.strides()[x.rank() - 1];
    by_columns = false;
    leading = row_step;
    if (column_step == 1 && row_step >= columns) return true;
    by_columns = true;
    leading = x.strides()[x.rank() - 1];
    return columns > 1 && (rows == 1 || x.strides()[x.rank() - 2] == 1) && leading >= rows;
  }
};

/// Whether the matrices of a batch follow each other at one distance.
bool evenly_spaced(const std::vector<std::int64_t>& offsets) {
  for (std::size_t i = 2; i < offsets.size(); ++i) {
    if (offsets[i] - offsets[i - 1] != offsets[1] - offsets[0]) return false;
  }
  return offsets.size() < 2 || offsets[1] >= offsets[0];
}

}  // namespace

void multiply_batch(const Tensor& a, const Tensor& b, const Shape& batch, const Tensor& y) {
  const bool whole = y.dtype() == kInt64;
  const Matrices left(a, batch, whole), right(b, batch, whole);
  const std::int64_t n = a.dim(-2), k = a.dim(-1), m = b.dim(-1), count = numel(batch);
  auto* to = static_cast<std::byte*>(y.raw_device_data());
  const std::int64_t bytes = n * m * static_cast<std::int64_t>(size_of(y.dtype()));
  if (whole) {
    // The kernel takes matrices without gaps.
    if (left.leading != k || right.leading != m) {
      return multiply_batch(left.leading == k ? a : a.clone(), right.leading == m ? b : b.clone(),
                            batch, y);
    }
    on_device(y.device(), [&]<class D>(std::type_identity<D>) {
      using T = std::int64_t;
      for (std::int64_t i = 0; i < count; ++i) {
        matmul<D, T>(MatmulRung::kTiled, n, m, k, static_cast<const T*>(left.at(i)),
                     static_cast<const T*>(right.at(i)), reinterpret_cast<T*>(to + i * bytes),
                     nullptr);
      }
    });
    return;
  }
  // What is row-major here is its transpose in the BLAS: y' = b' a'.
  Gemm call;
  call.dtype = y.dtype();
  call.transpose_a = right.by_columns;
  call.transpose_b = left.by_columns;
  call.m = m;
  call.n = n;
  call.k = k;
  call.lda = right.leading;
  call.ldb = left.leading;
  call.ldc = m;
  const bool at_once = evenly_spaced(left.offsets) && evenly_spaced(right.offsets);
  call.batch = at_once ? count : 1;
  if (at_once && count > 1) {
    call.stride_a = right.offsets[1] - right.offsets[0];
    call.stride_b = left.offsets[1] - left.offsets[0];
    call.stride_c = n * m;
  }
  for (std::int64_t i = 0; i < count; i += call.batch) {
    call.a = right.at(i);
    call.b = left.at(i);
    call.c = to + i * bytes;
    gemm(y.device(), call);
  }
}

}  // namespace gradus::gpu
