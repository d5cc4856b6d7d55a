#include "nn/module.h"

#include <algorithm>
#include <set>

#include "autograd/node.h"

namespace gradus::nn {
namespace {

using std::string;
using std::string_view;

template <class List>
string names_in(const List& list) {
  string names;
  for (const auto& [name, member] : list) names += (names.empty() ? "'" : ", '") + name + "'";
  return names.empty() ? "none" : names;
}

// What is called `name` in a list of (name, member).
template <class T>
const T& find(const char* what, string_view path, string_view name,
              const Module::Named<T>& candidates) {
  for (const auto& [candidate, member] : candidates) {
    if (candidate == name) return member;
  }
  throw ConfigError("[" + string(what) + "] path: '" + string(path) + "' has no '" + string(name) +
                    "'; expected one of " + names_in(candidates));
}

// "a.b" and "c" of "a.b.c".
std::pair<string_view, string_view> split_last(string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot == string_view::npos) return {"", path};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

// The things of all modules below `root`, each once, under its first name.
template <class T, class List, class Get>
Module::Named<T> collect(const Module& root, const List& list_of, const Get& get) {
  Module::Named<T> all;
  std::set<const void*> seen;
  for (const auto& [path, module] : root.named_modules()) {
    for (const auto& entry : list_of(*module)) {
      const auto [identity, thing] = get(entry.member);
      if (!seen.insert(identity).second) continue;
      all.emplace_back(path.empty() ? entry.name : path + "." + entry.name, thing);
    }
  }
  return all;
}

// Where a module stands in a list with what is below it.
enum class Place { kBefore, kAfter };

template <class M, class Children>
void collect_modules(M& module, const string& path, std::set<const Module*>& seen,
                     const Children& children_of, Module::Named<M*>& into,
                     Place place = Place::kBefore) {
  if (!seen.insert(&module).second) return;
  if (place == Place::kBefore) into.emplace_back(path, &module);
  for (const auto& child : children_of(module)) {
    collect_modules<M>(*child, path.empty() ? child.name() : path + "." + child.name(), seen,
                       children_of, into, place);
  }
  if (place == Place::kAfter) into.emplace_back(path, &module);
}

}  // namespace

Variable Module::forward(Operand) const {
  throw ConfigError("[" + type_name() + "] forward: 1 tensor; expected the arguments of " +
                    type_name() + "::forward");
}

Module::Named<const Module*> Module::named_modules() const {
  Named<const Module*> all;
  std::set<const Module*> seen;
  collect_modules<const Module>(
      *this, "", seen, [](const Module& m) -> auto& { return m.children_; }, all);
  return all;
}

Module::Named<Module*> Module::named_modules() {
  Named<Module*> all;
  std::set<const Module*> seen;
  collect_modules<Module>(
      *this, "", seen, [](Module & m) -> auto& { return m.children_; }, all);
  return all;
}

Module::Named<const Module*> Module::named_children() const {
  Named<const Module*> all;
  for (const auto& child : children_) all.emplace_back(child.name(), &*child);
  return all;
}

void Module::check_complete(const char* asked) const {
  for (const auto& [path, module] : named_modules()) {
    for (const auto& entry : module->parameters_) {
      if (has_elements(entry.member)) continue;
      throw ConfigError("[" + string(asked) + "] " + (path.empty() ? "" : path + ".") + entry.name +
                        ": has no shape yet; expected one; run one batch through the module "
                        "first, its input decides");
    }
  }
}

Module::Named<Variable> Module::named_parameters() const {
  check_complete("parameters");
  return collect<Variable>(
      *this, [](const Module& m) -> auto& { return m.parameters_; },
      [](const Parameter& p) { return std::pair<const void*, Variable>(p.node(), p); });
}

Module::Named<Variable> Module::named_buffers() const {
  return collect<Variable>(
      *this, [](const Module& m) -> auto& { return m.buffers_; },
      [](const Buffer& b) { return std::pair<const void*, Variable>(b.node(), b); });
}

Module::Named<Generator*> Module::named_generators() const {
  return collect<Generator*>(
      *this, [](const Module& m) -> auto& { return m.streams_; },
      [](const RandomStream& s) { return std::pair<const void*, Generator*>(s.get(), s.get()); });
}

std::vector<Variable> Module::parameters() const {
  std::vector<Variable> all;
  for (auto& [name, variable] : named_parameters()) all.push_back(variable);
  return all;
}

const Module& Module::get_submodule(string_view path) const {
  const Module* at = this;
  for (string_view rest = path; !rest.empty();) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    at = find("get_submodule", path, rest.substr(0, dot), at->named_children());
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  return *at;
}

Module& Module::get_submodule(string_view path) {
  return const_cast<Module&>(std::as_const(*this).get_submodule(path));
}

Variable Module::get_parameter(string_view path) const {
  const auto [module, name] = split_last(path);
  Named<Variable> own;
  for (const auto& entry : get_submodule(module).parameters_)
    own.emplace_back(entry.name, entry.member);
  return find("get_parameter", path, name, own);
}

Variable Module::get_buffer(string_view path) const {
  const auto [module, name] = split_last(path);
  Named<Variable> own;
  for (const auto& entry : get_submodule(module).buffers_)
    own.emplace_back(entry.name, entry.member);
  return find("get_buffer", path, name, own);
}

Module::Named<Variable> Module::state_variables() const {
  check_complete("state_dict");
  Named<Variable> all;
  for (const auto& entry : parameters_) all.emplace_back(entry.name, entry.member);
  for (const auto& entry : buffers_) {
    if (entry.persistent) all.emplace_back(entry.name, entry.member);
  }
  for (const auto& child : children_) {
    for (auto& [name, variable] : child->state_variables()) {
      all.emplace_back(child.name() + "." + name, std::move(variable));
    }
  }
  return all;
}

Module::Named<Tensor> Module::state_dict() const {
  Named<Tensor> all;
  for (const auto& [name, variable] : state_variables()) all.emplace_back(name, variable.value());
  return all;
}

void Module::apply(const std::function<void(Module&)>& f) {
  // Where initial values are drawn, the order of calls decides which numbers a layer gets.
  Named<Module*> all;
  std::set<const Module*> seen;
  collect_modules<Module>(
      *this, "", seen, [](Module & m) -> auto& { return m.children_; }, all, Place::kAfter);
  for (const auto& [path, module] : all) f(*module);
}

void Module::train(bool on) {
  for (auto& [name, module] : named_modules()) module->training_ = on;
}

void Module::set_requires_grad(bool on) const {
  for (auto [name, parameter] : named_parameters()) parameter.set_requires_grad(on);
}

void Module::to(DType dtype) const {
  if (!is_floating(dtype)) {
    throw DTypeError("[Module::to] dtype: " + string(gradus::name(dtype)) +
                     "; expected a floating dtype");
  }
  replace_values([&](const Tensor& x) { return is_floating(x.dtype()) && x.dtype() != dtype; },
                 [&](const Tensor& x) { return x.to(dtype); });
}

void Module::to(Device device) const {
  check_available("Module::to", device);
  replace_values([&](const Tensor& x) { return x.device() != device; },
                 [&](const Tensor& x) { return x.to(device); });
}

void Module::replace_values(const std::function<bool(const Tensor&)>& concerns,
                            const std::function<Tensor(const Tensor&)>& f) const {
  Named<Variable> all = named_parameters();
  for (auto& buffer : named_buffers()) all.push_back(std::move(buffer));
  for (const auto& [name, x] : all) {
    if (!concerns(x.value())) continue;
    const Tensor gradient = x.grad().value();
    x.zero_grad();
    x.set_value(f(x.value()));
    if (gradient.defined()) x.set_grad(f(gradient));
  }
}

void Module::zero_grad() const {
  for (const auto& [name, variable] : named_parameters()) variable.zero_grad();
}

Registered<Parameter> Module::parameter(const string& name, Tensor value) {
  return parameter(name, Parameter(gradus::parameter(std::move(value))));
}

Registered<Parameter> Module::parameter(const string& name, const Parameter& shared) {
  check_name(name);
  if (!shared.defined()) {
    throw ConfigError("[Module] parameter '" + name +
                      "': shared with one that does not exist; expected one that is registered; "
                      "members are made in the order of their declaration");
  }
  parameters_.push_back({name, shared});
  return Registered<Parameter>(shared);
}

Registered<Parameter> Module::lazy_parameter(const string& name, DType dtype) {
  return parameter(name, Parameter(without_elements(dtype)));
}

void Module::fill_lazy(const Parameter& x, Tensor value) {
  x.node()->set_value(gradus::parameter(std::move(value)).value());
}

Registered<Buffer> Module::buffer(const string& name, Tensor value, bool persistent) {
  check_name(name);
  buffers_.push_back({name, Buffer(Variable(std::move(value))), persistent});
  return Registered<Buffer>(buffers_.back().member);
}

RandomStream Module::random_stream(const string& name, Generator& rng) {
  check_name(name);
  const auto words = rng.words(rng.advance(1));
  const std::uint64_t seed = std::uint64_t{words[0]} << 32 | words[1];
  streams_.push_back({name, RandomStream(std::make_shared<Generator>(seed))});
  return streams_.back().member;
}

void Module::adopt(const string& name, Child<Module> module) {
  check_name(name);
  if (!module) {
    throw ConfigError("[Module] child '" + name +
                      "': no module; expected one; members are made in the order of their "
                      "declaration");
  }
  for (const auto& [path, part] : std::as_const(*module).named_modules()) {
    if (part != this) continue;
    throw ConfigError("[Module] child '" + name + "': contains this " + type_name() +
                      "; expected a module that does not");
  }
  if (module->own_list_ != nullptr) *module->own_list_ = name;
  children_.push_back(std::move(module));
}

void Module::check_name(const string& name) const {
  const auto same = [&](const auto& entry) { return entry.name == name; };
  const bool taken = std::any_of(parameters_.begin(), parameters_.end(), same) ||
                     std::any_of(buffers_.begin(), buffers_.end(), same) ||
                     std::any_of(streams_.begin(), streams_.end(), same) ||
                     std::any_of(children_.begin(), children_.end(),
                                 [&](const auto& child) { return child.name() == name; });
  if (!name.empty() && name.find('.') == string::npos && !taken) return;
  throw ConfigError("[Module] name: '" + name +
                    "'; expected one that is new in this module, not empty and without dots");
}

}  // namespace gradus::nn
