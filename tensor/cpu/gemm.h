#pragma once
// The matrix product, as in K. Goto and R. van de Geijn, "Anatomy of high-performance matrix
// multiplication", ACM TOMS 34(3), 2008, doi:10.1145/1356052.1356053.
#include <cstdint>

#include "tensor/cpu/fused.h"

namespace gradus::cpu {

/// A matrix in memory: element [i, j] stands at first[i * row_step + j * column_step].
template <class T>
struct MatrixView {
  const T* first;
  std::int64_t row_step, column_step;
};

/// A right factor b [k, m] as products read it, for many products with few rows each. b may change
/// afterwards.
template <class T>
class PackedFactor {
 public:
  PackedFactor(MatrixView<T> b, std::int64_t k, std::int64_t m);
  /// y = a b on the calling thread, for a [n, k] and row-major y [n, m] without gaps; the bits are
  /// those of multiply().
  void multiply(MatrixView<T> a, T* y, std::int64_t n) const;

 private:
  std::int64_t k_, m_, part_;
  Buffer<T> panels_;
};

/// y = a b for a [n, k], b [k, m] and row-major y [n, m] without gaps, which overlaps neither;
/// T is float or double, k > 0. Each element is a chain of fused multiply-adds in order of k,
/// which is cut in equal parts of at most 288: its bits depend on its row of a and its column of b
/// alone, not on strides, threads, or the other sizes.
template <class T>
void multiply(MatrixView<T> a, MatrixView<T> b, T* y, std::int64_t n, std::int64_t k,
              std::int64_t m);

/// The same on the calling thread, into rows of y that are y_step apart, for k >= 0; or added to
/// what they hold.
template <class T>
void multiply_rows(MatrixView<T> a, MatrixView<T> b, T* y, std::int64_t y_step, std::int64_t n,
                   std::int64_t k, std::int64_t m, bool add);

}  // namespace gradus::cpu
