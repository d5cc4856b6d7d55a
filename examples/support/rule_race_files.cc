#include <algorithm>
#include <nlohmann/json.hpp>

#include "examples/support/rule_race.h"
#include "train/csv.h"
#include "train/json_file.h"

namespace gradus::demo {

train::Figure race_figure(const std::vector<RuleRun>& runs) {
  train::Figure figure;
  figure.title = "Linear regression, batch 10: loss of the fastest optimizers";
  figure.x.label = "step";
  figure.y = {.label = "half mean squared error", .low = 3e-5, .high = 30, .log = true};
  std::vector<std::int64_t> reached;
  for (const RuleRun& run : runs) {
    if (run.steps_to_near >= 0) reached.push_back(run.steps_to_near);
  }
  std::sort(reached.begin(), reached.end());
  if (reached.size() > kMostCurves) reached.resize(kMostCurves);
  for (const RuleRun& run : runs) {
    const bool is_fast = run.steps_to_near >= 0 && run.steps_to_near <= reached.back();
    if (!is_fast || figure.curves.size() == kMostCurves) continue;
    train::Curve curve{.label = run.rule, .x = {}, .y = {}};
    for (std::size_t i = 0; i < run.losses.size(); i += 20) {
      curve.x.push_back(static_cast<double>(i));
      curve.y.push_back(run.losses[i]);
    }
    figure.curves.push_back(std::move(curve));
  }
  return figure;
}

void write_race(const std::vector<RuleRun>& runs, double optimum,
                const std::filesystem::path& folder) {
  nlohmann::json all = {{"optimum", optimum}, {"runs", nlohmann::json::array()}};
  std::vector<train::CsvRow> rows;
  for (const RuleRun& run : runs) {
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
  train::write_json(folder / "losses.json", all);
  train::write_csv(folder / "losses.csv", {"rule", "step", "loss"}, rows);
  train::write_figure(race_figure(runs), folder / "losses.svg");
}

}  // namespace gradus::demo
