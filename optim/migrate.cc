// Engine: the state of one rule for another that has the same state in another form.
#include <set>

#include "autograd/node.h"
#include "optim/engine.h"
#include "optim/quantize.h"

namespace gradus::optim {
namespace {

const std::set<std::string>& family() {
  static const std::set<std::string> rules = {"Adam", "Adam8bit", "AdamW", "AdamW8bit",
                                              "PagedAdamW"};
  return rules;
}

Tensor as_numbers(ByteMap map, const Tensor& codes, const Tensor& scales) {
  const Tensor x = Tensor::empty(codes.shape(), kFloat32);
  dequantize(map, codes.data<std::uint8_t>(), scales.data<float>(), codes.numel(), x.data<float>());
  return x;
}

}  // namespace

StateDict Engine::migrated(const StateDict& saved) const {
  if (!family().contains(saved.rule) || !family().contains(rule_name())) {
    std::string known;
    for (const std::string& name : family()) known += (known.empty() ? "" : ", ") + name;
    fail("migrated: from " + saved.rule + "; expected rules that share a state: " + known);
  }
  StateDict result = saved;
  result.rule = rule_name();
  result.tensors.clear();
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const auto old = saved.groups.find(groups_[g].name);
    if (old == saved.groups.end()) {
      fail("state_dict: no group '" + groups_[g].name + "'; expected it");
    }
    auto& settings = result.groups[groups_[g].name];
    settings.clear();
    each_setting(g, [&](const char* name, double value) {
      const auto found = old->second.find(name);
      const bool own = std::string(name) == "weight_decay" || std::string(name) == "decay_mode";
      settings[name] = found == old->second.end() || own ? value : found->second;
    });
    for (const Member& member : groups_[g].members) {
      const std::string prefix = member.name + "/";
      for (const char* same : {"step", "low"}) {
        const auto found = saved.tensors.find(prefix + same);
        if (found != saved.tensors.end()) result.tensors.insert(*found);
      }
      const Shape& shape = member.variable.shape();
      const bool bytes = state_names().size() > 2 && array_shape(g, 2, shape).has_value();
      for (const auto& [name, map] :
           {std::pair{"m", ByteMap::kSigned}, std::pair{"v", ByteMap::kUnsigned}}) {
        const std::string array = prefix + name, codes = array + "8", scales = array + "_max";
        Tensor x;
        if (saved.tensors.contains(array)) x = saved.tensors.at(array);
        if (saved.tensors.contains(codes) && saved.tensors.contains(scales)) {
          const std::int64_t blocks = (numel(shape) + kQuantizedBlock - 1) / kQuantizedBlock;
          if (saved.tensors.at(codes).dtype() != kUInt8 ||
              saved.tensors.at(scales).dtype() != kFloat32 ||
              saved.tensors.at(scales).numel() != blocks) {
            fail("state_dict: '" + codes + "' is no state in bytes; expected uint8 and " +
                 std::to_string(blocks) + " scales of float32");
          }
          if (bytes) {
            result.tensors[codes] = saved.tensors.at(codes);
            result.tensors[scales] = saved.tensors.at(scales);
            continue;
          }
          x = as_numbers(map, saved.tensors.at(codes), saved.tensors.at(scales));
        }
        if (!x.defined()) continue;
        if (x.shape() != shape) {
          throw ShapeError("[" + std::string(rule_name()) + "] state_dict: '" + array + "' is " +
                           to_string(x.shape()) + "; expected " + to_string(shape));
        }
        if (bytes) {
          const Tensor numbers = x.contiguous().to(kFloat32);
          const Tensor to = Tensor::empty(shape, kUInt8);
          const Tensor largest = Tensor::empty(*array_shape(g, 4, shape), kFloat32);
          quantize(map, numbers.data<float>(), numbers.numel(), to.data<std::uint8_t>(),
                   largest.data<float>());
          result.tensors[codes] = to;
          result.tensors[scales] = largest;
        } else {
          result.tensors[array] = x.to(member.variable.dtype() == kFloat64 ? kFloat64 : kFloat32);
        }
      }
    }
  }
  return result;
}

}  // namespace gradus::optim
