#include "train/json_file.h"

#include <nlohmann/json.hpp>

namespace gradus::train {

std::string json_text(const nlohmann::json& value) {
  using Handler = nlohmann::json::error_handler_t;
  return value.dump(1, ' ', false, Handler::replace) + "\n";
}

void write_json(const std::filesystem::path& file, const nlohmann::json& value) {
  write_text_atomically(file, json_text(value));
}

}  // namespace gradus::train
