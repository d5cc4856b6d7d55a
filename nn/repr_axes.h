#pragma once
#include <string>

#include "nn/repr.h"
#include "tensor/windows.h"

namespace gradus::nn {

/// Sizes as Python prints them: "(5,)", "(5, 3)".
inline std::string repr_tuple(const Dims& sizes) {
  std::string text = "(";
  for (int i = 0; i < sizes.rank(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(sizes[i]);
  return text + (sizes.rank() == 1 ? ",)" : ")");
}
/// "5" for one number, "(5, 3)" for several.
inline std::string repr_axes(const PerAxis& value) {
  return value.rank() == 1 ? std::to_string(value[0]) : repr_tuple(value);
}

}  // namespace gradus::nn
