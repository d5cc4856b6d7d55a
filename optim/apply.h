#pragma once
// The launcher: applies any element-wise rule to any number of tensors in one fused pass.
#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "optim/tiers.h"
#include "tensor/dtype.h"
#include "tensor/thread_pool.h"

namespace gradus::optim {

/// One parameter in memory: contiguous arrays of n elements of `dtype` that do not overlap.
template <std::size_t kStates>
struct Slot {
  void* theta;
  const void* g;
  std::array<void*, kStates> state;
  std::int64_t n;
  std::int64_t step;  ///< t of this parameter, 1 on its first update
  DType dtype;
  double* scalars = nullptr;  ///< the numbers that the rule keeps for this parameter
};

/// Updates elements begin..end of one slot. The decay mode is a template argument, so that the
/// loop has no branch.
template <bool kL2, bool kDecoupled, class T, class Rule, std::size_t... k>
void update_elements(const Rule rule, const Slot<sizeof...(k)>& slot, std::int64_t begin,
                     std::int64_t end, std::index_sequence<k...>) {
  T* __restrict theta = static_cast<T*>(slot.theta) + begin;
  const T* __restrict gradient = static_cast<const T*>(slot.g) + begin;
  const std::int64_t n = end - begin;
  T decay = 0;
  if constexpr (kL2 || kDecoupled)
    decay = T(kDecoupled ? 1 - rule.lr * rule.weight_decay : rule.weight_decay);
  // Pointers of their own, marked restrict, instead of an array: else nothing is vectorised.
  [&](auto* __restrict... state) {
    for (std::int64_t i = 0; i < n; ++i) {
      T g = gradient[i];
      if constexpr (kL2) g += decay * theta[i];
      if constexpr (kDecoupled) theta[i] *= decay;
      rule(theta[i], g, state[i]...);
    }
  }((static_cast<T*>(slot.state[k]) + begin)...);
}

template <class Rule, std::size_t kStates>
void update_piece(const Rule& rule, const Slot<kStates>& slot, std::int64_t begin,
                  std::int64_t end) {
  dispatch_floating(slot.dtype, [&]<class T>(std::type_identity<T>) {
    constexpr auto kIndices = std::make_index_sequence<kStates>{};
    if constexpr (DecayedByEngine<Rule>) {
      if (rule.weight_decay == 0) {
        update_elements<false, false, T>(rule, slot, begin, end, kIndices);
      } else if (rule.decay_mode == DecayMode::kL2) {
        update_elements<true, false, T>(rule, slot, begin, end, kIndices);
      } else {
        update_elements<false, true, T>(rule, slot, begin, end, kIndices);
      }
    } else {
      update_elements<false, false, T>(rule, slot, begin, end, kIndices);
    }
  });
}

/// Applies the rule to all slots. Parameters that start late have a smaller step of their own.
template <ElementRule Rule, std::size_t kStates>
void apply(Rule rule, std::span<const Slot<kStates>> slots) {
  std::int64_t total = 0, prepared = 0;
  // Whether the rule had to be prepared again.
  const auto prepare = [&](const Slot<kStates>& slot) {
    if (slot.step == prepared && scalar_count<Rule>() == 0) return false;
    begin_step(rule, prepared = slot.step, slot.scalars);
    return true;
  };
  for (const auto& slot : slots) total += slot.n;
  if (total <= kPieceSize) {  // small models: no bookkeeping
    for (const auto& slot : slots) {
      prepare(slot);
      update_piece(rule, slot, 0, slot.n);
    }
    return;
  }
  struct Piece {
    const Slot<kStates>* slot;
    std::size_t rule;
    std::int64_t begin;
  };
  std::vector<Rule> rules;
  std::vector<Piece> pieces;
  for (const auto& slot : slots) {
    if (prepare(slot)) rules.push_back(rule);
    for (std::int64_t i = 0; i < slot.n; i += kPieceSize) {
      pieces.push_back({&slot, rules.size() - 1, i});
    }
  }
  parallel_for(static_cast<std::int64_t>(pieces.size()), [&](std::int64_t p) {
    const auto& [slot, which, begin] = pieces[p];
    update_piece(rules[which], *slot, begin, std::min(slot->n, begin + kPieceSize));
  });
}

}  // namespace gradus::optim
