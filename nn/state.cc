#include "nn/state.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "nn/names.h"
#include "tensor/elementwise/isfinite.h"
#include "tensor/io/torch_file.h"
#include "tensor/reduce.h"

namespace gradus::nn {
namespace {

using std::string;
using std::string_view;

// A tensor that has been checked, and the variable that it goes to.
struct Move {
  Variable to;
  Tensor from;
};

string in_quotes(const string& name) { return "'" + name + "'"; }

template <class List, class Text>
void add_line(string& lines, string_view kind, const List& list, const Text& text) {
  if (list.empty()) return;
  string line;
  for (const auto& each : list) line += (line.empty() ? "" : ", ") + text(each);
  lines += (lines.empty() ? "  " : "\n  ") + string(kind) + ": " + line;
}

bool kind_is_kept(DType from, DType to) {
  return from == to || (is_floating(from) && is_floating(to)) ||
         (is_integral(from) && is_integral(to));
}

// Reads a state into a plan, without changing anything.
class Plan {
 public:
  Plan(const Module& module, const NamedTensors& state, const LoadOptions& options)
      : prefix_(options.strip_prefix), there_(module.state_variables()) {
    for (const auto& [name, variable] : there_) {
      places_.emplace(name, variable);
      storages_.push_back(variable.value());
    }
    for (const auto& [name, tensor] : state) add(stripped(name), tensor);
    std::set<const void*> listed;
    for (const auto& [name, variable] : there_) {
      if (!found_.contains(variable.node()) && listed.insert(variable.node()).second) {
        report.missing.push_back(name);
      }
    }
  }

  // Nothing can fail any more, but for the memory of copies, which are made first.
  void carry_out() {
    for (Move& move : moves_) {
      if (is_part_of_module(move.from)) move.from = move.from.clone();
    }
    for (const Move& move : moves_) move.to.value().copy_from(move.from);
  }

  LoadReport report;

 private:
  string stripped(const string& name) const {
    return name.starts_with(prefix_) ? name.substr(prefix_.size()) : name;
  }

  void add(const string& name, const Tensor& tensor) {
    check_defined("load_state_dict", in_quotes(name), tensor);
    if (!names_.insert(name).second) {
      throw ConfigError("[load_state_dict] " + in_quotes(name) +
                        ": comes twice; expected each name once" +
                        (prefix_.empty() ? "" : "; is it there with the prefix and without?"));
    }
    const auto place = places_.find(name);
    if (place == places_.end()) {
      report.unexpected.push_back(name);
      return;
    }
    const Variable& to = place->second;
    auto [first, is_new] = found_.try_emplace(to.node());
    if (tensor.shape() != to.shape()) {
      report.wrong_shape.push_back({name, tensor.shape(), to.shape()});
      return;
    }
    const Tensor from = converted(tensor, to.dtype());
    if (!from.defined()) {
      report.wrong_dtype.push_back({name, tensor.dtype(), to.dtype()});
      return;
    }
    if (first->second.defined()) {
      if (!bitwise_equal(first->second, from)) {
        report.differing.push_back(name);
        return;
      }
    } else {
      first->second = from;
      moves_.push_back({to, from});
    }
    report.loaded.push_back(name);
    if (tensor.dtype() != to.dtype()) {
      report.converted.push_back({name, tensor.dtype(), to.dtype()});
    }
    if (is_floating(from.dtype()) && !all(isfinite(from)).item<bool>()) {
      report.non_finite.push_back(name);
    }
  }

  // Undefined where the numbers would not stay what they are.
  static Tensor converted(const Tensor& x, DType dtype) {
    if (!kind_is_kept(x.dtype(), dtype)) return {};
    try {
      return x.to(dtype);
    } catch (const DTypeError&) {
      return {};
    }
  }

  bool is_part_of_module(const Tensor& x) const {
    return std::any_of(storages_.begin(), storages_.end(),
                       [&](const Tensor& each) { return each.shares_storage_with(x); });
  }

  string prefix_;
  Module::Named<Variable> there_;
  std::map<string, Variable> places_;
  std::vector<Tensor> storages_;
  std::set<string> names_;
  std::map<const void*, Tensor> found_;  // by variable; undefined if nothing fits
  std::vector<Move> moves_;
};

// What a person could do about a state that does not fit.
string hint(const LoadReport& report) {
  const string prefix = common_prefix(report.missing, report.unexpected);
  if (!prefix.empty()) return "its names begin with '" + prefix + "': set strip_prefix to that";
  const string above = common_prefix(report.unexpected, report.missing);
  if (!above.empty()) {
    return "these look like the names of a part: load into get_submodule(\"" +
           above.substr(0, above.size() - 1) + "\")";
  }
  return report.loaded.empty() ? "is it the state of another model?"
                               : "with strict = false those are loaded";
}

template <class Failure>
LoadReport fill(const string& source, const Module& module, const NamedTensors& state,
                const LoadOptions& options) {
  Plan plan(module, state, options);
  const LoadReport& report = plan.report;
  if (options.strict && !report.complete()) {
    throw Failure(source + std::to_string(report.loaded.size()) + " of " +
                  std::to_string(state.size()) + " tensors fit the " +
                  std::to_string(module.state_variables().size()) + " of " + module.type_name() +
                  "; expected all; " + hint(report) + "\n" + to_string(report));
  }
  plan.carry_out();
  return report;
}

// A .safetensors file, or one of torch.save: a zip archive since PyTorch 1.6, a bare pickle before.
NamedTensors read_state(const std::filesystem::path& path) {
  char start[9] = {};
  std::ifstream file(path, std::ios::binary);
  file.read(start, sizeof start);
  const string_view bytes(start, static_cast<std::size_t>(file.gcount()));
  // The length of a header may begin with the same bytes; then there is a header.
  const bool header = bytes.size() == sizeof start && bytes.back() == '{';
  if (header || !(bytes.starts_with("PK\x03\x04") || bytes.starts_with("\x80\x02"))) {
    return load_safetensors(path).tensors;
  }
  if (bytes.starts_with('P')) return load_torch(path);
  throw IoError("[load] " + path.string() +
                ": a pickle, as PyTorch saved before 1.6; expected a zip archive or a "
                ".safetensors file; load and save it with a later one");
}

}  // namespace

bool LoadReport::complete() const {
  return missing.empty() && unexpected.empty() && wrong_shape.empty() && wrong_dtype.empty() &&
         differing.empty();
}

string to_string(const LoadReport& report) {
  const auto dtypes = [](const LoadReport::DTypes& each) {
    return in_quotes(each.name) + " is " + string(name(each.got)) + ", expected " +
           string(name(each.expected));
  };
  string lines;
  add_line(lines, "missing", report.missing, in_quotes);
  add_line(lines, "unexpected", report.unexpected, [&](const string& name) {
    const string near = nearest(name, report.missing);
    return in_quotes(name) + (near.empty() ? "" : " (did you mean '" + near + "'?)");
  });
  add_line(lines, "wrong shape", report.wrong_shape, [](const LoadReport::Shapes& each) {
    return in_quotes(each.name) + " is " + to_string(each.got) + ", expected " +
           to_string(each.expected);
  });
  add_line(lines, "wrong dtype", report.wrong_dtype, dtypes);
  add_line(lines, "tied, but not the same numbers as before", report.differing, in_quotes);
  add_line(lines, "converted", report.converted, [](const LoadReport::DTypes& each) {
    return in_quotes(each.name) + " from " + string(name(each.got)) + " to " +
           string(name(each.expected));
  });
  add_line(lines, "not finite", report.non_finite, in_quotes);
  return lines;
}

LoadReport load_state_dict(const Module& module, const NamedTensors& state,
                           const LoadOptions& options) {
  return fill<ConfigError>("[load_state_dict] ", module, state, options);
}

void save(const Module& module, const std::filesystem::path& path, const Metadata& metadata,
          TiedWeights tied) {
  if (tied == TiedWeights::kEveryName) return save_safetensors(path, module.state_dict(), metadata);
  const auto variables = module.state_variables();
  std::map<const void*, string> kept;
  for (const auto& [name, x] : variables) {
    string& first = kept.try_emplace(x.node(), name).first->second;
    first = std::min(first, name);
  }
  NamedTensors state;
  Metadata all = metadata;
  for (const auto& [name, x] : variables) {
    const string& first = kept.at(x.node());
    if (first == name) {
      state.emplace_back(name, x.value());
    } else {
      all.try_emplace(name, first);  // where to look for the others
    }
  }
  save_safetensors(path, state, all);
}

LoadReport load(const Module& module, const std::filesystem::path& path,
                const LoadOptions& options) {
  return fill<IoError>("[load] " + path.string() + ": ", module, read_state(path), options);
}

}  // namespace gradus::nn
