#include "tensor/windows.h"

#include <cstdint>
#include <string>

#include "tensor/error.h"

namespace gradus {

std::int64_t WindowAxis::count(std::int64_t size, bool ceil_mode) const {
  const std::int64_t room = size + 2 * padding - span() + (ceil_mode ? stride - 1 : 0);
  if (room < 0) return 0;
  const std::int64_t windows = room / stride + 1;
  const bool behind = ceil_mode && (windows - 1) * stride >= size + padding;
  return behind ? windows - 1 : windows;
}

Dims per_axis(std::string_view op, std::string_view argument, const PerAxis& value, int axes,
              std::int64_t least, const PerAxis& otherwise) {
  const Dims& given = value.rank() == 0 ? otherwise : value;
  const auto complain = [&](const std::string& expected) {
    throw ConfigError("[" + std::string(op) + "] " + std::string(argument) + ": " +
                      (given.rank() == 1 ? std::to_string(given[0]) : to_string(given)) +
                      "; expected " + expected);
  };
  if (given.rank() != 1 && given.rank() != axes) {
    complain(axes == 1 ? "one number"
                       : "one number, or one for each of " + std::to_string(axes) + " axes");
  }
  for (const std::int64_t n : given) {
    if (n < least) complain("numbers from " + std::to_string(least) + " on");
    if (n > INT32_MAX) complain("numbers below 2^31");
  }
  return given.rank() == axes ? given : Dims::filled(axes, given[0]);
}

}  // namespace gradus
