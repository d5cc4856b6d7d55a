#include "tensor/error.h"

#include <charconv>
#include <utility>

namespace gradus {

void Error::add_outer_part(std::string_view name) {
  std::string path(name);
  if (where_) path += "." + where_->part;
  std::string text = std::string(std::runtime_error::what()) + " (in " + path + ")";
  where_ = std::make_shared<const Where>(Where{std::move(path), std::move(text)});
}

std::string to_text(double value) {
  if (value != value) return "nan";  // the sign bit of a NaN means nothing
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

}  // namespace gradus
