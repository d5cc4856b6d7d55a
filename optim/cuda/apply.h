#pragma once
// The launcher for parameters of a device: any rule over any number of tensors in one launch for
// each of the dtypes float32, float64 and the half ones (scaled rules: two, with sums between).
#include <array>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "optim/cuda/update.h"
#include "optim/quantize.h"
#include "tensor/cuda/dispatch.h"
#include "tensor/cuda/runtime.h"

namespace gradus::optim {

/// Arrays of plain values that go to a device in one copy.
class DeviceTable {
 public:
  /// Where the array will be, in bytes.
  template <class T>
  std::size_t add(std::span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T>);
    const std::size_t at = (bytes_.size() + 15) / 16 * 16;
    bytes_.resize(at + values.size_bytes());
    if (!values.empty()) std::memcpy(bytes_.data() + at, values.data(), values.size_bytes());
    return at;
  }
  void send(Device device) {
    there_ = Tensor::empty({static_cast<std::int64_t>(bytes_.size())}, kUInt8, device);
    gpu::copy_to_device(device, there_.raw_device_data(), bytes_.data(), bytes_.size());
  }
  /// An array once more, after it has changed.
  template <class T>
  void send_again(std::size_t at, std::span<const T> values) {
    gpu::copy_to_device(there_.device(), address(at), values.data(), values.size_bytes());
  }
  void* address(std::size_t at) const {
    return static_cast<std::byte*>(there_.raw_device_data()) + at;
  }

 private:
  std::vector<std::byte> bytes_;
  Tensor there_;
};

template <class Rule>
gpu::PreparedRule<Rule> prepared_rule(const Rule& rule, const Launch& launch) {
  gpu::PreparedRule<Rule> prepared{rule};
  if constexpr (DecayedByEngine<Rule>) {
    prepared.l2 = rule.weight_decay != 0 && rule.decay_mode == DecayMode::kL2;
    prepared.decoupled = rule.weight_decay != 0 && !prepared.l2;
    prepared.decay = prepared.l2 ? rule.weight_decay : decay_of_step(rule, launch.max_lr);
  }
  return prepared;
}

/// The three kinds of parameters that kernels tell apart.
inline constexpr std::array<DType, 3> kKernelTypes = {kFloat32, kFloat64, kBFloat16};
inline std::size_t kernel_type(DType dtype) {
  return dtype == kFloat32 ? 0 : dtype == kFloat64 ? 1 : 2;
}

/// Applies an element rule, a scaled rule or one with bytes to slots whose addresses are those of
/// the device. The same bits as apply() on the CPU.
template <class Rule, std::size_t kStates>
void apply_there(Device device, Rule rule, std::span<const Slot<kStates>> slots,
                 const Launch& launch) {
  std::vector<gpu::PreparedRule<Rule>> rules;
  std::vector<std::int32_t> rule_of_slot;
  std::array<std::vector<gpu::UpdateChunk>, 3> chunks;
  std::int64_t prepared = 0;
  for (std::size_t s = 0; s < slots.size(); ++s) {
    if (slots[s].step != prepared || scalar_count<Rule>() > 0 || ScaledRule<Rule>) {
      begin_step(rule, prepared = slots[s].step, slots[s].scalars);
      rules.push_back(prepared_rule(rule, launch));
    }
    rule_of_slot.push_back(static_cast<std::int32_t>(rules.size()) - 1);
    const std::int64_t count = (slots[s].n + gpu::chunk_size<Rule>() - 1) / gpu::chunk_size<Rule>();
    for (std::int64_t c = 0; c < count; ++c) {
      chunks[kernel_type(slots[s].dtype)].push_back(
          {static_cast<std::int32_t>(s), static_cast<std::int32_t>(c)});
    }
  }
  DeviceTable table;
  const std::size_t slots_at = table.add(slots);
  const std::size_t rules_at = table.add(std::span<const gpu::PreparedRule<Rule>>(rules));
  const std::size_t which_at = table.add(std::span<const std::int32_t>(rule_of_slot));
  std::size_t chunks_at[3], levels_at = 0;
  for (int i = 0; i < 3; ++i) {
    chunks_at[i] = table.add(std::span<const gpu::UpdateChunk>(chunks[i]));
  }
  if constexpr (ByteRule<Rule>) {
    const ByteLevels levels[] = {levels_of(Rule::kMaps[0]), levels_of(Rule::kMaps[1])};
    levels_at = table.add(std::span<const ByteLevels>(levels));
  }
  table.send(device);
  using Tables = gpu::UpdateTables<Rule>;
  Tables tables;
  tables.slots = static_cast<const Slot<kStates>*>(table.address(slots_at));
  tables.rules = static_cast<const gpu::PreparedRule<Rule>*>(table.address(rules_at));
  tables.rule_of_slot = static_cast<const std::int32_t*>(table.address(which_at));
  if (ByteRule<Rule>) tables.levels = static_cast<const ByteLevels*>(table.address(levels_at));
  // f(dtype, chunks) with the tables of this kind of parameters.
  const auto each_kind = [&](auto f) {
    for (int i = 0; i < 3; ++i) {
      if (chunks[i].empty()) continue;
      tables.chunks = static_cast<const gpu::UpdateChunk*>(table.address(chunks_at[i]));
      f(kKernelTypes[i], chunks[i]);
    }
  };
  gpu::on_device(device, [&]<class D>(std::type_identity<D>) {
    if constexpr (ScaledRule<Rule>) {
      using Sums = std::array<double, Rule::kSums>;
      std::vector<Sums> total(slots.size(), Sums{});
      each_kind([&](DType dtype, const std::vector<gpu::UpdateChunk>& of_kind) {
        const auto count = static_cast<std::int64_t>(of_kind.size());
        const Tensor sums =
            Tensor::empty({count, static_cast<std::int64_t>(Rule::kSums)}, kFloat64, device);
        tables.sums = sums.device_data<double>();
        gpu::measure<D, Rule>(dtype, count, tables, launch, nullptr);
        std::vector<Sums> found(of_kind.size());
        gpu::copy_to_host(device, found.data(), tables.sums, found.size() * sizeof(Sums));
        for (std::size_t c = 0; c < found.size(); ++c) {
          for (std::size_t i = 0; i < Rule::kSums; ++i) total[of_kind[c].slot][i] += found[c][i];
        }
      });
      tables.sums = nullptr;
      for (std::size_t s = 0; s < slots.size(); ++s) {
        rules[s].rule.begin_apply(total[s], slots[s].n);
      }
      table.send_again(rules_at, std::span<const gpu::PreparedRule<Rule>>(rules));
    }
    each_kind([&](DType dtype, const std::vector<gpu::UpdateChunk>& of_kind) {
      gpu::update<D, Rule>(dtype, static_cast<std::int64_t>(of_kind.size()), tables, launch,
                           nullptr);
    });
  });
}

/// Elements of a parameter that are on the device at a time, with their state.
inline constexpr std::int64_t kStreamed = std::int64_t{1} << 20;

/// The same for a rule whose state is in the memory of the host: chunk by chunk it is brought to
/// the device, the rule inside takes its step, and it is taken back.
template <class Rule, std::size_t kStates>
void apply_streamed(Device device, const Rule& rule, std::span<const Slot<kStates>> slots,
                    const Launch& launch) {
  using Inner = typename Rule::Inner;
  static_assert(Inner::kState.size() == kStates);
  for (const Slot<kStates>& whole : slots) {
    const auto bytes = static_cast<std::int64_t>(size_of(whole.dtype));
    const DType computed = whole.dtype == kFloat64 ? kFloat64 : kFloat32;
    const auto state_bytes = static_cast<std::int64_t>(size_of(computed));
    std::array<Tensor, kStates> room;
    for (Tensor& x : room) x = Tensor::empty({std::min(whole.n, kStreamed)}, computed, device);
    for (std::int64_t begin = 0; begin < whole.n; begin += kStreamed) {
      Slot<kStates> part = whole;
      part.n = std::min(whole.n - begin, kStreamed);
      part.first = begin;
      part.theta = static_cast<std::byte*>(whole.theta) + begin * bytes;
      part.g = static_cast<const std::byte*>(whole.g) + begin * bytes;
      if (whole.low != nullptr) part.low = static_cast<std::byte*>(whole.low) + begin * 2;
      const auto host = [&](std::size_t k) {
        return static_cast<std::byte*>(whole.state[k]) + begin * state_bytes;
      };
      const std::size_t size = part.n * state_bytes;
      for (std::size_t k = 0; k < kStates; ++k) {
        part.state[k] = room[k].raw_device_data();
        gpu::copy_to_device(device, part.state[k], host(k), size);
      }
      apply_there<Inner, kStates>(device, static_cast<const Inner&>(rule),
                                  std::span<const Slot<kStates>>(&part, 1), launch);
      for (std::size_t k = 0; k < kStates; ++k) {
        gpu::copy_to_host(device, host(k), part.state[k], size);
      }
    }
  }
}

}  // namespace gradus::optim
