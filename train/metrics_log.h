#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "train/append_file.h"
#include "train/tensorboard.h"

namespace gradus::train {

struct MetricsLogOptions {
  bool csv = true;           ///< metrics.csv: a column per metric, empty where a row has none
  bool json_lines = false;   ///< metrics.jsonl: an object per row
  bool tensorboard = false;  ///< an event file
  /// Goes on after this step of an earlier run: rows of later steps are taken away, as is a row
  /// that was not finished. Without it a new log takes the place of an old one.
  std::optional<std::int64_t> resume_after = {};
};

/// What a training run measured, step by step, kept in memory for figures and in files that are
/// complete up to the last row whenever the program ends. A run that was interrupted and resumed
/// leaves the same CSV and JSON files, byte for byte, as one that was not: there is no time in
/// them.
class MetricsLog {
 public:
  struct Row {
    std::int64_t step;
    std::vector<double> values;  ///< one per metric, NaN for none
  };
  using Values = std::vector<std::pair<std::string, double>>;

  /// Throws ConfigError for metrics that come twice or none; IoError when files cannot be written,
  /// or when those to be resumed are not a log of the same metrics:
  ///   "[metrics] out/metrics.csv: columns step, loss; expected step, loss, accuracy; remove it or
  ///   choose another folder"
  MetricsLog(const std::filesystem::path& folder, std::vector<std::string> metrics,
             MetricsLogOptions options = {});

  /// Steps never decrease. Throws ConfigError:
  ///   "[metrics] 'acuracy'; expected one of 'loss', 'accuracy'"
  ///   "[metrics] step: 3; expected at least 4, the last one"
  void add(std::int64_t step, const Values& values);

  const std::vector<Row>& rows() const { return rows_; }
  const std::vector<std::string>& metrics() const { return metrics_; }
  /// The steps and values of the rows that have this metric, for a Curve.
  std::pair<std::vector<double>, std::vector<double>> curve(const std::string& metric) const;

 private:
  std::size_t column(const std::string& metric) const;
  void read_back(const std::filesystem::path& csv, std::int64_t last);
  std::string csv_line(const Row& row) const;
  std::string json_line(const Row& row) const;

  std::vector<std::string> metrics_;
  std::vector<Row> rows_;
  AppendFile csv_, json_;
  std::optional<TensorBoard> tensorboard_;
};

}  // namespace gradus::train
