#pragma once
#include "tensor/cpu/linalg/batch.h"

namespace gradus::linalg {

/// Whether the convention of svd and eigh turns this vector round: its first entry within 10 % of
/// the largest magnitude is negative. The margin keeps entries that only rounding tells apart, as
/// in (1, -1) / sqrt(2), from deciding.
inline bool points_down(const Eigen::Ref<const Eigen::VectorXd>& v) {
  const double bound = v.size() == 0 ? 0 : 0.9 * v.cwiseAbs().maxCoeff();
  for (double x : v) {
    if (x >= bound) return false;
    if (x <= -bound) return true;
  }
  return false;
}

}  // namespace gradus::linalg
