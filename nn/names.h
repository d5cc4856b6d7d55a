#pragma once
// What was probably meant by a name that does not exist.
#include <string>
#include <string_view>
#include <vector>

namespace gradus::nn {

/// The candidate that is nearest to `name`: few letters have to be added, left out or replaced.
/// Empty when none is near.
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

/// "a.b." when `longer` has it before each of `names` (and perhaps others besides); else, or where
/// there are no names, empty.
std::string common_prefix(const std::vector<std::string>& names,
                          const std::vector<std::string>& longer);

}  // namespace gradus::nn
