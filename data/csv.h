#pragma once
#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace gradus::data {

struct CsvOptions {
  char separator = ',';
  bool header = true;  ///< the first row has names; else columns are "0", "1", ...
  /// Cells that stand for no value, blanks around them not counted.
  std::vector<std::string> missing = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"};
  /// Columns that must hold numbers: the first other cell is an error. The others are numbers if
  /// all their cells are.
  std::vector<std::string> numbers = {};
};

/// A table of named columns: numbers (NaN where there is no value) or texts ("" likewise).
class Table {
 public:
  struct Column {
    std::string name;
    bool is_text = false;
    std::vector<double> numbers;     ///< of the rows, unless is_text
    std::vector<std::string> texts;  ///< of the rows, if is_text
    std::int64_t missing = 0;        ///< rows without a value
  };

  std::int64_t rows() const { return rows_; }
  const std::vector<Column>& columns() const { return columns_; }
  std::vector<std::string> names() const;
  /// Throws ConfigError: "[csv] column: 'prise'; expected one of 'price', 'rooms'".
  const Column& column(const std::string& name) const;

  /// Columns of numbers side by side, all of them if none is named. Shapes: [rows, columns].
  /// Throws ConfigError for a column of texts, with the first of them:
  ///   "[csv] houses.csv:7: column 'price': 'many'; expected a number"
  Tensor numbers(const std::vector<std::string>& names = {}, DType dtype = kFloat32) const;

  /// A column of texts or numbers as classes, sorted; a missing value is the class -1.
  /// Shapes: codes int64 [rows].
  struct Categories {
    Tensor codes;
    std::vector<std::string> names;
  };
  Categories categories(const std::string& name) const;

 private:
  friend class CsvReader;
  std::string file_;
  std::int64_t rows_ = 0;
  std::vector<Column> columns_;
  std::vector<std::int64_t> lines_;         // of the rows
  std::map<std::string, std::size_t> odd_;  // for a column of texts: the first row with no number
};

/// Reads comma-separated values, plain or compressed with gzip: cells may be quoted, with any bytes
/// in them and "" for a quote; lines end in LF, CRLF or CR; a byte order mark is skipped.
/// Throws IoError for what read_bytes refuses, and for a file that is no table:
///   "[csv] a.csv: no rows; expected at least one"
///   "[csv] a.csv:3: 2 cells; expected 4, as in line 1"
///   "[csv] a.csv:3: column 'price': 'many'; expected a number"
///   "[csv] a.csv:3: a quote is not closed; expected \" before the end of the file"
/// ConfigError for names that come twice or that numbers names and the file lacks.
/// Source: Shafranovich 2005, RFC 4180.
Table read_csv(const std::filesystem::path& file, const CsvOptions& options = {});

/// The same for the bytes of such a file. In errors they are called `name`.
Table parse_csv(std::span<const std::byte> bytes, const CsvOptions& options = {},
                const std::string& name = "bytes");

}  // namespace gradus::data
