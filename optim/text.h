#pragma once
#include <string>
#include <vector>

namespace gradus::optim {

/// Rows of text as lines: columns as wide as their widest entry, two blanks between.
std::string columns(const std::vector<std::vector<std::string>>& rows);

}  // namespace gradus::optim
