#include "data/csv.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <set>
#include <string_view>

#include "data/bytes.h"
#include "tensor/io/input.h"

namespace gradus::data {
namespace {

using std::to_string;

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::optional<double> number_in(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + io::in_quotes(name);
  return text.empty() ? "none" : text;
}

}  // namespace

/// Cuts text into cells, and cells into columns.
class CsvReader {
 public:
  CsvReader(std::string_view text, const CsvOptions& options, std::string name)
      : text_(text), options_(options), name_(std::move(name)) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  Table read() {
    Table table;
    table.file_ = name_;
    std::vector<std::vector<std::string>> rows;
    std::size_t width = 0;
    std::int64_t first_line = 0;
    std::vector<std::string> names;
    while (at_ < text_.size()) {
      const std::int64_t line = line_;
      std::vector<std::string> cells = row();
      if (cells.size() == 1 && without_blanks(cells[0]).empty()) continue;  // a blank line
      if (first_line == 0) {
        first_line = line;
        width = cells.size();
        if (options_.header) {
          for (const std::string& cell : cells) names.emplace_back(without_blanks(cell));
          continue;
        }
        for (std::size_t i = 0; i < width; ++i) names.push_back(to_string(i));
      }
      if (cells.size() != width) {
        fail(line, to_string(cells.size()) + " cells; expected " + to_string(width) +
                       ", as in line " + to_string(first_line));
      }
      table.lines_.push_back(line);
      rows.push_back(std::move(cells));
    }
    if (rows.empty()) io::Place{"csv", name_}.fail("no rows; expected at least one");
    check_names(names);
    table.rows_ = static_cast<std::int64_t>(rows.size());
    for (std::size_t i = 0; i < width; ++i) add_column(table, names[i], rows, i);
    return table;
  }

 private:
  [[noreturn]] void fail(std::int64_t line, const std::string& what) const {
    io::Place{"csv", name_ + ":" + to_string(line)}.fail(what);
  }

  void check_names(const std::vector<std::string>& names) const {
    std::set<std::string> seen;
    for (const std::string& name : names) {
      if (seen.insert(name).second) continue;
      throw ConfigError("[csv] " + name_ + ": two columns are called " + io::in_quotes(name) +
                        "; expected different names");
    }
    for (const std::string& name : options_.numbers) {
      if (seen.contains(name)) continue;
      throw ConfigError("[csv] numbers: " + io::in_quotes(name) + "; expected one of " +
                        listed(names));
    }
  }

  // The end of a line at `at_`: 0 for none, else its length.
  std::size_t line_end() const {
    if (text_[at_] == '\n') return 1;
    if (text_[at_] != '\r') return 0;
    return at_ + 1 < text_.size() && text_[at_ + 1] == '\n' ? 2 : 1;
  }

  std::vector<std::string> row() {
    std::vector<std::string> cells(1);
    while (at_ < text_.size()) {
      if (const std::size_t end = line_end()) {
        at_ += end;
        ++line_;
        return cells;
      }
      const char c = text_[at_];
      if (c == options_.separator) {
        cells.emplace_back();
        ++at_;
      } else if (c == '"' && without_blanks(cells.back()).empty()) {
        cells.back() = quoted();
      } else {
        cells.back() += c;
        ++at_;
      }
    }
    return cells;
  }

  std::string quoted() {
    const std::int64_t begin = line_;
    std::string cell;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') {
          ++at_;
          return cell;
        }
        ++at_;
      }
      if (c == '\n') ++line_;
      cell += c;
    }
    fail(begin, "a quote is not closed; expected \" before the end of the file");
  }

  void add_column(Table& table, const std::string& name,
                  const std::vector<std::vector<std::string>>& rows, std::size_t i) const {
    Table::Column column;
    column.name = name;
    const bool must =
        std::find(options_.numbers.begin(), options_.numbers.end(), name) != options_.numbers.end();
    std::vector<bool> missing;
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const std::string_view cell = without_blanks(rows[k][i]);
      missing.push_back(std::find(options_.missing.begin(), options_.missing.end(), cell) !=
                        options_.missing.end());
      column.missing += missing.back() ? 1 : 0;
      const auto number =
          missing.back() ? std::numeric_limits<double>::quiet_NaN() : number_in(cell);
      if (number) {
        column.numbers.push_back(*number);
        continue;
      }
      if (must) {
        fail(table.lines_[k],
             "column " + io::in_quotes(name) + ": " + io::in_quotes(cell) + "; expected a number");
      }
      if (!column.is_text) table.odd_[name] = k;
      column.is_text = true;
    }
    if (column.is_text) {
      column.numbers.clear();
      for (std::size_t k = 0; k < rows.size(); ++k) {
        column.texts.push_back(missing[k] ? "" : rows[k][i]);
      }
    }
    table.columns_.push_back(std::move(column));
  }

  std::string_view text_;
  const CsvOptions& options_;
  std::string name_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
};

std::vector<std::string> Table::names() const {
  std::vector<std::string> all;
  for (const Column& column : columns_) all.push_back(column.name);
  return all;
}

const Table::Column& Table::column(const std::string& name) const {
  for (const Column& column : columns_) {
    if (column.name == name) return column;
  }
  throw ConfigError("[csv] column: " + io::in_quotes(name) + "; expected one of " +
                    listed(names()));
}

Tensor Table::numbers(const std::vector<std::string>& wanted, DType dtype) const {
  const std::vector<std::string> all = wanted.empty() ? names() : wanted;
  const auto width = static_cast<std::int64_t>(all.size());
  const Tensor x = Tensor::empty({rows_, width}, kFloat64);
  for (std::int64_t i = 0; i < width; ++i) {
    const Column& from = column(all[static_cast<std::size_t>(i)]);
    if (from.is_text) {
      const std::size_t row = odd_.at(from.name);
      throw ConfigError("[csv] " + file_ + ":" + to_string(lines_[row]) + ": column " +
                        io::in_quotes(from.name) + ": " + io::in_quotes(from.texts[row]) +
                        "; expected a number");
    }
    for (std::int64_t k = 0; k < rows_; ++k) {
      x.data<double>()[k * width + i] = from.numbers[static_cast<std::size_t>(k)];
    }
  }
  return x.to(dtype);
}

Table::Categories Table::categories(const std::string& name) const {
  const Column& from = column(name);
  const auto text = [&](std::size_t k) -> std::string {
    if (from.is_text) return from.texts[k];
    return from.numbers[k] == from.numbers[k] ? to_text(from.numbers[k]) : "";
  };
  std::map<std::string, std::int64_t> code;
  for (std::size_t k = 0; k < static_cast<std::size_t>(rows_); ++k) code[text(k)] = 0;
  code.erase("");
  Categories made{Tensor::empty({rows_}, kInt64), {}};
  for (auto& [category, number] : code) {
    number = static_cast<std::int64_t>(made.names.size());
    made.names.push_back(category);
  }
  code[""] = -1;
  for (std::int64_t k = 0; k < rows_; ++k) {
    made.codes.data<std::int64_t>()[k] = code.at(text(static_cast<std::size_t>(k)));
  }
  return made;
}

Table parse_csv(std::span<const std::byte> bytes, const CsvOptions& options,
                const std::string& name) {
  return CsvReader(as_text(bytes), options, name).read();
}

Table read_csv(const std::filesystem::path& file, const CsvOptions& options) {
  return CsvReader(read_bytes("csv", file), options, file.string()).read();
}

}  // namespace gradus::data
