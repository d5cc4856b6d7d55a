#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "train/text_file.h"

namespace gradus::train {

using CsvCell = std::variant<double, std::int64_t, std::string>;
using CsvRow = std::vector<CsvCell>;

/// The table as text: numbers with up to 17 significant digits, which read back as the same double
/// (nan, inf and -inf as these words); texts quoted where RFC 4180 asks for it; lines end in LF.
/// Throws ConfigError:
///   "[csv] row 2: 3 cells; expected 4, as in the header"
std::string csv_text(const std::vector<std::string>& header, const std::vector<CsvRow>& rows);

/// Writes csv_text to a file, see write_text_atomically.
/// Source: Shafranovich 2005, RFC 4180. Differs: lines end in LF, not CRLF, as pandas writes them.
void write_csv(const std::filesystem::path& file, const std::vector<std::string>& header,
               const std::vector<CsvRow>& rows);

}  // namespace gradus::train
