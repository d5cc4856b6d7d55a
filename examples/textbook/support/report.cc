#include "examples/textbook/support/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "train/csv.h"
#include "train/json_file.h"

namespace gradus::textbook {

double ExperimentRuns::mean_final_loss() const {
  double total = 0;
  for (const Run& run : runs) total += run.final_loss;
  return total / static_cast<double>(runs.size());
}

void write_runs_json(const std::filesystem::path& file,
                     const std::vector<ExperimentRuns>& experiments,
                     const std::vector<Trace>& traces) {
  nlohmann::json all = {{"experiments", nlohmann::json::array()},
                        {"traces", nlohmann::json::array()}};
  for (const ExperimentRuns& e : experiments) {
    nlohmann::json runs = nlohmann::json::array();
    for (const Run& run : e.runs) {
      runs.push_back({{"seed", run.seed},
                      {"epochs", run.epochs},
                      {"losses", run.losses},
                      {"final_loss", run.final_loss},
                      {"params", run.params},
                      {"seconds_per_epoch", run.seconds_per_epoch}});
    }
    all["experiments"].push_back({{"name", e.experiment->name},
                                  {"runs", std::move(runs)},
                                  {"mean_final_loss", e.mean_final_loss()}});
  }
  for (const Trace& trace : traces) {
    all["traces"].push_back(
        {{"name", trace.name}, {"path", trace.path}, {"final", trace.path.back()}});
  }
  train::write_json(file, all);
}

void write_runs_csv(const std::filesystem::path& file,
                    const std::vector<ExperimentRuns>& experiments,
                    const std::vector<Trace>& traces) {
  std::vector<train::CsvRow> rows;
  for (const ExperimentRuns& e : experiments) {
    for (const Run& run : e.runs) {
      for (std::size_t i = 0; i < run.epochs.size(); ++i) {
        rows.push_back({"loss", e.experiment->name, static_cast<std::int64_t>(run.seed),
                        run.epochs[i], run.losses[i]});
      }
    }
  }
  for (const Trace& trace : traces) {
    for (std::size_t i = 0; i < trace.path.size(); ++i) {
      const auto& p = trace.path[i];
      const double x = p.size() == 1 ? static_cast<double>(i) : p[0];
      rows.push_back({"trace", trace.name, std::int64_t{0}, x, p.back()});
    }
  }
  train::write_csv(file, {"kind", "name", "seed", "x", "y"}, rows);
}

train::Figure loss_figure(const std::vector<ExperimentRuns>& experiments) {
  train::Figure figure;
  figure.x = {.label = "epoch", .low = 0, .high = 0};
  figure.y = {.label = "loss", .low = 0.22, .high = 0.35};
  for (const ExperimentRuns& e : experiments) {
    const Run& run = e.runs.front();
    // The first edition plots the start too; on these axes it is out of sight in any case.
    figure.curves.push_back({e.experiment->name,
                             {run.epochs.begin() + 1, run.epochs.end()},
                             {run.losses.begin() + 1, run.losses.end()}});
    figure.x.high = std::max<double>(*figure.x.high, e.experiment->epochs);
  }
  if (experiments.size() == 1) {  // the book's size
    figure.width_in = 3.5;
    figure.height_in = 2.5;
  } else if (experiments.size() > 12) {
    figure.width_in = 9;
    figure.height_in = 7;
  }
  return figure;
}

train::Figure trace_figure(const std::vector<Trace>& traces) {
  train::Figure figure;
  figure.x.label = "x1";
  figure.y.label = "x2";
  for (const Trace& trace : traces) {
    train::Curve curve{.label = trace.name, .x = {}, .y = {}, .points = true};
    for (std::size_t i = 0; i < trace.path.size(); ++i) {
      const auto& p = trace.path[i];
      curve.x.push_back(p.size() == 1 ? static_cast<double>(i) : p[0]);
      curve.y.push_back(p.back());
    }
    if (trace.path.front().size() == 1 && traces.size() == 1) {
      figure.x.label = "step";
      figure.y.label = "x";
    }
    figure.curves.push_back(std::move(curve));
  }
  if (traces.size() > 12) {
    figure.width_in = 9;
    figure.height_in = 7;
  }
  return figure;
}

}  // namespace gradus::textbook
