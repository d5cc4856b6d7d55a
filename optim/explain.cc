// Engine: what it tells people.
#include "autograd/node.h"
#include "optim/engine.h"
#include "optim/symbol.h"
#include "optim/text.h"

namespace gradus::optim {
namespace {

using symbolic::number_text;

std::int64_t bytes_of(const Tensor& x) {
  return x.defined() ? x.numel() * static_cast<std::int64_t>(size_of(x.dtype())) : 0;
}

const char* const kWays[] = {"a split float32 master", "Kahan summation", "stochastic rounding",
                             "rounding to the nearest"};

}  // namespace

std::string Engine::table() const {
  std::vector<std::string> head = {"group", "parameter", "shape", "dtype"};
  std::vector<std::vector<std::string>> rows;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    std::vector<std::string> settings;
    each_setting(g, [&](const char* name, double value) {
      if (g == 0) head.push_back(name);
      settings.push_back(number_text(value));
    });
    if (g == 0) rows.push_back(head);
    for (const Member& member : groups_[g].members) {
      std::vector<std::string> row = {groups_[g].name, member.name,
                                      to_string(member.variable.shape()),
                                      std::string(name(member.variable.dtype()))};
      row.insert(row.end(), settings.begin(), settings.end());
      rows.push_back(std::move(row));
    }
  }
  return columns(rows);
}

std::string Engine::explain() const {
  std::string text;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const Group& group = groups_[g];
    std::map<std::string, double> settings;
    std::string listed;
    each_setting(g, [&](const char* name, double value) {
      settings[name] = value;
      listed += (listed.empty() ? "" : ", ") + std::string(name) + " " + number_text(value);
    });
    std::int64_t elements = 0, t = 1;
    bool half = false;
    double bytes = 0;
    for (const Member& member : group.members) {
      elements += member.variable.numel();
      bytes += static_cast<double>(state_bytes(g, member));
      t = std::max(t, member.steps + 1);
      half = half || is_half(member.variable.dtype());
    }
    text += std::string(rule_name()) + ", group '" + group.name +
            "': " + std::to_string(group.members.size()) + " parameters, " +
            std::to_string(elements) + " elements\n  " + listed + "\n";
    for (const auto& [name, schedule] : group.schedules) {
      text +=
          "  " + name + " follows a schedule, which says " +
          number_text(schedule(static_cast<double>(steps_)) * (name == "lr" ? group.lr_scale : 1)) +
          " for step " + std::to_string(steps_ + 1) + "\n";
    }
    text += "  in step " + std::to_string(t) + ", where g is the gradient";
    if (options_.maximize) text += " with the other sign, to maximise";
    if (options_.clip_norm > 0) {
      text += ", scaled to a norm of all of at most " + number_text(options_.clip_norm);
    }
    if (options_.clip_value > 0) {
      text += ", cut to at most " + number_text(options_.clip_value);
    }
    text += " (x' is the new x):\n";
    // A rule without a mode applies decay itself.
    const double decay = settings.contains("decay_mode") ? settings["weight_decay"] : 0;
    const auto mode = static_cast<DecayMode>(settings["decay_mode"]);
    if (decay != 0 && mode == DecayMode::kL2) {
      text += "    g <- g + " + number_text(decay) + "*theta\n";
    } else if (decay != 0) {
      const double taken =
          decay * (mode == DecayMode::kFullyDecoupled ? lr_share(settings["lr"], group.max_lr)
                                                      : settings["lr"]);
      text += "    theta <- theta - " + number_text(taken) + "*theta\n";
    }
    const std::string lines = formula(g, t);
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t end = lines.find('\n', at);
      text += "    " + lines.substr(at, end - at) + "\n";
      at = end + 1;
    }
    if (decay != 0 && mode == DecayMode::kFullyDecoupled && decay >= 1e-3 && group.max_lr > 0) {
      text += "  note: weight_decay " + number_text(decay) +
              " is taken whole in a step at max_lr " + number_text(group.max_lr) +
              "; in torch.optim.AdamW, where lr multiplies it, the same is " +
              number_text(decay / group.max_lr) + "\n";
    }
    text += "  state: " + number_text(elements == 0 ? 0 : bytes / static_cast<double>(elements)) +
            " bytes per element";
    if (half) {
      const auto way = static_cast<std::size_t>(options_.low_precision);
      text += (way < 2 ? ", 2 of them for " : "; ") + std::string(kWays[way]);
    }
    text += "\n";
  }
  return text;
}

std::int64_t Engine::state_bytes(std::size_t group, const Member& member) const {
  const Tensor& theta = member.variable.value();
  const DType computed = theta.dtype() == kFloat64 ? kFloat64 : kFloat32;
  std::int64_t bytes = 0;
  for (std::size_t k = 0; k < member.state.size(); ++k) {
    const std::optional<Shape> shape = array_shape(group, k, theta.shape());
    if (shape)
      bytes += numel(*shape) * static_cast<std::int64_t>(size_of(array_dtype(k, computed)));
  }
  const bool low = options_.low_precision == LowPrecision::kSplitMaster ||
                   options_.low_precision == LowPrecision::kKahan;
  return bytes + (is_half(theta.dtype()) && low ? 2 * theta.numel() : 0);
}

MemoryPlan Engine::memory_plan() const {
  MemoryPlan plan;
  std::vector<std::vector<std::string>> rows = {
      {"parameter", "dtype", "elements", "value", "gradient", "state"}};
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (const Member& member : groups_[g].members) {
      const Tensor& theta = member.variable.value();
      const std::int64_t n = theta.numel(), bytes = bytes_of(theta);
      const bool trained = member.variable.requires_grad();
      const std::int64_t state = trained || member.steps > 0 ? state_bytes(g, member) : 0;
      plan.parameters += bytes;
      plan.gradients += trained ? bytes : 0;
      plan.state += state;
      plan.allocated += bytes_of(member.low);
      for (const Tensor& each : member.state) plan.allocated += bytes_of(each);
      rows.push_back({member.name, std::string(name(theta.dtype())), std::to_string(n),
                      std::to_string(bytes), std::to_string(trained ? bytes : 0),
                      std::to_string(state)});
    }
  }
  plan.table = columns(rows);
  return plan;
}

}  // namespace gradus::optim
