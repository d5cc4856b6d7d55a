#pragma once
#include "autograd/ops/pick.h"

namespace gradus::ops {

struct Sort : Pick {
  static constexpr const char* kName = "sort";
};
struct Topk : Pick {
  static constexpr const char* kName = "topk";
};

}  // namespace gradus::ops

namespace gradus {

/// The elements of each line in order, and the positions they had, where the gradient goes back to.
/// Throws IndexError.
VariableAndIndices sort(Operand x, int axis = -1, bool descending = false);

/// The k largest (or smallest) elements of each line, the best first, and their positions.
/// Throws IndexError, ConfigError.
VariableAndIndices topk(Operand x, std::int64_t k, int axis = -1, bool largest = true);

}  // namespace gradus
