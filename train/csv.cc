#include "train/csv.h"

#include <charconv>

#include "tensor/error.h"

namespace gradus::train {
namespace {

void append(std::string& out, double value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general,
                                 17);  // enough for any double
  out.append(digits, end.ptr);
}

void append(std::string& out, std::int64_t value) { out += std::to_string(value); }

void append(std::string& out, const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

}  // namespace

std::string csv_text(const std::vector<std::string>& header, const std::vector<CsvRow>& rows) {
  std::string out;
  const auto end_cell = [&](bool last) { out += last ? '\n' : ','; };
  for (std::size_t i = 0; i < header.size(); ++i) {
    append(out, header[i]);
    end_cell(i + 1 == header.size());
  }
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (rows[k].size() != header.size()) {
      throw ConfigError("[csv] row " + std::to_string(k) + ": " + std::to_string(rows[k].size()) +
                        " cells; expected " + std::to_string(header.size()) + ", as in the header");
    }
    for (std::size_t i = 0; i < rows[k].size(); ++i) {
      std::visit([&](const auto& cell) { append(out, cell); }, rows[k][i]);
      end_cell(i + 1 == rows[k].size());
    }
  }
  return out;
}

void write_csv(const std::filesystem::path& file, const std::vector<std::string>& header,
               const std::vector<CsvRow>& rows) {
  write_text_atomically(file, csv_text(header, rows));
}

}  // namespace gradus::train
