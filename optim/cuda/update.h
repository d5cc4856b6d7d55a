#pragma once
// Update rules on both devices of tensor/cuda/device_kinds.h. Their kernels are made from the lines
// that declare the rules, as Optimizer<Rule> is; see optim/cuda/emit.h.
#include <cstdint>

#include "optim/apply_scaled.h"
#include "optim/byte_levels.h"
#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

/// A rule that has begun a step, and what the engine does to weights before it.
template <class Rule>
struct PreparedRule {
  Rule rule;
  bool l2 = false, decoupled = false;
  double decay = 0;
};

/// A part of a parameter, the work of one block: elements begin, ... of slots[slot].
struct UpdateChunk {
  std::int32_t slot = 0, index = 0;  ///< begin = index * chunk_size<Rule>()
};

/// Elements per chunk. Sums are taken over the pieces of the CPU.
template <class Rule>
constexpr std::int64_t chunk_size() {
  return optim::ScaledRule<Rule> || optim::StoredRule<Rule> ? kPieceSize : kPieceSize / 2;
}

/// What a launch works on, in the memory of the device.
template <class Rule>
struct UpdateTables {
  using Slot = optim::Slot<Rule::kState.size()>;

  const Slot* slots = nullptr;
  const PreparedRule<Rule>* rules = nullptr;
  const std::int32_t* rule_of_slot = nullptr;
  const UpdateChunk* chunks = nullptr;
  const optim::ByteLevels* levels = nullptr;  ///< two of them, of rules with kMaps
  double* sums = nullptr;                     ///< [chunk][Rule::kSums], of scaled rules

  template <class F>
  void visit_pointers(F f) const {
    f(slots), f(rules), f(rule_of_slot), f(chunks), f(levels), f(sums);
  }
};

/// Updates `count` chunks of parameters that have this dtype, or any of 16 bits.
template <class Device, class Rule>
void update(DType dtype, std::int64_t count, const UpdateTables<Rule>& tables,
            const optim::Launch& launch, void* stream);

/// Moves the state of a scaled rule and writes the sums of each chunk, with the bits of the CPU.
template <class Device, class Rule>
void measure(DType dtype, std::int64_t count, const UpdateTables<Rule>& tables,
             const optim::Launch& launch, void* stream);

}  // namespace gradus::gpu
