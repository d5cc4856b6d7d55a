#include "nn/python_text.h"

#include <charconv>
#include <cmath>

namespace gradus::nn {

std::string python_number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[64];
  const double size = std::fabs(value);
  const bool fixed = value == 0 || (size >= 1e-4 && size < 1e16);
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value,
                                 fixed ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  std::string text(buffer, end);
  if (fixed && text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::string python_tuple(const Dims& values) {
  std::string text = "(";
  for (int i = 0; i < values.rank(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(values[i]);
  return text + (values.rank() == 1 ? ",)" : ")");
}

std::string python_number_or_tuple(const PerAxis& value) {
  return value.rank() == 1 ? std::to_string(value[0]) : python_tuple(value);
}

}  // namespace gradus::nn
