#include "tensor/error.h"

#include <charconv>

namespace gradus {

std::string to_text(double value) {
  if (value != value) return "nan";  // the sign bit of a NaN means nothing
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

}  // namespace gradus
