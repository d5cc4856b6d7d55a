// Engine: what is saved and loaded.
#include "autograd/node.h"
#include "optim/engine.h"

namespace gradus::optim {
namespace {

constexpr double kVersion = 1;

Tensor copy_on_cpu(const Tensor& x) { return x.on_cpu() ? x.clone() : x.to(kCpu); }

}  // namespace

StateDict Engine::state_dict() const {
  StateDict saved;
  saved.rule = rule_name();
  saved.engine = {{"version", kVersion},
                  {"steps", static_cast<double>(steps_)},
                  {"low_precision", static_cast<double>(options_.low_precision)},
                  {"seed", static_cast<double>(options_.seed)}};
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const Group& group = groups_[g];
    saved.engine["max_lr/" + group.name] = group.max_lr;
    saved.engine["lr_scale/" + group.name] = group.lr_scale;
    auto& settings = saved.groups[group.name];
    each_setting(g, [&](const char* name, double value) { settings[name] = value; });
    for (const Member& member : group.members) {
      const Tensor step = zeros({}, kInt64);
      *step.data<std::int64_t>() = member.steps;
      saved.tensors[member.name + "/step"] = step;
      for (std::size_t k = 0; k < member.state.size(); ++k) {
        if (!member.state[k].defined()) continue;
        saved.tensors[member.name + "/" + state_names()[k]] = copy_on_cpu(member.state[k]);
      }
      for (std::size_t k = 0; k < member.scalars.size(); ++k) {
        saved.tensors[member.name + "/" + scalar_names()[k]] =
            full({}, member.scalars[k], kFloat64);
      }
      if (member.low.defined()) saved.tensors[member.name + "/low"] = copy_on_cpu(member.low);
    }
  }
  return saved;
}

Engine::Member Engine::loaded(std::size_t group, const Member& member, const StateDict& saved,
                              std::size_t& used) const {
  const auto refuse = [this](const std::string& text) { fail("state_dict: " + text); };
  const std::string prefix = "[" + std::string(rule_name()) + "] state_dict: '";
  const Tensor& theta = member.variable.value();
  Member result = member;
  result.device = theta.device();
  result.dtype = theta.dtype();
  const auto step = saved.tensors.find(member.name + "/step");
  if (step == saved.tensors.end()) refuse("no '" + member.name + "/step'; expected it");
  ++used;
  if (step->second.dtype() != kInt64) {
    throw DTypeError(prefix + member.name + "/step' is " + std::string(name(step->second.dtype())) +
                     "; expected int64");
  }
  result.steps = static_cast<std::int64_t>(step->second.item());
  if (result.steps < 0) refuse("'" + member.name + "/step' is negative; expected >= 0");
  const auto take = [&](const std::string& array, const Shape& shape, DType dtype) {
    const std::string key = member.name + "/" + array;
    const auto entry = saved.tensors.find(key);
    if (entry == saved.tensors.end()) {
      if (result.steps > 0) {
        refuse("no '" + key + "'; expected it, since the parameter has taken steps");
      }
      return Tensor();
    }
    ++used;
    const Tensor& x = entry->second;
    if (x.shape() != shape) {
      throw ShapeError(prefix + key + "' is " + to_string(x.shape()) + "; expected " +
                       to_string(shape));
    }
    if (x.dtype() != dtype) {
      throw DTypeError(prefix + key + "' is " + std::string(name(x.dtype())) + "; expected " +
                       std::string(name(dtype)));
    }
    const bool on_host = keeps_state_on_host() && array != "low";
    const Tensor here = x.to(on_host ? kCpu : theta.device());
    return here.shares_storage_with(x) ? x.clone() : here;
  };
  for (std::size_t k = 0; k < member.state.size(); ++k) {
    const std::optional<Shape> shape = array_shape(group, k, theta.shape());
    const std::string key = member.name + "/" + state_names()[k];
    if (shape) {
      result.state[k] = take(state_names()[k], *shape,
                             array_dtype(k, theta.dtype() == kFloat64 ? kFloat64 : kFloat32));
    } else if (saved.tensors.contains(key)) {
      refuse("'" + key + "' is there; expected none with these settings");
    } else {
      result.state[k] = Tensor();
    }
  }
  for (std::size_t k = 0; k < member.scalars.size(); ++k) {
    const std::string key = member.name + "/" + scalar_names()[k];
    const auto entry = saved.tensors.find(key);
    if (entry == saved.tensors.end()) refuse("no '" + key + "'; expected it");
    ++used;
    const Tensor& x = entry->second;
    if (x.numel() != 1 || x.dtype() != kFloat64) {
      refuse("'" + key + "' is " + std::string(name(x.dtype())) + to_string(x.shape()) +
             "; expected one float64");
    }
    result.scalars[k] = x.item();
  }
  if (is_half(theta.dtype()) && options_.low_precision == LowPrecision::kSplitMaster) {
    result.low = take("low", {theta.numel(), 2}, kUInt8);
  } else if (is_half(theta.dtype()) && options_.low_precision == LowPrecision::kKahan) {
    result.low = take("low", theta.shape(), theta.dtype());
  }
  return result;
}

void Engine::load_state_dict(const StateDict& saved) {
  const auto refuse = [this](const std::string& text) { fail("state_dict: " + text); };
  if (saved.rule != rule_name()) {
    refuse("made by " + saved.rule + "; expected " + rule_name());
  }
  const auto engine = [&](const std::string& name, double otherwise) {
    const auto found = saved.engine.find(name);
    return found == saved.engine.end() ? otherwise : found->second;
  };
  if (engine("version", kVersion) != kVersion) {
    refuse("version " + to_text(engine("version", 0)) + "; expected 1");
  }
  const double way = static_cast<double>(options_.low_precision);
  bool half = false;
  std::deque<Group> loaded_groups = groups_;
  std::size_t used = 0;
  for (std::size_t g = 0; g < loaded_groups.size(); ++g) {
    Group& group = loaded_groups[g];
    const auto found = saved.groups.find(group.name);
    if (found == saved.groups.end()) refuse("no group '" + group.name + "'; expected it");
    for (const auto& [name, value] : found->second) check_setting(name, value);
    group.max_lr = engine("max_lr/" + group.name, group.max_lr);
    group.lr_scale = engine("lr_scale/" + group.name, group.lr_scale);
    check_range(rule_name(), "max_lr", group.max_lr, Range::kNonNegative);
    check_range(rule_name(), "lr_scale", group.lr_scale, Range::kPositive);
    for (Member& member : group.members) {
      if (is_half(member.variable.dtype())) {
        half = true;
        if (engine("low_precision", way) != way) {
          refuse("low_precision " + to_text(engine("low_precision", way)) + "; expected " +
                 to_text(way));
        }
      }
      member = loaded(g, member, saved, used);
    }
  }
  if (saved.groups.size() != loaded_groups.size()) refuse("has groups that this optimizer lacks");
  if (saved.tensors.size() != used) refuse("has parameters that this optimizer lacks");
  const double steps = engine("steps", 0), seed = engine("seed", 0);
  if (!(steps >= 0) || !(seed >= 0)) refuse("steps or seed is negative; expected >= 0");
  // Nothing can fail any more.
  for (std::size_t g = 0; g < loaded_groups.size(); ++g) {
    for (const auto& [name, value] : saved.groups.at(loaded_groups[g].name)) {
      assign(g, name, value);
    }
  }
  groups_ = std::move(loaded_groups);
  steps_ = static_cast<std::int64_t>(steps);
  options_.seed = static_cast<std::uint64_t>(seed);
  way_.reset();
  if (half) way_ = options_.low_precision;
}

}  // namespace gradus::optim
