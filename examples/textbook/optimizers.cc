// The textbook's airfoil experiments and function traces of its optimization chapter, by name.
//   ./gradus run optimizers --experiment adam --figure adam.svg
//   ./gradus run optimizers --experiment all --seeds 20 --json runs.json
//   ./gradus run optimizers --trace newton_cosh
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "data/airfoil.h"
#include "data/batches.h"
#include "examples/textbook/support/report.h"
#include "train/json_file.h"
#include "train/progress.h"

namespace {

using namespace gradus;
using namespace gradus::textbook;

struct Options {
  std::string experiment, trace, data, dtype = "f32", start = "normal", order = "shuffle";
  std::string json, figure, csv;
  std::uint64_t seed = 0;
  int seeds = 1;
};

void declare(CLI::App& app, Options& o) {
  app.add_option("--experiment", o.experiment,
                 "NAME or all; default: all, unless --trace is given");
  app.add_option("--trace", o.trace, "NAME or all");
  app.add_option("--data", o.data, "folder with the airfoil file");
  app.add_option("--seed", o.seed, "first seed")->capture_default_str();
  app.add_option("--seeds", o.seeds, "number of runs, from the first seed on")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--dtype", o.dtype, "f32 or f64")
      ->check(CLI::IsMember({"f32", "f64"}))
      ->capture_default_str();
  app.add_option("--start", o.start, "normal: N(0, 0.01^2), or zero")
      ->check(CLI::IsMember({"normal", "zero"}))
      ->capture_default_str();
  app.add_option("--order", o.order, "shuffle, natural or stride:A,B")->capture_default_str();
  app.add_option("--json", o.json, "write all runs and traces to this file");
  app.add_option("--csv", o.csv, "write all points to this file");
  app.add_option("--figure", o.figure, "draw the curves into this .svg or .png file");
}

std::vector<const Experiment*> chosen_experiments(const Options& o) {
  const std::string name = o.experiment.empty() && o.trace.empty() ? "all" : o.experiment;
  std::vector<const Experiment*> chosen;
  if (name == "all") {
    for (const Experiment& e : experiments()) chosen.push_back(&e);
  } else if (!name.empty()) {
    chosen.push_back(&find_experiment(name));
  }
  return chosen;
}

std::vector<Trace> chosen_traces(const Options& o) {
  std::vector<Trace> traces;
  if (o.trace.empty()) return traces;
  for (const std::string& name : o.trace == "all" ? trace_names() : std::vector{o.trace}) {
    traces.push_back(run_trace(name, o.seed));
  }
  return traces;
}

data::Dataset load(const Options& o) {
  const auto file = data::find_airfoil(o.data);
  if (file.empty()) {
    throw IoError(
        "[optimizers] --data: no airfoil file found; expected one in --data, $GRADUS_DATA, "
        "../shared/data or the download cache; ./gradus data airfoil downloads it");
  }
  return data::load_airfoil(file, o.dtype == "f64" ? kFloat64 : kFloat32);
}

std::vector<ExperimentRuns> run_all(const Options& o,
                                    const std::vector<const Experiment*>& experiments) {
  const data::Dataset airfoil = load(o);
  RunOptions options{.seed = o.seed,
                     .dtype = airfoil.features.dtype(),
                     .zero_start = o.start == "zero",
                     .order = o.order};
  std::vector<ExperimentRuns> results;
  const auto total = static_cast<std::int64_t>(experiments.size()) * o.seeds;
  train::Progress progress(std::cerr, train::is_terminal(stderr), "runs", total);
  std::int64_t done = 0;
  for (const Experiment* experiment : experiments) {
    results.push_back({experiment, {}});
    for (int i = 0; i < o.seeds; ++i) {
      options.seed = o.seed + static_cast<std::uint64_t>(i);
      results.back().runs.push_back(run_experiment(*experiment, airfoil, options));
      progress.update(++done, experiment->name);
    }
  }
  progress.finish();
  return results;
}

void print(const std::vector<ExperimentRuns>& results, const std::vector<Trace>& traces) {
  for (const ExperimentRuns& r : results) {
    const Run& run = r.runs.front();
    std::printf("%-24s loss: %.3f, %.4f sec/epoch", r.experiment->name.c_str(), run.final_loss,
                run.seconds_per_epoch);
    if (r.runs.size() > 1) {
      std::printf("   mean of %zu seeds: %.5f", r.runs.size(), r.mean_final_loss());
    }
    std::printf("\n");
  }
  for (const Trace& trace : traces) {
    std::printf("%-36s step %zu:", trace.name.c_str(), trace.path.size() - 1);
    for (double x : trace.path.back()) std::printf(" %.6f", x);
    std::printf("\n");
  }
}

int run(const Options& o) {
  if (!o.figure.empty() && !o.experiment.empty() && !o.trace.empty()) {
    throw ConfigError(
        "[optimizers] --figure: both --experiment and --trace are given; expected one of them, "
        "their axes differ");
  }
  data::Order::parse(o.order, Generator(0));  // errors come before the work
  const auto experiments = chosen_experiments(o);
  const std::vector<Trace> traces = chosen_traces(o);
  const auto results =
      experiments.empty() ? std::vector<ExperimentRuns>() : run_all(o, experiments);
  print(results, traces);
  if (!o.json.empty()) train::write_json(o.json, to_json(results, traces));
  if (!o.csv.empty()) train::write_csv(o.csv, kCsvHeader, to_csv(results, traces));
  if (!o.figure.empty()) {
    train::write_figure(traces.empty() ? loss_figure(results) : trace_figure(traces), o.figure);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The textbook's optimizer experiments on the airfoil data");
  Options options;
  declare(app, options);
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const gradus::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
