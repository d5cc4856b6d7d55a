#include "optim/bitsandbytes_state.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "optim/quantize.h"

namespace gradus::optim {
namespace {

[[noreturn]] void refuse(const std::string& text) {
  throw ConfigError("[from_bitsandbytes] " + text);
}

// Whether the file's codes mean what ours do.
bool is_our_map(const Tensor& map, ByteMap ours) {
  const std::vector<double> values = map.to_vector();
  const auto expected = byte_map(ours);
  return std::ranges::equal(values, expected, [](double a, float b) {
    return std::fabs(a - static_cast<double>(b)) <= 1e-6 * std::fabs(a);
  });
}

}  // namespace

StateDict from_bitsandbytes(const TorchState& file, const StateDict& like,
                            const std::vector<std::string>& names) {
  if (like.rule != "Adam8bit" && like.rule != "AdamW8bit") {
    refuse("rule: " + like.rule + "; expected Adam8bit or AdamW8bit");
  }
  const std::map<std::string, Tensor> given(file.tensors.begin(), file.tensors.end());
  StateDict result = like;
  double most = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string prefix = "state." + std::to_string(i);
    const auto find = [&](const std::string& name) -> const Tensor& {
      const auto found = given.find(prefix + "." + name);
      if (found == given.end()) refuse(prefix + ": no '" + name + "'; expected it beside bytes");
      return found->second;
    };
    if (!given.contains(prefix + ".state1")) continue;  // it never had a gradient
    for (const auto& [ours, theirs, map] :
         {std::tuple{"m", "1", ByteMap::kSigned}, {"v", "2", ByteMap::kUnsigned}}) {
      const Tensor& state = find(std::string("state") + theirs);
      const std::string name = names[i] + "/" + ours;
      if (state.dtype() != kUInt8) {
        result.tensors.insert_or_assign(name, state.to(kFloat32));
        continue;
      }
      const std::string qmap = std::string("qmap") + theirs;
      if (!is_our_map(find(qmap), map)) {
        refuse(prefix + "." + qmap + ": other values; expected the dynamic map of 8 bits");
      }
      result.tensors.insert_or_assign(name + "8", state.clone());
      result.tensors.insert_or_assign(name + "_max", find(std::string("absmax") + theirs).clone());
    }
    const double steps = find("step").item();
    result.tensors.insert_or_assign(names[i] + "/step", full({}, steps, kInt64));
    most = std::max(most, steps);
  }
  if (given.contains("state." + std::to_string(names.size()) + ".state1")) {
    refuse("parameters: more in the file than " + std::to_string(names.size()) +
           " names; expected equally many");
  }
  if (result.groups.size() == 1 && !file.metadata.contains("group.1.lr")) {
    const std::map<std::string, std::string> theirs = {{"lr", "lr"},
                                                       {"beta1", "betas.0"},
                                                       {"beta2", "betas.1"},
                                                       {"eps", "eps"},
                                                       {"weight_decay", "weight_decay"}};
    for (auto& [name, value] : result.groups.begin()->second) {
      const auto word = theirs.find(name);
      if (word == theirs.end()) continue;
      const auto found = file.metadata.find("group.0." + word->second);
      if (found != file.metadata.end()) value = std::strtod(found->second.c_str(), nullptr);
    }
  }
  result.engine["steps"] = most;
  return result;
}

}  // namespace gradus::optim
