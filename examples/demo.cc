// Linear regression with every optimizer: curves in the terminal and as files.
//   ./gradus demo

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "data/airfoil.h"
#include "examples/support/command_line.h"
#include "examples/support/rule_race.h"
#include "examples/textbook/support/report.h"
#include "optim/optimizer.h"
#include "train/progress.h"

namespace {

using namespace gradus;
namespace fs = std::filesystem;

std::string rounded(double loss) {
  char text[16];
  std::snprintf(text, sizeof text, "%.3g", loss);
  return text;
}

void print_table(const std::vector<demo::RuleRun>& runs, double optimum) {
  std::size_t widest = 0;
  for (const demo::RuleRun& run : runs) widest = std::max(widest, run.rule.size());
  const int width = static_cast<int>(widest);
  std::printf("\n%-*s %7s %13s %20s %14s\n", width, "rule", "lr", "final loss",
              "steps to 1 % above", "us per step");
  for (const demo::RuleRun& run : runs) {
    const std::string near =
        run.steps_to_near < 0 ? "not reached" : std::to_string(run.steps_to_near);
    std::printf("%-*s %7g %13.6e %20s %14.2f\n", width, run.rule.c_str(), run.lr, run.losses.back(),
                near.c_str(), run.microseconds_per_step);
  }
  std::printf("the optimum (least squares)  %.6e\n", optimum);
}

// The book's figure for its optimizer chapter, when the data are at hand.
void draw_airfoil(const std::string& data_option, std::uint64_t seed, const fs::path& out) {
  const fs::path file = data::find_airfoil(data_option);
  if (file.empty()) {
    std::printf(
        "\nNo airfoil file, so no figure of the book's optimizer chapter; get it with\n"
        "  ./gradus data airfoil\n");
    return;
  }
  const data::TensorDataset airfoil = data::load_airfoil(file);
  std::vector<textbook::ExperimentRuns> results;
  for (const char* name : {"sgd_b1", "minibatch_b10", "momentum_0.005_0.9", "adagrad", "rmsprop",
                           "adadelta", "adam", "yogi"}) {
    const auto& experiment = textbook::find_experiment(name);
    results.push_back(
        {&experiment, {textbook::run_experiment(experiment, airfoil, {.seed = seed})}});
  }
  train::write_figure(textbook::loss_figure(results), out / "airfoil.svg");
  textbook::write_runs_json(out / "airfoil.json", results, {});
  std::printf("\nThe book's airfoil experiments, as in its optimizer chapter:\n");
  for (const auto& r : results) {
    std::printf("  %-20s loss: %.3f, %.4f sec/epoch\n", r.experiment->name.c_str(),
                r.runs[0].final_loss, r.runs[0].seconds_per_epoch);
  }
}

void run(const fs::path& out, const std::string& data_option, std::uint64_t seed) {
  const demo::RaceSetting setting{.seed = seed};
  const data::TensorDataset data = demo::race_data(setting);
  const double optimum = demo::smallest_loss(data);
  const std::vector<std::string> rules = optim::rule_names();
  const std::int64_t steps = setting.epochs * setting.samples / setting.batch_size;
  std::printf("Training y = X w + b + noise with %zu optimizers, %lld steps each.\n", rules.size(),
              static_cast<long long>(steps));

  std::vector<demo::RuleRun> runs;
  {
    const auto total = static_cast<std::int64_t>(rules.size()) * steps;
    train::Progress progress(std::cout, train::is_terminal(stdout), "training", total);
    for (const std::string& rule : rules) {
      const std::int64_t before = static_cast<std::int64_t>(runs.size()) * steps;
      runs.push_back(demo::race(rule, data, optimum, setting, [&](std::int64_t step, double loss) {
        progress.update(before + step, rule + ", loss " + rounded(loss));
      }));
    }
    progress.finish();
  }
  const bool terminal = train::is_terminal(stdout);
  std::cout << '\n' << train::plot_text(demo::race_figure(runs), 100, 30, terminal);
  print_table(runs, optimum);
  demo::write_race(runs, optimum, out);
  draw_airfoil(data_option, seed, out);
  std::printf("\nFigures and numbers are in %s: losses.svg, losses.csv, losses.json\n",
              out.string().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("Linear regression with every optimizer: curves, figures and a table");
  const char* folder = std::getenv("GRADUS_OUT");
  std::string out = folder != nullptr ? folder : "out/demo", data;
  std::uint64_t seed = 0;
  line.option("--out", out, "folder for the files");
  line.option("--data", data, "folder with the airfoil file, if not in the usual places");
  line.option("--seed", seed, "seed of data, start and order");
  return line.run(argc, argv, [&] { run(out, data, seed); });
}
