#include "train/checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "data/bytes.h"
#include "nn/state.h"
#include "optim/state_file.h"
#include "train/text_file.h"

namespace gradus::train {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char *kModel = "model.safetensors", *kOptimizer = "optimizer.safetensors",
                     *kProgress = "progress.json", *kPart = ".part-", *kPrefix = "step-";
constexpr const char* kStreams = "stream/";  // a module's own, beside the program's generators

[[noreturn]] void fail(const fs::path& path, const std::string& what) {
  throw IoError("[checkpoint] " + path.string() + ": " + what);
}
[[noreturn]] void cannot_write(const fs::path& path, const char* reason) {
  fail(path, std::string("cannot be written: ") + reason +
                 "; expected a place that has room and may be written to");
}

// What was renamed in a folder is on the disk after this.
void force_to_disk(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;  // the file system knows no such thing
  ::fsync(descriptor);
  ::close(descriptor);
}

// A folder cannot be renamed over another one that is not empty, but both can change places.
void put_in_place(const fs::path& part, const fs::path& place, std::error_code& error) {
  if (!fs::exists(place)) return fs::rename(part, place, error);
  if (::renameat2(AT_FDCWD, part.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) == 0) return;
  fs::remove_all(place, error);  // a file system without that: only this step is not there a while
  if (!error) fs::rename(part, place, error);
}

std::map<std::string, Generator*> generators_of(const TrainingState& state) {
  std::map<std::string, Generator*> all = state.generators;
  if (state.model != nullptr) {
    for (const auto& [name, generator] : state.model->named_generators()) {
      all[kStreams + name] = generator;
    }
  }
  return all;
}

// JSON has no NaN and no infinity: these are texts.
json number(double value) { return std::isfinite(value) ? json(value) : json(to_text(value)); }
double number_in(const json& value) {
  return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}

json progress_of(const TrainingState& state, std::optional<double> measure) {
  json progress{{"step", state.step}, {"epoch", state.epoch}, {"batch", state.batch}};
  progress["numbers"] = json::object();
  for (const auto& [name, value] : state.numbers) progress["numbers"][name] = number(value);
  progress["generators"] = json::object();
  for (const auto& [name, generator] : generators_of(state)) {
    progress["generators"][name] = {{"seed", generator->seed()},
                                    {"position", generator->position()}};
  }
  if (measure && !std::isnan(*measure)) progress["measure"] = number(*measure);
  return progress;
}

json read_progress(const fs::path& checkpoint) {
  const fs::path file = checkpoint / kProgress;
  json progress = json::parse(data::read_bytes("checkpoint", file), nullptr, false);
  if (!progress.is_object() || !progress.contains("step")) {
    fail(file, "no progress of a training run; expected one; the file is damaged");
  }
  return progress;
}

std::string name_of(std::int64_t step) {
  const std::string digits = std::to_string(step);
  return kPrefix + std::string(digits.size() < 8 ? 8 - digits.size() : 0, '0') + digits;
}

}  // namespace

Checkpoints::Checkpoints(fs::path folder, CheckpointOptions options)
    : folder_(std::move(folder)), options_(options) {
  if (options_.keep_last < 1) {
    throw ConfigError("[checkpoints] keep_last: " + std::to_string(options_.keep_last) +
                      "; expected >= 1");
  }
}

std::vector<fs::path> Checkpoints::all() const {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && fs::exists(entry.path() / kProgress)) {
      found.push_back(entry.path());
    }
  }
  const auto order = [](const fs::path& p) {  // longer numbers are larger ones
    const std::string name = p.filename().string();
    return std::pair(name.size(), name);
  };
  std::sort(found.begin(), found.end(),
            [&](const fs::path& a, const fs::path& b) { return order(a) < order(b); });
  return found;
}

void Checkpoints::save(const TrainingState& state, std::optional<double> measure) {
  const fs::path place = folder_ / name_of(state.step);
  const fs::path part = folder_ / (kPart + name_of(state.step));
  std::error_code error;
  fs::remove_all(part, error);
  fs::create_directories(part, error);
  if (error) cannot_write(place, error.message().c_str());
  try {
    if (state.model != nullptr) nn::save(*state.model, part / kModel);
    if (state.optimizer != nullptr) {
      optim::save_state(part / kOptimizer, state.optimizer->state_dict());
    }
    write_text_atomically(part / kProgress, progress_of(state, measure).dump(1) + "\n");
  } catch (...) {
    fs::remove_all(part, error);
    throw;
  }
  force_to_disk(part);
  put_in_place(part, place, error);
  if (error) cannot_write(place, error.message().c_str());
  force_to_disk(folder_);
  clean(place);
}

std::optional<fs::path> Checkpoints::best() const {
  std::optional<fs::path> found;
  double best = 0;
  for (const fs::path& checkpoint : all()) {
    const json progress = read_progress(checkpoint);
    if (!progress.contains("measure")) continue;
    const double measure = number_in(progress["measure"]);
    if (!found || (options_.lower_is_better ? measure < best : measure > best)) {
      found = checkpoint;
      best = measure;
    }
  }
  return found;
}

void Checkpoints::clean(const fs::path& newest) const {
  const std::vector<fs::path> checkpoints = all();
  const auto kept = options_.keep_best ? best() : std::nullopt;
  const auto remove = static_cast<std::int64_t>(checkpoints.size()) - options_.keep_last;
  std::error_code ignored;
  for (std::int64_t i = 0; i < remove; ++i) {
    const fs::path& checkpoint = checkpoints[static_cast<std::size_t>(i)];
    if (checkpoint == newest || (kept && checkpoint == *kept)) continue;
    // Renamed first: half removed, it would be taken for a whole one.
    const fs::path part = folder_ / (kPart + checkpoint.filename().string());
    fs::rename(checkpoint, part, ignored);
    fs::remove_all(part, ignored);
  }
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
    if (entry.path().filename().string().starts_with(kPart)) fs::remove_all(entry.path(), ignored);
  }
}

void Checkpoints::load(const fs::path& checkpoint, TrainingState& state) const {
  const json progress = read_progress(checkpoint);
  const auto generators = generators_of(state);
  for (const auto& [name, generator] : generators) {
    if (progress["generators"].contains(name)) continue;
    fail(checkpoint, "no generator '" + name + "'; expected those of this program");
  }
  // The optimizer first: it checks everything before it changes anything.
  if (state.optimizer != nullptr) {
    const optim::StateDict saved = optim::load_state(checkpoint / kOptimizer);
    if (state.model != nullptr) nn::load(*state.model, checkpoint / kModel);
    state.optimizer->load_state_dict(saved);
  } else if (state.model != nullptr) {
    nn::load(*state.model, checkpoint / kModel);
  }
  for (const auto& [name, generator] : generators) {
    const json& saved = progress["generators"][name];
    *generator = Generator(saved.at("seed").get<std::uint64_t>());
    generator->set_position(saved.at("position").get<std::uint64_t>());
  }
  state.step = progress.at("step").get<std::int64_t>();
  state.epoch = progress.value("epoch", std::int64_t{0});
  state.batch = progress.value("batch", std::int64_t{0});
  state.numbers.clear();
  for (const auto& [name, value] : progress.at("numbers").items()) {
    state.numbers[name] = number_in(value);
  }
}

bool Checkpoints::resume(TrainingState& state) const {
  const auto checkpoints = all();
  if (!checkpoints.empty()) load(checkpoints.back(), state);
  return !checkpoints.empty();
}

bool Checkpoints::load_best(TrainingState& state) const {
  const auto checkpoint = best();
  if (checkpoint) load(*checkpoint, state);
  return checkpoint.has_value();
}

}  // namespace gradus::train
