#include "nn/utils/averaged_model.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "tensor/elementwise/lerp.h"

namespace gradus::nn {
namespace {

using List = Module::Named<Variable>;

double decay_at(std::int64_t t, const AveragingOptions& options) {
  if (!options.decay) return 1 - 1 / (static_cast<double>(t) + 1);
  if (!options.warmup) return *options.decay;
  const double grown =
      1 - std::pow(1 + static_cast<double>(t) / options.warmup_gamma, -options.warmup_power);
  return std::min(std::max(grown, options.min_decay), *options.decay);
}

// Each of `ours` beside that of the same name.
std::vector<std::pair<Variable, Variable>> pairs(const List& ours, const List& theirs) {
  std::vector<std::pair<Variable, Variable>> found;
  for (const auto& [name, mine] : ours) {
    const auto other = std::find_if(theirs.begin(), theirs.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    if (other == theirs.end() || other->second.shape() != mine.shape()) {
      throw ConfigError("[AveragedModel] model: no '" + name + "' of shape " +
                        to_string(mine.shape()) + "; expected the module that was copied");
    }
    found.emplace_back(mine, other->second);
  }
  return found;
}

List all_of(const Module& module) {
  List all = module.named_parameters();
  for (auto& buffer : module.named_buffers()) all.push_back(std::move(buffer));
  return all;
}

}  // namespace

void check_averaging(const AveragingOptions& options) {
  const auto refuse = [](const char* name, double value, const char* expected) {
    throw ConfigError("[AveragedModel] " + std::string(name) + ": " + to_text(value) +
                      "; expected " + expected);
  };
  if (options.decay && !(*options.decay >= 0 && *options.decay <= 1)) {
    refuse("decay", *options.decay, "a number in 0..1");
  }
  if (!(options.warmup_gamma > 0)) refuse("warmup_gamma", options.warmup_gamma, "a number > 0");
  if (!(options.warmup_power > 0)) refuse("warmup_power", options.warmup_power, "a number > 0");
  if (!(options.min_decay >= 0 && options.min_decay <= 1)) {
    refuse("min_decay", options.min_decay, "a number in 0..1");
  }
}

void average_into(const Module& average, const Module& model, const Tensor& count,
                  const AveragingOptions& options) {
  const auto parameters = pairs(average.named_parameters(), model.named_parameters());
  const auto buffers = pairs(average.named_buffers(), model.named_buffers());
  const auto t = static_cast<std::int64_t>(count.item());
  const double rest = 1 - decay_at(t, options);
  const auto take = [&](const Variable& mine, const Variable& theirs, bool averaged) {
    const Tensor &a = mine.value(), &b = theirs.value();
    a.copy_from(t > 0 && averaged && is_floating(a.dtype()) ? lerp(a, b, Tensor(rest)) : b);
  };
  for (const auto& [mine, theirs] : parameters) take(mine, theirs, true);
  for (const auto& [mine, theirs] : buffers) take(mine, theirs, options.average_buffers);
  count.fill(t + 1);
}

void swap_values(const Module& a, const Module& b) {
  const List ours = all_of(a), theirs = all_of(b);
  const std::size_t n = std::max(ours.size(), theirs.size());
  for (std::size_t i = 0; i < n; ++i) {
    const bool both = i < ours.size() && i < theirs.size();
    if (both && ours[i].first == theirs[i].first) continue;
    throw ConfigError("[swap_values] '" + (i < ours.size() ? ours : theirs)[i].first +
                      "': only in one of the modules; expected equal ones");
  }
  for (std::size_t i = 0; i < n; ++i) {
    const Tensor mine = ours[i].second.value();
    ours[i].second.set_value(theirs[i].second.value());
    theirs[i].second.set_value(mine);
  }
}

}  // namespace gradus::nn
