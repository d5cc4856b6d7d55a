// Puts what the benchmarks and their peers measured into one table and one JSON file.
//   report OUT.json PEER_NOTE FILE...
// A FILE is the JSON of Google Benchmark (*.json) or, from a peer, one object per line (*.jsonl).
// PEER_NOTE says what the peers ran on, or why there are none.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using nlohmann::ordered_json;

struct Row {
  std::optional<double> ours, hand, peer;  // seconds
  std::string variant;                     // of the peer: the fastest of its forms
};

struct Report {
  ordered_json context;
  std::vector<std::string> names;  // in the order in which the programs register them
  std::map<std::string, Row> rows;
  std::vector<std::string> errors;

  Row& row(const std::string& name) {
    if (!rows.contains(name)) names.push_back(name);
    return rows[name];
  }
};

bool take_suffix(std::string& text, const std::string& suffix) {
  if (!text.ends_with(suffix)) return false;
  text.resize(text.size() - suffix.size());
  return true;
}

double seconds_of(const ordered_json& run) {
  if (run.contains("items_per_second")) return 1 / run["items_per_second"].get<double>();
  const std::map<std::string, double> units = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}};
  return run["real_time"].get<double>() * units.at(run["time_unit"]);
}

void read_ours(std::istream& in, Report& report) {
  const ordered_json document = ordered_json::parse(in);
  if (report.context.is_null()) report.context = document["context"];
  // Repetitions are interleaved, so the file is in the order of completion.
  std::map<std::pair<int, int>, ordered_json> medians;
  for (const ordered_json& run : document["benchmarks"]) {
    if (run.value("error_occurred", false)) {
      const std::string error =
          run["run_name"].get<std::string>() + ": " + run["error_message"].get<std::string>();
      if (report.errors.empty() || report.errors.back() != error) report.errors.push_back(error);
    } else if (run.value("aggregate_name", "") == "median") {
      medians[{run["family_index"], run["per_family_instance_index"]}] = run;
    }
  }
  for (const auto& [index, run] : medians) {
    std::string name = run["run_name"];
    take_suffix(name, "/real_time");
    const bool by_hand = take_suffix(name, "/hand");
    (by_hand ? report.row(name).hand : report.row(name).ours) = seconds_of(run);
  }
}

void read_peers(std::istream& in, Report& report) {
  for (std::string line; std::getline(in, line);) {
    const ordered_json each = ordered_json::parse(line);
    Row& row = report.row(each["name"]);
    if (row.peer && *row.peer <= each["seconds"].get<double>()) continue;
    row.peer = each["seconds"];
    row.variant = each.value("variant", "");
  }
}

std::string cpu_model() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

// 0.0123 -> "12.3 ms"
std::string time_text(std::optional<double> seconds) {
  if (!seconds) return "-";
  const std::pair<double, const char*> units[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}};
  double unit = 1e-9;
  const char* name = "ns";
  for (const auto& [size, text] : units) {
    if (*seconds < size) continue;
    unit = size;
    name = text;
    break;
  }
  const double value = *seconds / unit;
  char text[32];
  std::snprintf(text, sizeof text, "%.*f %s", value < 10 ? 2 : value < 100 ? 1 : 0, value, name);
  return text;
}

std::optional<double> ratio(std::optional<double> above, std::optional<double> below) {
  if (!above || !below) return std::nullopt;
  return *above / *below;
}

std::string ratio_text(std::optional<double> ratio) {
  if (!ratio) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", *ratio < 10 ? 2 : 1, *ratio);
  return text;
}

void print_table(const Report& report) {
  std::vector<std::vector<std::string>> cells = {
      {"benchmark", "ours", "hand", "hand/ours", "peer", "peer/ours", "peer's form"}};
  for (const std::string& name : report.names) {
    const Row& row = report.rows.at(name);
    cells.push_back({name, time_text(row.ours), time_text(row.hand),
                     ratio_text(ratio(row.hand, row.ours)), time_text(row.peer),
                     ratio_text(ratio(row.peer, row.ours)),
                     row.variant.empty() ? "-" : row.variant});
  }
  std::vector<std::size_t> widths(cells[0].size());
  for (const auto& line : cells) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  for (const auto& line : cells) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string gap(widths[i] - line[i].size(), ' ');
      const bool left = i == 0 || i + 1 == line.size();
      std::cout << (i == 0 ? "" : "   ") << (left ? "" : gap) << line[i]
                << (i == 0 ? gap : std::string());
    }
    std::cout << "\n";
  }
}

ordered_json number(std::optional<double> value) {
  return value ? ordered_json(*value) : ordered_json();
}

void write_json(const std::string& path, const Report& report, const std::string& peer_note) {
  ordered_json document = {{"date", report.context["date"]},
                           {"cpu", cpu_model()},
                           {"cores", report.context["num_cpus"]},
                           {"load_at_start", report.context["load_avg"]},
                           {"peer", peer_note},
                           {"benchmarks", ordered_json::array()},
                           {"errors", report.errors}};
  for (const std::string& name : report.names) {
    const Row& row = report.rows.at(name);
    document["benchmarks"].push_back({{"name", name},
                                      {"ours_seconds", number(row.ours)},
                                      {"hand_seconds", number(row.hand)},
                                      {"hand_over_ours", number(ratio(row.hand, row.ours))},
                                      {"peer_seconds", number(row.peer)},
                                      {"peer_form", row.variant},
                                      {"peer_over_ours", number(ratio(row.peer, row.ours))}});
  }
  std::ofstream out(path);
  out << document.dump(2) << "\n";
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path);
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() < 3) throw std::runtime_error("expected OUT.json PEER_NOTE FILE...");
  Report report;
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    std::ifstream in(arguments[i]);
    if (!in) throw std::runtime_error("cannot read " + arguments[i]);
    try {
      arguments[i].ends_with(".jsonl") ? read_peers(in, report) : read_ours(in, report);
    } catch (const nlohmann::json::exception& error) {
      throw std::runtime_error(arguments[i] + ": " + error.what());
    }
  }
  const std::string& peer_note = arguments[1];
  write_json(arguments[0], report, peer_note);
  std::cout << report.context["date"].get<std::string>() << ", " << cpu_model() << ", "
            << report.context["num_cpus"] << " cores. Peer: " << peer_note << "\n\n";
  print_table(report);
  const double load = report.context["load_avg"].at(0), cores = report.context["num_cpus"];
  if (load > cores / 2) {
    std::cout << "\nThe load was " << load
              << " at the start: other programs ran too, so these times "
              << "are longer than they should be.\n";
  }
  for (const std::string& error : report.errors) std::cerr << "FAILED " << error << "\n";
  return report.errors.empty() ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run({arguments + 1, arguments + count});
  } catch (const std::exception& error) {
    std::cerr << "report: " << error.what() << "\n";
    return 1;
  }
}
