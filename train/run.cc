#include "train/run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <ostream>

#include "tensor/elementwise/div.h"
#include "train/interrupt.h"
#include "train/progress.h"

namespace gradus::train {
namespace {

// Sums of an unfinished epoch, among the numbers of a checkpoint.
constexpr const char *kSum = "sum of ", *kWeight = "weight of ";

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string shown_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

MetricsLogOptions log_options(const RunOptions& options, const TrainingState& state) {
  MetricsLogOptions log;
  log.csv = log.json_lines = !options.out.empty();
  log.tensorboard = options.tensorboard && !options.out.empty();
  if (options.resume && state.step > 0) log.resume_after = state.epoch;
  return log;
}

void check(const RunOptions& o, const std::vector<std::string>& metrics) {
  if (o.epochs < 1) {
    throw ConfigError("[run] epochs: " + std::to_string(o.epochs) + "; expected >= 1");
  }
  if (o.accumulate < 1) {
    throw ConfigError("[run] accumulate: " + std::to_string(o.accumulate) + "; expected >= 1");
  }
  if (o.every < 1) throw ConfigError("[run] every: " + std::to_string(o.every) + "; expected >= 1");
  if (o.resume && o.out.empty()) {
    throw ConfigError("[run] resume: without out; expected the folder of the run to go on with");
  }
  if (o.best.empty() || std::find(metrics.begin(), metrics.end(), o.best) != metrics.end()) return;
  throw ConfigError("[run] best: '" + o.best + "'; expected one of the metrics");
}

}  // namespace

struct Run::Parts {
  explicit Parts(std::ostream& shown) : shown(shown) {}
  std::ostream& shown;
  std::optional<Interrupt> interrupt;  // while epochs are done
  std::optional<Progress> progress;
  double started = 0;
  bool stopped = false, in_epoch = false;
  std::int64_t accumulated = 0;  // batches since the last step
};

Run::Run(RunOptions options, std::vector<std::string> metrics, TrainingState state,
         std::ostream& shown)
    : options_((check(options, metrics), std::move(options))),
      checkpoints_(options_.out.empty()
                       ? std::nullopt
                       : std::optional<Checkpoints>(
                             std::in_place, std::filesystem::path(options_.out),
                             CheckpointOptions{options_.keep_last, !options_.best.empty(),
                                               options_.lower_is_better})),
      state_(resumed(std::move(state))),
      log_(options_.out, std::move(metrics), log_options(options_, state_)),
      parts_(std::make_unique<Parts>(shown)) {
  if (options_.resume && state_.step > 0) {
    shown << "resumed after epoch " << state_.epoch << ", batch " << state_.batch << "\n";
  }
}

Run::~Run() = default;

TrainingState Run::resumed(TrainingState state) const {
  if (options_.resume) {
    checkpoints_->resume(state);
  } else if (checkpoints_ && !checkpoints_->all().empty()) {
    throw ConfigError("[run] out: '" + options_.out +
                      "' has checkpoints of an earlier run; expected none; use resume to go on "
                      "with it, or another folder");
  }
  return state;
}

bool Run::interrupted() const { return parts_->stopped; }

bool Run::next_epoch() {
  if (parts_->stopped || state_.epoch >= options_.epochs) {
    parts_->interrupt.reset();
    return false;
  }
  if (!parts_->interrupt) parts_->interrupt.emplace();
  parts_->started = seconds_now();
  parts_->in_epoch = true;
  return true;
}

Run::Batches Run::batches(const data::DataLoader& loader) {
  parts_->progress.emplace(parts_->shown, options_.terminal,
                           "epoch " + std::to_string(state_.epoch + 1),
                           std::max<std::int64_t>(loader.size(), 0));
  return Batches(*this, loader.epoch(state_.epoch, state_.batch));
}

void Run::batch_done() {
  ++state_.batch;
  ++state_.step;
  if (options_.terminal) {
    std::string note;
    for (const auto& metric : log_.metrics()) {
      const auto sum = state_.numbers.find(kSum + metric);
      if (sum == state_.numbers.end()) continue;
      note += metric + " " + shown_number(sum->second / state_.numbers.at(kWeight + metric)) + " ";
    }
    parts_->progress->update(state_.batch, note);
  }
  if (!parts_->interrupt->asked() || options_.whole_epochs || parts_->accumulated > 0) return;
  if (options_.terminal) parts_->progress->finish();
  if (checkpoints_) save();
  stop("in epoch " + std::to_string(state_.epoch + 1) + " after batch " +
       std::to_string(state_.batch));
}

void Run::step(const Variable& loss) {
  if (state_.optimizer == nullptr) {
    throw ConfigError("[run] step: no optimizer in the state; expected one");
  }
  if (parts_->accumulated == 0) state_.optimizer->zero_grad();
  const auto k = options_.accumulate;
  (k == 1 ? loss : loss / static_cast<double>(k)).backward();
  if (++parts_->accumulated == k) step_optimizer();
}

void Run::step_optimizer() {
  parts_->accumulated = 0;
  state_.optimizer->step();
}

void Run::stop(const std::string& where) {
  parts_->stopped = true;
  parts_->shown << "stopped " << where
                << (checkpoints_ ? "; go on with --resume" : "; nothing is saved without a folder")
                << std::endl;
}

void Run::measure(const std::string& metric, double value, double weight) {
  state_.numbers[kSum + metric] += value * weight;
  state_.numbers[kWeight + metric] += weight;
}

void Run::end_epoch(const std::function<MetricsLog::Values()>& evaluate) {
  if (parts_->stopped || !parts_->in_epoch) return;
  parts_->in_epoch = false;
  if (options_.terminal && parts_->progress) parts_->progress->finish();
  parts_->progress.reset();
  if (parts_->accumulated > 0) step_optimizer();
  MetricsLog::Values values;
  for (const auto& metric : log_.metrics()) {
    const auto sum = state_.numbers.find(kSum + metric);
    if (sum == state_.numbers.end()) continue;
    values.emplace_back(metric, sum->second / state_.numbers.at(kWeight + metric));
  }
  if (evaluate) {
    for (auto& value : evaluate()) values.push_back(std::move(value));
  }
  for (const auto& metric : log_.metrics()) {
    state_.numbers.erase(kSum + metric);
    state_.numbers.erase(kWeight + metric);
  }
  ++state_.epoch;
  state_.batch = 0;
  log_.add(state_.epoch, values);
  const bool asked = parts_->interrupt->asked();
  if (state_.epoch % options_.every != 0 && state_.epoch != options_.epochs && !asked) return;
  std::optional<double> best;
  parts_->shown << "epoch " << state_.epoch << "/" << options_.epochs;
  for (const auto& [metric, value] : values) {
    if (metric == options_.best) best = value;
    parts_->shown << "  " << metric << " " << shown_number(value);
  }
  char time[32];
  std::snprintf(time, sizeof time, "  (%.1f s)", seconds_now() - parts_->started);
  parts_->shown << time << std::endl;
  if (checkpoints_) save(best);
  if (asked && state_.epoch < options_.epochs) stop("after epoch " + std::to_string(state_.epoch));
}

void Run::save(std::optional<double> measure) { checkpoints_->save(state_, measure); }

Figure Run::figure(const std::string& title) const {
  Figure figure;
  figure.title = title;
  figure.x.label = "epoch";
  for (const auto& metric : log_.metrics()) {
    auto [x, y] = log_.curve(metric);
    if (x.empty()) continue;
    figure.curves.push_back({metric, std::move(x), std::move(y), true});
  }
  return figure;
}

Run::Batches::Iterator& Run::Batches::Iterator::operator++() {
  run_.batch_done();
  if (!run_.parts_->stopped) ++at_;
  return *this;
}

bool Run::Batches::Iterator::operator==(std::default_sentinel_t end) const {
  return run_.parts_->stopped || at_ == end;
}

}  // namespace gradus::train
