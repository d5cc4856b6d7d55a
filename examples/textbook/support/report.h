#pragma once
#include <filesystem>
#include <vector>

#include "examples/textbook/support/experiments.h"
#include "examples/textbook/support/traces.h"
#include "train/figure.h"

namespace gradus::textbook {

struct ExperimentRuns {
  const Experiment* experiment;
  std::vector<Run> runs;

  double mean_final_loss() const;
};

/// {"experiments":[{"name", "runs":[{"seed", "epochs", "losses", "final_loss", "params",
/// "seconds_per_epoch"}], "mean_final_loss"}], "traces":[{"name", "path", "final"}]}
void write_runs_json(const std::filesystem::path& file,
                     const std::vector<ExperimentRuns>& experiments,
                     const std::vector<Trace>& traces);

/// One row per evaluated point: "loss", experiment, seed, epoch, loss; and per point of a trace:
/// "trace", name, 0, x1, x2 (with one variable: step, x).
void write_runs_csv(const std::filesystem::path& file,
                    const std::vector<ExperimentRuns>& experiments,
                    const std::vector<Trace>& traces);

/// Loss against epoch on the book's axes (y from 0.22 to 0.35, the start not shown), one curve per
/// experiment: that of its first seed.
train::Figure loss_figure(const std::vector<ExperimentRuns>& experiments);

/// The paths: (x1, x2), or for one variable x against the step.
train::Figure trace_figure(const std::vector<Trace>& traces);

}  // namespace gradus::textbook
