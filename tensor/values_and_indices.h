#pragma once
#include "tensor/tensor.h"

namespace gradus {

/// Elements and where along an axis they stood.
struct ValuesAndIndices {
  Tensor values;   ///< dtype of the tensor they come from
  Tensor indices;  ///< int64
};

}  // namespace gradus
