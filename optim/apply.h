#pragma once
// The launcher: applies any element-wise rule to any number of tensors in one fused pass.
#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "optim/gradient_use.h"
#include "optim/low_precision.h"
#include "optim/tiers.h"
#include "tensor/dtype.h"
#include "tensor/thread_pool.h"

namespace gradus::optim {

/// One parameter in memory: contiguous arrays of n elements that do not overlap. theta and g have
/// `dtype`; state has the dtype that the rule computes in: float64 for float64, else float32.
template <std::size_t kStates>
struct Slot {
  void* theta;
  const void* g;
  std::array<void*, kStates> state;
  std::int64_t n;
  std::int64_t step;  ///< t of this parameter, 1 on its first update
  DType dtype;
  void* low = nullptr;        ///< what is left over of a half dtype, see LowPrecision
  std::uint64_t key = 0;      ///< of stochastic rounding, of the parameter
  double* scalars = nullptr;  ///< the numbers that the rule keeps for this parameter
  std::int64_t first = 0;     ///< number of its first element, where it is a part of a parameter
};

/// What holds for all slots of a launch.
struct Launch {
  GradientUse gradient = {};
  LowPrecision low_precision = LowPrecision::kSplitMaster;
  double max_lr = 1;        ///< of DecayMode::kFullyDecoupled
  std::uint64_t key = 0;    ///< of stochastic rounding, of the optimizer
  bool keep_theta = false;  ///< only the state moves
};

/// How much of DecayMode::kFullyDecoupled's weight_decay acts. Without lr nothing does, also in a
/// group that began with lr 0.
inline double lr_share(double lr, double max_lr) { return lr == 0 ? 0 : lr / max_lr; }

/// What one step takes of theta, in the modes in which it does.
template <class Rule>
double decay_of_step(const Rule& rule, double max_lr) {
  return rule.decay_mode == DecayMode::kFullyDecoupled
             ? lr_share(rule.lr, max_lr) * rule.weight_decay
             : rule.lr * rule.weight_decay;
}

/// Elements that fit into buffers in the cache.
inline constexpr std::int64_t kBlock = 512;

/// Updates n elements. The decay mode is a template argument, so that the loop has no branch.
template <bool kL2, bool kDecoupled, class T, class Rule, std::size_t... k>
void update_elements(const Rule rule, double max_lr, T* __restrict theta,
                     const T* __restrict gradient, const std::array<void*, sizeof...(k)>& states,
                     [[maybe_unused]] std::int64_t begin, std::int64_t n,
                     std::index_sequence<k...>) {
  T decay = 0;
  if constexpr (kL2) decay = T(rule.weight_decay);
  if constexpr (kDecoupled) decay = T(decay_of_step(rule, max_lr));
  // Pointers of their own, marked restrict, instead of an array: else nothing is vectorised.
  [&](auto* __restrict... state) {
  // They are distinct: with six arrays the compiler would rather give up than compare them all.
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) {
      T g = gradient[i];
      if constexpr (kL2) g += decay * theta[i];
      // Not theta *= 1 - decay: in float that factor is off by up to 3e-8 in every step.
      if constexpr (kDecoupled) theta[i] -= decay * theta[i];
      rule(theta[i], g, state[i]...);
    }
  }((static_cast<T*>(states[k]) + begin)...);
}

// Not inlined: the loops of a rule, six of them, are compiled once for all who call them.
template <class T, class Rule, std::size_t kStates>
[[gnu::noinline]] void update_numbers(const Rule& rule, double max_lr, T* theta, const T* g,
                                      const std::array<void*, kStates>& states, std::int64_t begin,
                                      std::int64_t n) {
  constexpr auto kIndices = std::make_index_sequence<kStates>{};
  if constexpr (DecayedByEngine<Rule>) {
    if (rule.weight_decay != 0 && rule.decay_mode == DecayMode::kL2) {
      return update_elements<true, false, T>(rule, max_lr, theta, g, states, begin, n, kIndices);
    }
    if (rule.weight_decay != 0) {
      return update_elements<false, true, T>(rule, max_lr, theta, g, states, begin, n, kIndices);
    }
  }
  update_elements<false, false, T>(rule, max_lr, theta, g, states, begin, n, kIndices);
}

/// A block of theta as numbers that a rule computes with, and back; `low` as in load_half().
template <class T>
void load_theta(DType dtype, LowPrecision way, const void* theta, const void* low, std::int64_t n,
                T* numbers) {
  if constexpr (std::is_same_v<T, float>) {
    if (is_half(dtype)) return load_half(dtype, way, theta, low, n, numbers);
  }
  std::copy_n(static_cast<const T*>(theta), n, numbers);
}
template <class T>
void store_theta(DType dtype, LowPrecision way, const T* numbers, std::int64_t n,
                 const RoundingStream& stream, void* theta, void* low) {
  if constexpr (std::is_same_v<T, float>) {
    if (is_half(dtype)) return store_half(dtype, way, numbers, n, stream, theta, low);
  }
  std::copy_n(numbers, n, static_cast<T*>(theta));
}

/// The same through buffers that stay in the cache, for gradients that change on their way into the
/// rule, parameters of 16 bits, and steps that move the state only.
template <class T, class Rule, std::size_t kStates>
void update_buffered(const Rule& rule, const Launch& launch, const Slot<kStates>& slot,
                     std::int64_t begin, std::int64_t end) {
  T numbers[kBlock], gradient[kBlock];
  const auto bytes = static_cast<std::int64_t>(size_of(slot.dtype));
  for (; begin < end; begin += kBlock) {
    const std::int64_t n = std::min(kBlock, end - begin);
    auto* const theta = static_cast<std::byte*>(slot.theta) + begin * bytes;
    auto* const low = slot.low == nullptr ? nullptr : static_cast<std::byte*>(slot.low) + begin * 2;
    prepare_gradient(slot.dtype, static_cast<const std::byte*>(slot.g) + begin * bytes, n,
                     launch.gradient, gradient);
    if (is_half(slot.dtype) || launch.keep_theta) {
      load_theta<T>(slot.dtype, launch.low_precision, theta, low, n, numbers);
      update_numbers<T>(rule, launch.max_lr, numbers, gradient, slot.state, begin, n);
      if (launch.keep_theta) continue;
      store_theta<T>(slot.dtype, launch.low_precision, numbers, n,
                     {slot.key ^ launch.key, slot.step, begin}, theta, low);
      continue;
    }
    update_numbers<T>(rule, launch.max_lr, reinterpret_cast<T*>(theta), gradient, slot.state, begin,
                      n);
  }
}

template <class T, class Rule, std::size_t kStates>
void update_stored(const Rule& rule, const Launch& launch, const Slot<kStates>& slot,
                   std::int64_t begin, std::int64_t end);  // optim/apply_stored.h

template <class Rule, std::size_t kStates>
void update_piece(const Rule& rule, const Launch& launch, const Slot<kStates>& slot,
                  std::int64_t begin, std::int64_t end) {
  const DType computed = slot.dtype == kFloat64 ? kFloat64 : kFloat32;
  dispatch_floating(computed, [&]<class T>(std::type_identity<T>) {
    if constexpr (StoredRule<Rule>) {
      update_stored<T>(rule, launch, slot, begin, end);
    } else if (is_half(slot.dtype) || launch.keep_theta || !launch.gradient.plain()) {
      update_buffered<T>(rule, launch, slot, begin, end);
    } else {
      update_numbers<T>(rule, launch.max_lr, static_cast<T*>(slot.theta) + begin,
                        static_cast<const T*>(slot.g) + begin, slot.state, begin, end - begin);
    }
  });
}

/// Applies the rule to all slots. Parameters that start late have a smaller step of their own.
template <class Rule, std::size_t kStates>
requires(ElementRule<Rule> || StoredRule<Rule>) void apply(Rule rule,
                                                           std::span<const Slot<kStates>> slots,
                                                           const Launch& launch = {}) {
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
      update_piece(rule, launch, slot, 0, slot.n);
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
    update_piece(rules[which], launch, *slot, begin, std::min(slot->n, begin + kPieceSize));
  });
}

}  // namespace gradus::optim
