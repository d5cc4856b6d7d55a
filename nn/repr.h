#pragma once
#include <string>

namespace gradus::nn {

/// Arguments as Python prints them, for extra_repr(): 1.0, 0.1, 1e-05, inf; True, False.
std::string repr(double x);
inline std::string repr(bool x) { return x ? "True" : "False"; }

}  // namespace gradus::nn
