#pragma once
// Targets that are the numbers of classes, as losses and metrics take them.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tensor/tensor.h"

namespace gradus {

/// "[1, 2]" of the row-major element i.
std::string place_in(const Shape& shape, std::int64_t i);

struct ClassTargets {
  Tensor index;            ///< int64, 0 where ignored
  Tensor ignored;          ///< bool
  std::int64_t taken = 0;  ///< how many are not ignored
};

/// The classes in `target`, a copy. Throws DTypeError unless whole numbers, IndexError:
///   "[cross_entropy] target: 5 at [1]; expected a class in 0..2, or ignore_index -100"
ClassTargets class_targets(std::string_view op, const Tensor& target, std::int64_t classes,
                           std::optional<std::int64_t> ignore_index = {});

}  // namespace gradus
