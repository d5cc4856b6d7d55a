#include "optim/state_file.h"

#include <cstdio>
#include <cstdlib>

#include "tensor/io/safetensors.h"

namespace gradus::optim {
namespace {

constexpr const char* kFormat = "gradus.optim";

// 17 digits name every double; nan and inf are words that strtod reads.
std::string exact(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

}  // namespace

void save_state(const std::filesystem::path& path, const StateDict& state) {
  Metadata metadata = {{"format", kFormat}, {"rule", state.rule}};
  for (const auto& [key, value] : state.engine) metadata["engine/" + key] = exact(value);
  for (const auto& [group, settings] : state.groups) {
    for (const auto& [name, value] : settings) {
      metadata["group/" + group + "/" + name] = exact(value);
    }
  }
  save_safetensors(path, {state.tensors.begin(), state.tensors.end()}, metadata);
}

StateDict load_state(const std::filesystem::path& path) {
  const Safetensors file = load_safetensors(path);
  const auto format = file.metadata.find("format"), rule = file.metadata.find("rule");
  if (format == file.metadata.end() || format->second != kFormat || rule == file.metadata.end()) {
    throw IoError("[load_state] " + path.string() +
                  ": no optimizer's state; expected a file of save_state");
  }
  StateDict state;
  state.rule = rule->second;
  state.tensors.insert(file.tensors.begin(), file.tensors.end());
  for (const auto& [key, text] : file.metadata) {
    const bool engine = key.starts_with("engine/"), group = key.starts_with("group/");
    if (!engine && !group) continue;
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0') {
      throw IoError("[load_state] " + path.string() + ": '" + key + "' is '" + text +
                    "'; expected a number");
    }
    if (engine) {
      state.engine[key.substr(7)] = value;
    } else {
      const std::size_t slash = key.rfind('/');  // a group's name may have others
      state.groups[slash > 6 ? key.substr(6, slash - 6) : ""][key.substr(slash + 1)] = value;
    }
  }
  return state;
}

}  // namespace gradus::optim
