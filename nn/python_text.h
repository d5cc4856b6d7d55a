#pragma once
// Values as Python writes them, for extra_repr().
#include <string>

#include "tensor/windows.h"

namespace gradus::nn {

/// "1e-05", "0.1", "1.0": the shortest text that is this number.
std::string python_number(double value);
inline std::string python_bool(bool value) { return value ? "True" : "False"; }
/// "(5,)", "(5, 3)".
std::string python_tuple(const Dims& values);
/// "5" for one number, "(5, 3)" for several.
std::string python_number_or_tuple(const PerAxis& value);

}  // namespace gradus::nn
