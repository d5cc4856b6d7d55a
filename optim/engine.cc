#include "optim/engine.h"

#include <cmath>
#include <limits>
#include <set>

#include "autograd/node.h"
#include "optim/optimizer.h"

namespace gradus::optim {
namespace {

// FNV-1a, which is the same on every machine: random bits of a run must not depend on it.
std::uint64_t hash_of(const std::string& name) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

}  // namespace

NamedParameters numbered(const std::vector<Variable>& parameters) {
  NamedParameters named;
  for (const Variable& p : parameters) named.emplace_back(std::to_string(named.size()), p);
  return named;
}

double AnyOptimizer::step(const std::function<Variable()>& closure, std::source_location where) {
  const Variable loss = [&] {
    const EnableGradGuard on;
    return closure();
  }();
  const double value = loss.item();
  step(where);
  return value;
}

void Engine::fail(const std::string& text) const {
  throw ConfigError("[" + std::string(rule_name()) + "] " + text);
}

void Engine::check_float(const char* name, double value) const {
  if (value == 0 || static_cast<float>(value) != 0) return;
  fail(std::string(name) + ": " + to_text(value) +
       " is 0 in float32; expected at least 1e-44, or parameters of float64");
}

void Engine::add_members(std::string name, NamedParameters parameters, double max_lr,
                         double lr_scale) {
  if (parameters.empty()) fail("parameters: none; expected at least one");
  std::set<std::string> names;
  std::set<const Node*> nodes;
  std::map<const void*, const void*> memory;  // begin -> end of each parameter
  const auto span_of = [](const Variable& v) {
    const auto* begin = static_cast<const std::byte*>(address_of(v.value()));
    return std::pair<const void*, const void*>(
        begin, begin + v.numel() * static_cast<std::int64_t>(size_of(v.dtype())));
  };
  for (const Group& group : groups_) {
    if (group.name == name) fail("group: '" + name + "' is there already; expected a new name");
    for (const Member& member : group.members) {
      names.insert(member.name);
      nodes.insert(member.variable.node());
      if (member.variable.numel() > 0) memory.insert(span_of(member.variable));
    }
  }
  Group group{std::move(name), {}, max_lr, lr_scale};
  for (auto& [parameter, variable] : parameters) {
    const std::string who = "parameter '" + parameter + "'";
    if (!variable.defined()) fail(who + " is undefined; expected a variable with elements");
    if (!is_floating(variable.dtype())) {
      fail(who + " is " + std::string(gradus::name(variable.dtype())) +
           "; expected float16, bfloat16, float32 or float64");
    }
    if (!variable.value().is_contiguous())
      fail(who + " is a strided view; expected its own memory");
    if (!names.insert(parameter).second) fail(who + " is there already; expected distinct names");
    if (!nodes.insert(variable.node()).second) {
      fail(who + " is the same variable as another; expected each once");
    }
    if (variable.numel() > 0) {
      const auto span = span_of(variable);
      const auto after = memory.lower_bound(span.first);
      const bool overlaps = (after != memory.end() && after->first < span.second) ||
                            (after != memory.begin() && std::prev(after)->second > span.first);
      if (overlaps) fail(who + " shares elements with another; expected memory of its own");
      memory.insert(span);
    }
    Member member{parameter, std::move(variable), {}, {}, 0, hash_of(parameter)};
    member.device = member.variable.value().device();
    member.dtype = member.variable.dtype();
    member.state.resize(state_names().size());
    member.scalars.resize(scalar_names().size());
    group.in_float = group.in_float || member.variable.dtype() != kFloat64;
    group.members.push_back(std::move(member));
  }
  groups_.push_back(std::move(group));
}

std::size_t Engine::find_group(const std::string& name) const {
  std::string known;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    if (groups_[g].name == name) return g;
    known += (known.empty() ? "'" : ", '") + groups_[g].name + "'";
  }
  fail("group: '" + name + "'; expected one of " + known);
}

void Engine::zero_grad() {
  for (Group& group : groups_) {
    for (Member& member : group.members) member.variable.zero_grad();
  }
}

void Engine::set_hyper_parameter(const std::string& name, double value) {
  check_setting(name, value);
  for (std::size_t g = 0; g < groups_.size(); ++g) assign(g, name, value);
}

void Engine::schedule(const std::string& hyper_parameter, Schedule schedule,
                      const std::string& group) {
  this->hyper_parameter(hyper_parameter);  // throws for a name that is not there
  if (!group.empty()) {
    groups_[find_group(group)].schedules.insert_or_assign(hyper_parameter, std::move(schedule));
    return;
  }
  for (Group& each : groups_) each.schedules.insert_or_assign(hyper_parameter, schedule);
}

void Engine::set_max_lr(const std::string& group, double max_lr) {
  check_range(rule_name(), "max_lr", max_lr, Range::kPositive);
  groups_[find_group(group)].max_lr = max_lr;
}

HookHandle Engine::register_step_pre_hook(std::function<void(AnyOptimizer&)> f) {
  return before_.add(std::move(f));
}
HookHandle Engine::register_step_post_hook(std::function<void(AnyOptimizer&)> f) {
  return after_.add(std::move(f));
}

void Engine::follow_schedules() {
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (const auto& [name, schedule] : groups_[g].schedules) {
      const double scale = name == "lr" ? groups_[g].lr_scale : 1;
      const double value = schedule(static_cast<double>(steps_)) * scale;
      check_setting(name, value);
      assign(g, name, value);
    }
  }
}

void Engine::check_all() const {
  check_range(rule_name(), "clip_norm", options_.clip_norm, Range::kNonNegative);
  check_range(rule_name(), "clip_value", options_.clip_value, Range::kNonNegative);
  if (options_.clip_norm > 0 && options_.clip_value > 0) {
    fail("clip_norm, clip_value: both are set; expected one of them");
  }
  if (way_ && *way_ != options_.low_precision) {
    fail("low_precision: another way than the state was made with; expected way " +
         std::to_string(static_cast<int>(*way_)));
  }
  for (std::size_t g = 0; g < groups_.size(); ++g) check_rule(g);
}

GradientUse Engine::gradient_use() const {
  GradientUse use;
  if (options_.maximize) use.scale = -1;
  if (options_.clip_value > 0) use.clip = options_.clip_value;
  use.zero = options_.non_finite == NonFinite::kZero;
  return use;
}

bool Engine::look_at(const Member& member, const Tensor& gradient, double& squares) {
  const Tensor g = gradient.is_contiguous() ? gradient : gradient.clone();
  double sum = sum_of_squares(g);
  // Squares of float64 may overflow although all elements are finite.
  if (!std::isfinite(sum) && (options_.non_finite != NonFinite::kPropagate || needs_finite())) {
    const std::string what = first_non_finite(g);
    if (!what.empty()) {
      const bool refused =
          options_.non_finite == NonFinite::kError || options_.non_finite == NonFinite::kPropagate;
      if (refused) {
        throw AutogradError("[" + std::string(rule_name()) + "] gradient of '" + member.name +
                            "': " + what + "; expected finite numbers");
      }
      if (report_.non_finite.empty()) report_.non_finite = member.name;
      if (options_.non_finite == NonFinite::kSkip) return false;
      sum = sum_of_squares(g, true);
    }
  }
  squares += sum;
  return true;
}

void Engine::check_size(const Member& member, const GradientUse& use) const {
  const Node& node = *member.variable.node();
  if (!node.requires_grad() || !node.grad.defined()) return;
  const Tensor &theta = node.value(), &gradient = node.grad.node()->value();
  const Tensor g = gradient.is_contiguous() ? gradient : gradient.clone();
  const Tensor used = prepared_gradient(theta, address_of(g), use);
  const double norm = std::sqrt(sum_of_squares(used));
  const double limit = used.dtype() == kFloat64 ? 1e77 : 4e9;  // to the fourth: the largest number
  if (norm <= limit) return;
  throw AutogradError("[" + std::string(rule_name()) + "] gradient of '" + member.name +
                      "': norm " + to_text(norm) + "; expected at most " + to_text(limit) +
                      ", since " + rule_name() + " squares it twice in " +
                      std::string(name(used.dtype())) + " (clip_norm may help)");
}

bool Engine::look_at_all(GradientUse& use) {
  double squares = 0;
  for (const Group& group : groups_) {
    for (const Member& member : group.members) {
      const Node& node = *member.variable.node();
      if (!node.requires_grad() || !node.grad.defined()) continue;
      if (!look_at(member, node.grad.node()->value(), squares)) return false;
    }
  }
  report_.gradient_norm = std::sqrt(squares);
  if (options_.clip_norm > 0) {
    const double coefficient = options_.clip_norm / (report_.gradient_norm + 1e-6);
    if (!(coefficient >= 1)) report_.clip_coefficient = coefficient;  // NaN too
    use.scale *= report_.clip_coefficient;
  }
  return true;
}

void Engine::make_state(std::size_t group, Member& member) {
  const Tensor& theta = member.variable.node()->value();
  if (theta.device() != member.device) follow(member);
  member.dtype = theta.dtype();
  if (is_half(theta.dtype()) && !member.low.defined()) {
    way_ = options_.low_precision;
    const Device there = theta.device();
    if (way_ == LowPrecision::kSplitMaster) member.low = zeros({theta.numel(), 2}, kUInt8, there);
    if (way_ == LowPrecision::kKahan) member.low = zeros(theta.shape(), theta.dtype(), there);
  }
  if (member.steps > 0) return;  // an array that the rule has none of stays undefined
  for (std::size_t k = 0; k < member.state.size(); ++k) {
    if (!member.state[k].defined()) member.state[k] = make_array(group, k, whole(member));
  }
}

void Engine::follow(Member& member) const {
  member.device = member.variable.value().device();
  if (member.low.defined()) member.low = member.low.to(member.device);
  if (keeps_state_on_host()) return;
  for (Tensor& array : member.state) {
    if (array.defined()) array = array.to(member.device);
  }
}

void Engine::check_places() const {
  for (const Group& group : groups_) {
    for (const Member& member : group.members) {
      const Node& node = *member.variable.node();
      if (!node.grad.defined()) continue;
      if (node.value().dtype() != member.dtype && member.steps > 0) {
        throw DTypeError("[" + std::string(rule_name()) + "] parameter '" + member.name + "' is " +
                         std::string(name(node.value().dtype())) + " and has state made for " +
                         std::string(name(member.dtype)) +
                         "; expected the same dtype (convert the module before its first step)");
      }
      const Device there = node.grad.node()->value().device(), here = node.value().device();
      if (there == here) continue;
      throw DeviceError("[" + std::string(rule_name()) + "] gradient of '" + member.name +
                        "' is on " + to_string(there) + " and the parameter on " + to_string(here) +
                        "; expected one device");
    }
  }
}

Tensor Engine::whole(const Member& member) const {
  const Tensor& theta = member.variable.value();
  if (!is_half(theta.dtype())) return theta;
  const Tensor x = Tensor::empty(theta.shape(), kFloat32, theta.device());
  const bool has_low = member.low.defined();
  const LowPrecision way = has_low ? options_.low_precision : LowPrecision::kNearest;
  load_half(theta, way, has_low ? address_of(member.low) : nullptr, x);
  return x;
}

void Engine::put_whole(const Member& member, const Tensor& x) const {
  const Tensor& theta = member.variable.value();
  if (!is_half(theta.dtype())) {
    if (!x.shares_storage_with(theta)) theta.copy_from(x);
    return;
  }
  const RoundingStream stream = {member.key ^ hash_of(std::to_string(options_.seed)), member.steps};
  theta.mark_changed();
  store_half(x, options_.low_precision, stream, theta,
             member.low.defined() ? address_of(member.low) : nullptr);
}

void Engine::step_members(std::size_t group, std::span<Member> members, const GradientUse& use,
                          const std::source_location& where, bool keep_theta) {
  // Kept, so that small steps do not allocate.
  thread_local std::vector<Work> work;
  work.clear();
  // Copies of gradients with gaps live until the launch is over.
  std::vector<Tensor> copies;
  for (Member& member : members) {
    // Read through the node: handles would cost more than the update of a small parameter.
    const Node& node = *member.variable.node();
    if (!node.requires_grad() || !node.grad.defined()) continue;
    const Tensor &theta = node.value(), &g = node.grad.node()->value();
    if (!keep_theta) theta.mark_changed(where);
    make_state(group, member);
    // The launcher is promised that its arrays do not overlap.
    const void* gradient = address_of(g);
    if (!g.is_contiguous() || g.shares_storage_with(theta)) {
      copies.push_back(g.clone());
      gradient = address_of(copies.back());
    }
    work.push_back({&member, gradient});
  }
  // Nothing can fail any more: only now the steps count.
  for (const Work& each : work) {
    ++each.member->steps;
  }
  if (work.empty()) return;
  const Launch launch = {use, options_.low_precision, groups_[group].max_lr,
                         hash_of(std::to_string(options_.seed)), keep_theta};
  if (!options_.trace) return update(group, work, launch);
  const std::vector<Tensor> before = traced_before(work);
  update(group, work, launch);
  trace_after(work, use, before);
}

bool Engine::looks_at_gradients() const {
  return options_.clip_norm > 0 || options_.non_finite != NonFinite::kPropagate || needs_finite();
}

void Engine::step(std::source_location where) {
  if (!before_.empty()) before_.each([this](const auto& f) { f(*this); });
  advance(false, where);
  if (!report_.skipped) ++steps_;
  if (!after_.empty()) after_.each([this](const auto& f) { f(*this); });
}

void Engine::check_accumulates() const {
  if (accumulates()) return;
  fail(
      "accumulate: the rule keeps nothing of a gradient without a step; expected one with moments, "
      "like Adam");
}

void Engine::accumulate(std::source_location where) {
  check_accumulates();
  advance(true, where);
}

void Engine::advance(bool keep_theta, const std::source_location& where) {
  follow_schedules();
  check_all();
  check_places();
  report_ = {};
  GradientUse use = gradient_use();
  if (looks_at_gradients()) report_.skipped = !look_at_all(use);
  if (report_.skipped) return;
  if (squares_twice()) {
    for (const Group& group : groups_) {
      for (const Member& member : group.members) check_size(member, use);
    }
  }
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    step_members(g, groups_[g].members, use, where, keep_theta);
  }
}

}  // namespace gradus::optim
