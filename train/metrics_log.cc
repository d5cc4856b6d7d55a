#include "train/metrics_log.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "data/bytes.h"
#include "data/csv.h"
#include "train/csv.h"
#include "train/text_file.h"

namespace gradus::train {
namespace {

std::string listed(const std::vector<std::string>& names, const char* quote) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + (quote + name) + quote;
  return text;
}

std::vector<std::string> with_step(const std::vector<std::string>& metrics) {
  std::vector<std::string> all{"step"};
  all.insert(all.end(), metrics.begin(), metrics.end());
  return all;
}

}  // namespace

MetricsLog::MetricsLog(const std::filesystem::path& folder, std::vector<std::string> metrics,
                       MetricsLogOptions options)
    : metrics_(std::move(metrics)) {
  const std::vector<std::string> all = with_step(metrics_);
  if (metrics_.empty() || std::set<std::string>(all.begin(), all.end()).size() != all.size()) {
    throw ConfigError("[metrics] metrics: " + listed(metrics_, "'") +
                      "; expected different names, at least one, and none of them 'step'");
  }
  const auto csv = folder / "metrics.csv", json = folder / "metrics.jsonl";
  if (options.resume_after) read_back(csv, *options.resume_after);
  std::string csv_text = train::csv_text(all, {}), json_text;
  for (const Row& row : rows_) {
    csv_text += csv_line(row);
    json_text += json_line(row);
  }
  if (options.csv) {
    write_text_atomically(csv, csv_text);
    csv_ = AppendFile(csv);
  }
  if (options.json_lines) {
    write_text_atomically(json, json_text);
    json_ = AppendFile(json);
  }
  if (options.tensorboard) {
    tensorboard_.emplace(folder, options.resume_after ? *options.resume_after + 1 : 0);
  }
}

void MetricsLog::read_back(const std::filesystem::path& csv, std::int64_t last) {
  if (!std::filesystem::exists(csv)) return;
  std::string text = data::read_bytes("metrics", csv);
  text.resize(text.rfind('\n') + 1);  // npos + 1 is 0: no row is whole
  if (text.empty()) return;
  const std::string header = text.substr(0, text.find('\n') + 1);
  if (header != train::csv_text(with_step(metrics_), {})) {
    throw IoError("[metrics] " + csv.string() + ": columns " + header.substr(0, header.size() - 1) +
                  "; expected " + listed(with_step(metrics_), "") +
                  "; remove it or choose another folder");
  }
  if (text.size() == header.size()) return;
  data::CsvOptions all_numbers;
  all_numbers.numbers = with_step(metrics_);
  all_numbers.missing = {""};
  const data::Table table = data::parse_csv(std::as_bytes(std::span(text.data(), text.size())),
                                            all_numbers, csv.string());
  for (std::int64_t i = 0; i < table.rows(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    Row row{static_cast<std::int64_t>(table.columns()[0].numbers[at]), {}};
    if (row.step > last) break;
    for (std::size_t k = 0; k < metrics_.size(); ++k) {
      row.values.push_back(table.columns()[k + 1].numbers[at]);
    }
    rows_.push_back(std::move(row));
  }
}

std::size_t MetricsLog::column(const std::string& metric) const {
  for (std::size_t i = 0; i < metrics_.size(); ++i) {
    if (metrics_[i] == metric) return i;
  }
  throw ConfigError("[metrics] '" + metric + "'; expected one of " + listed(metrics_, "'"));
}

void MetricsLog::add(std::int64_t step, const Values& values) {
  if (!rows_.empty() && step < rows_.back().step) {
    throw ConfigError("[metrics] step: " + std::to_string(step) + "; expected at least " +
                      std::to_string(rows_.back().step) + ", the last one");
  }
  Row row{step, std::vector<double>(metrics_.size(), std::numeric_limits<double>::quiet_NaN())};
  for (const auto& [name, value] : values) row.values[column(name)] = value;
  if (csv_.is_open()) csv_.append(csv_line(row));
  if (json_.is_open()) json_.append(json_line(row));
  if (tensorboard_) tensorboard_->add(step, values);
  rows_.push_back(std::move(row));
}

std::string MetricsLog::csv_line(const Row& row) const {
  CsvRow cells{row.step};
  for (const double value : row.values) {
    if (std::isnan(value)) {
      cells.emplace_back(std::string());
    } else {
      cells.emplace_back(value);
    }
  }
  const std::vector<std::string> none(cells.size());
  const std::string text = train::csv_text(none, {cells});
  return text.substr(text.find('\n') + 1);
}

std::string MetricsLog::json_line(const Row& row) const {
  nlohmann::ordered_json object{{"step", row.step}};
  for (std::size_t i = 0; i < metrics_.size(); ++i) {
    if (!std::isnan(row.values[i])) object[metrics_[i]] = row.values[i];
  }
  return object.dump() + "\n";
}

std::pair<std::vector<double>, std::vector<double>> MetricsLog::curve(
    const std::string& metric) const {
  const std::size_t at = column(metric);
  std::pair<std::vector<double>, std::vector<double>> points;
  for (const Row& row : rows_) {
    if (std::isnan(row.values[at])) continue;
    points.first.push_back(static_cast<double>(row.step));
    points.second.push_back(row.values[at]);
  }
  return points;
}

}  // namespace gradus::train
