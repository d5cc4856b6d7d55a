#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "train/text_file.h"

namespace gradus::train {

/// JSON text of a value, ending in LF. Numbers have as many digits (at most 17) as it takes to read
/// back the same double; JSON knows no nan and no infinity, they become null; bytes that are no
/// UTF-8 become U+FFFD.
std::string json_text(const nlohmann::json& value);

/// Writes json_text to a file, see write_text_atomically.
void write_json(const std::filesystem::path& file, const nlohmann::json& value);

}  // namespace gradus::train
