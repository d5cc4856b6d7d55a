#include "data/airfoil.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <string_view>
#include <vector>

#include "data/find.h"
#include "data/standardize.h"
#include "tensor/io/input.h"

namespace gradus::data {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRows = 1503, kKeptRows = 1500;
constexpr int kColumns = 6;
constexpr const char* kDownload = "; ./gradus data airfoil downloads ";

[[noreturn]] void throw_io(const std::string& where, const std::string& text) {
  throw IoError("[airfoil] " + where + ": " + text);
}

std::string read_text(const fs::path& file, const std::string& expected) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (status.type() == fs::file_type::not_found) {
    throw_io(file.string(), "no such file" + expected + kDownload + "it");
  }
  if (fs::is_directory(status)) throw_io(file.string(), "a folder" + expected);
  if (!error && !fs::is_regular_file(status)) throw_io(file.string(), "not a file" + expected);
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text;
  char buffer[1 << 16];
  while (stream.read(buffer, sizeof buffer) || stream.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.bad() || !stream.eof()) {
    throw_io(file.string(),
             "cannot be read (" + std::string(std::strerror(errno)) + ")" + expected);
  }
  return text;
}

// Cuts the first line off `text`; it ends in LF, CRLF, CR or with the text.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find_first_of("\r\n");
  const std::string_view line = text.substr(0, end);
  if (end == std::string_view::npos) {
    text = {};
  } else {
    text.remove_prefix(end + (text.substr(end, 2) == "\r\n" ? 2 : 1));
  }
  return line;
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  constexpr std::string_view kBlanks = "\t ";
  for (std::size_t end = 0;;) {
    const std::size_t begin = line.find_first_not_of(kBlanks, end);
    if (begin == std::string_view::npos) return fields;
    end = std::min(line.find_first_of(kBlanks, begin), line.size());
    fields.push_back(line.substr(begin, end - begin));
  }
}

double parse_number(std::string_view field, const std::string& where, std::size_t column) {
  const std::string place = " in column " + std::to_string(column);
  const std::string_view digits = field.starts_with('+') ? field.substr(1) : field;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) {
    throw_io(where, io::in_quotes(field) + place +
                        "; expected a number that fits in float64; is the file damaged?");
  }
  if (error != std::errc() || end != digits.data() + digits.size() || field.starts_with("+-")) {
    throw_io(where, io::in_quotes(field) + place + "; expected a number; is the file damaged?");
  }
  if (!std::isfinite(value)) {
    throw_io(where, to_text(value) + place + "; expected a finite number; is the file damaged?");
  }
  return value;
}

}  // namespace

Tensor read_table(const fs::path& file, int columns) {
  if (columns < 1) {
    throw ConfigError("[airfoil] columns: " + std::to_string(columns) + "; expected >= 1");
  }
  const std::string count = std::to_string(columns);
  const std::string expected = "; expected a text file with " + count + " columns of numbers";
  const std::string content = read_text(file, expected);
  std::string_view text = content;
  text = text.substr(0, text.find_last_not_of("\r\n\t ") + 1);
  if (text.empty()) throw_io(file.string(), "no numbers" + expected + kDownload + "a whole one");
  std::vector<double> values;
  for (std::int64_t line = 1; !text.empty(); ++line) {
    const std::string where = file.string() + ":" + std::to_string(line);
    const auto fields = split(take_line(text));
    if (fields.size() != static_cast<std::size_t>(columns)) {
      throw_io(where, std::to_string(fields.size()) + " columns; expected " + count +
                          " numbers separated by tabs or spaces; is the file damaged?");
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      values.push_back(parse_number(fields[i], where, i + 1));
    }
  }
  const std::int64_t rows = static_cast<std::int64_t>(values.size()) / columns;
  return from_values(std::span<const double>(values), {rows, columns}, kFloat64);
}

fs::path find_airfoil(const std::string& folder_option) {
  return find_data("airfoil", {"airfoil_self_noise.dat"}, folder_option);
}

TensorDataset load_airfoil(const fs::path& file, DType dtype) {
  if (!is_floating(dtype)) {
    throw DTypeError("[airfoil] dtype: " + std::string(name(dtype)) +
                     "; expected float32 or float64");
  }
  const Tensor table = read_table(file, kColumns);
  if (table.dim(0) != kRows) {
    const char* why = table.dim(0) < kRows ? "truncated" : "not the published one";
    throw_io(file.string(), std::to_string(table.dim(0)) + " rows; expected " +
                                std::to_string(kRows) + "; the file is " + why + ", " +
                                std::string(kDownload).substr(2) + "a whole one");
  }
  const Tensor kept = standardize(table).slice(0, {0, kKeptRows}).to(dtype);
  return {kept.slice(1, {0, kColumns - 1}).contiguous(),
          kept.slice(1, {kColumns - 1, kColumns}).contiguous()};
}

}  // namespace gradus::data
