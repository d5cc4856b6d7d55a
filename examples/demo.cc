// Linear regression with every optimizer: curves in the terminal and as files.
//   ./gradus demo
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "data/airfoil.h"
#include "examples/support/rule_race.h"
#include "examples/textbook/support/report.h"
#include "optim/optimizer.h"
#include "train/json_file.h"
#include "train/progress.h"

namespace {

using namespace gradus;
namespace fs = std::filesystem;

train::Figure curves_of(const std::vector<demo::RuleRun>& runs) {
  train::Figure figure;
  figure.title = "Linear regression, batch 10: loss of every optimizer";
  figure.x.label = "step";
  figure.y = {.label = "half mean squared error", .low = 3e-5, .high = 30, .log = true};
  for (const demo::RuleRun& run : runs) {
    train::Curve curve{.label = run.rule, .x = {}, .y = {}};
    for (std::size_t i = 0; i < run.losses.size(); i += 20) {
      curve.x.push_back(static_cast<double>(i));
      curve.y.push_back(run.losses[i]);
    }
    figure.curves.push_back(std::move(curve));
  }
  return figure;
}

void write_files(const std::vector<demo::RuleRun>& runs, double optimum, const fs::path& out) {
  nlohmann::json all = {{"optimum", optimum}, {"runs", nlohmann::json::array()}};
  std::vector<train::CsvRow> rows;
  for (const demo::RuleRun& run : runs) {
    all["runs"].push_back({{"rule", run.rule},
                           {"lr", run.lr},
                           {"losses", run.losses},
                           {"final_loss", run.losses.back()},
                           {"steps_to_1_percent", run.steps_to_near},
                           {"microseconds_per_step", run.microseconds_per_step}});
    for (std::size_t i = 0; i < run.losses.size(); ++i) {
      rows.push_back({run.rule, static_cast<std::int64_t>(i), run.losses[i]});
    }
  }
  train::write_json(out / "losses.json", all);
  train::write_csv(out / "losses.csv", {"rule", "step", "loss"}, rows);
  train::write_figure(curves_of(runs), out / "losses.svg");
}

void print_table(const std::vector<demo::RuleRun>& runs, double optimum) {
  std::printf("\n%-10s %7s %13s %20s %14s\n", "rule", "lr", "final loss", "steps to 1 % above",
              "us per step");
  for (const demo::RuleRun& run : runs) {
    const std::string near =
        run.steps_to_near < 0 ? "not reached" : std::to_string(run.steps_to_near);
    std::printf("%-10s %7g %13.6e %20s %14.2f\n", run.rule.c_str(), run.lr, run.losses.back(),
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
  const data::Dataset airfoil = data::load_airfoil(file);
  std::vector<textbook::ExperimentRuns> results;
  for (const char* name : {"sgd_b1", "minibatch_b10", "momentum_0.005_0.9", "adagrad", "rmsprop",
                           "adadelta", "adam", "yogi"}) {
    const auto& experiment = textbook::find_experiment(name);
    results.push_back(
        {&experiment, {textbook::run_experiment(experiment, airfoil, {.seed = seed})}});
  }
  train::write_figure(textbook::loss_figure(results), out / "airfoil.svg");
  train::write_json(out / "airfoil.json", textbook::to_json(results, {}));
  std::printf("\nThe book's airfoil experiments, as in its optimizer chapter:\n");
  for (const auto& r : results) {
    std::printf("  %-20s loss: %.3f, %.4f sec/epoch\n", r.experiment->name.c_str(),
                r.runs[0].final_loss, r.runs[0].seconds_per_epoch);
  }
}

int run(const fs::path& out, const std::string& data_option, std::uint64_t seed) {
  const demo::RaceSetting setting{.seed = seed};
  const data::Dataset data = demo::race_data(setting);
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
        progress.update(before + step, fmt::format("{}, loss {:.3g}", rule, loss));
      }));
    }
    progress.finish();
  }
  const bool terminal = train::is_terminal(stdout);
  std::cout << '\n' << train::plot_text(curves_of(runs), 100, 30, terminal);
  print_table(runs, optimum);
  write_files(runs, optimum, out);
  draw_airfoil(data_option, seed, out);
  std::printf("\nFigures and numbers are in %s: losses.svg, losses.csv, losses.json\n",
              out.string().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Linear regression with every optimizer: curves, figures and a table");
  const char* folder = std::getenv("GRADUS_OUT");
  std::string out = folder != nullptr ? folder : "out/demo", data;
  std::uint64_t seed = 0;
  app.add_option("--out", out, "folder for the files")->capture_default_str();
  app.add_option("--data", data, "folder with the airfoil file, if not in the usual places");
  app.add_option("--seed", seed, "seed of data, start and order")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    return run(out, data, seed);
  } catch (const gradus::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
