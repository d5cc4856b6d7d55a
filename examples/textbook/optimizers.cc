// The textbook's airfoil experiments and function traces of its optimization chapter, by name.
//   ./gradus run optimizers --experiment adam --figure adam.svg
//   ./gradus run optimizers --experiment all --seeds 20 --json runs.json
//   ./gradus run optimizers --trace newton_cosh
#include <cstdio>
#include <iostream>

#include "data/airfoil.h"
#include "data/batches.h"
#include "examples/support/command_line.h"
#include "examples/textbook/support/report.h"
#include "train/progress.h"

namespace {

using namespace gradus;
using namespace gradus::textbook;

struct Options {
  std::string experiment, trace, data, dtype = "f32", start = "normal", order = "shuffle";
  std::string json, figure, csv, device = "cpu";
  std::uint64_t seed = 0;
  int seeds = 1;
};

void declare(CommandLine& line, Options& o) {
  line.option("--experiment", o.experiment, "NAME or all; default: all, unless --trace is given");
  line.option("--trace", o.trace, "NAME or all");
  line.option("--data", o.data, "folder with the airfoil file");
  line.option("--seed", o.seed, "first seed");
  line.count("--seeds", o.seeds, "number of runs, from the first seed on");
  line.option("--dtype", o.dtype, "element type", {"f32", "f64"});
  line.option("--start", o.start, "parameters: N(0, 0.01^2) or 0", {"normal", "zero"});
  line.option("--order", o.order, "of the samples: shuffle, natural or stride:A,B");
  line.option("--device", o.device, "where to train", {"cpu", "cuda", "cuda_emulated"});
  line.option("--json", o.json, "write all runs and traces to this file");
  line.option("--csv", o.csv, "write all points to this file");
  line.option("--figure", o.figure, "draw the curves into this .svg or .png file");
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

data::TensorDataset load(const Options& o) {
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
  const data::TensorDataset airfoil = load(o);
  RunOptions options{.seed = o.seed,
                     .dtype = airfoil.features.dtype(),
                     .zero_start = o.start == "zero",
                     .order = o.order,
                     .device = Device(o.device)};
  check_available("optimizers", options.device);
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

void run(const Options& o) {
  if (!o.figure.empty() && !o.experiment.empty() && !o.trace.empty()) {
    throw ConfigError(
        "[optimizers] --figure: both --experiment and --trace are given; expected one of them, "
        "their axes differ");
  }
  // Errors come before the work.
  if (!o.figure.empty()) train::check_figure_file(o.figure);
  data::Order::parse(o.order, Generator(0));
  const auto experiments = chosen_experiments(o);
  const std::vector<Trace> traces = chosen_traces(o);
  const auto results =
      experiments.empty() ? std::vector<ExperimentRuns>() : run_all(o, experiments);
  print(results, traces);
  if (!o.json.empty()) write_runs_json(o.json, results, traces);
  if (!o.csv.empty()) write_runs_csv(o.csv, results, traces);
  if (!o.figure.empty()) {
    train::write_figure(traces.empty() ? loss_figure(results) : trace_figure(traces), o.figure);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("The textbook's optimizer experiments on the airfoil data");
  Options options;
  declare(line, options);
  return line.run(argc, argv, [&] { run(options); });
}
