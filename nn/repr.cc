#include "nn/repr.h"

#include <charconv>
#include <cmath>

namespace gradus::nn {

std::string repr(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x < 0 ? "-inf" : "inf";
  char text[400];
  // The shortest digits that give x again; the exponent decides how they are written.
  char* end = std::to_chars(text, text + sizeof text, x, std::chars_format::scientific).ptr;
  const std::string digits(text, end);
  const int exponent = std::stoi(digits.substr(digits.find('e') + 1));
  if (exponent < -4 || exponent >= 16) return digits;
  end = std::to_chars(text, text + sizeof text, x, std::chars_format::fixed).ptr;
  const std::string plain(text, end);
  return plain.find('.') == std::string::npos ? plain + ".0" : plain;
}

}  // namespace gradus::nn
