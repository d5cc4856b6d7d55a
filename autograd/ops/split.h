#pragma once
#include <vector>

#include "autograd/ops/slice.h"

// Parts of a tensor are slices, and views. The gradient of each part is a tensor of the size of the
// whole: n parts of a big tensor cost n times its size.

namespace gradus {

/// Positions start .. start + length - 1 of one axis. Throws IndexError.
Variable narrow(Operand x, int axis, std::int64_t start, std::int64_t length);

/// Parts of the given sizes. Throws IndexError, ShapeError unless they add up to the axis.
std::vector<Variable> split(Operand x, const std::vector<std::int64_t>& sizes, int axis = 0);

/// Parts of `size` positions each, the last one may be smaller. Throws IndexError, ConfigError.
std::vector<Variable> split_every(Operand x, std::int64_t size, int axis = 0);

/// At most n parts of equal size, the last one may be smaller. Throws IndexError, ConfigError.
std::vector<Variable> chunk(Operand x, std::int64_t n, int axis = 0);

}  // namespace gradus
