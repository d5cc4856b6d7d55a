#pragma once
// The launcher of rules that need sums over a tensor: one pass that moves the state and adds up,
// one that moves theta. Pieces have a fixed size and are added in order, so that the sums do not
// depend on the number of threads.
#include "optim/apply.h"

namespace gradus::optim {

/// The terms that a row of the loop adds up side by side; each lane has a sum of its own, in
/// double, so that the loop is vectorised and 1e8 elements lose no digits.
inline constexpr std::int64_t kLanes = 16;

template <class Rule>
using Lanes = std::array<std::array<double, kLanes>, Rule::kSums>;

template <class T, class Rule, std::size_t... k>
void measure_elements(const Rule rule, const T* __restrict theta, const T* __restrict g,
                      const std::array<void*, sizeof...(k)>& states,
                      [[maybe_unused]] std::int64_t begin, std::int64_t n, Lanes<Rule>& lanes,
                      std::index_sequence<k...>) {
  [&](auto* __restrict... state) {
    for (std::int64_t first = 0; first < n; first += kLanes) {
      const std::int64_t last = std::min(n, first + kLanes);
      for (std::int64_t i = first; i < last; ++i) {
        const std::array<T, Rule::kSums> terms = rule.measure(theta[i], g[i], state[i]...);
        for (std::size_t s = 0; s < Rule::kSums; ++s) {
          lanes[s][i - first] += static_cast<double>(terms[s]);
        }
      }
    }
  }((static_cast<T*>(states[k]) + begin)...);
}

/// The sums of elements begin..end, through buffers where the launcher takes them too. A buffer is
/// a whole number of rows, so that the sums are the same.
template <class T, class Rule, std::size_t kStates>
std::array<double, Rule::kSums> measure_piece(const Rule& rule, const Launch& launch,
                                              const Slot<kStates>& slot, std::int64_t begin,
                                              std::int64_t end) {
  static_assert(kBlock % kLanes == 0);
  constexpr auto kIndices = std::make_index_sequence<kStates>{};
  Lanes<Rule> lanes = {};
  if (!is_half(slot.dtype) && launch.gradient.plain()) {
    measure_elements<T>(rule, static_cast<const T*>(slot.theta) + begin,
                        static_cast<const T*>(slot.g) + begin, slot.state, begin, end - begin,
                        lanes, kIndices);
  } else {
    T numbers[kBlock], gradient[kBlock];
    const auto bytes = static_cast<std::int64_t>(size_of(slot.dtype));
    for (; begin < end; begin += kBlock) {
      const std::int64_t n = std::min(kBlock, end - begin);
      const auto* const theta = static_cast<const std::byte*>(slot.theta) + begin * bytes;
      prepare_gradient(slot.dtype, static_cast<const std::byte*>(slot.g) + begin * bytes, n,
                       launch.gradient, gradient);
      const T* read = reinterpret_cast<const T*>(theta);
      if constexpr (std::is_same_v<T, float>) {
        if (is_half(slot.dtype)) {
          const auto* const low = static_cast<const std::byte*>(slot.low);
          load_half(slot.dtype, launch.low_precision, theta,
                    low == nullptr ? nullptr : low + begin * 2, n, numbers);
          read = numbers;
        }
      }
      measure_elements<T>(rule, read, gradient, slot.state, begin, n, lanes, kIndices);
    }
  }
  std::array<double, Rule::kSums> sums = {};
  for (std::size_t s = 0; s < Rule::kSums; ++s) {
    for (const double lane : lanes[s]) sums[s] += lane;
  }
  return sums;
}

/// Applies a scaled rule to all slots, one norm per slot.
template <ScaledRule Rule, std::size_t kStates>
void apply(Rule rule, std::span<const Slot<kStates>> slots, const Launch& launch = {}) {
  using Sums = std::array<double, Rule::kSums>;
  struct Piece {
    std::size_t slot;
    std::int64_t begin;
  };
  // Kept, so that small steps do not allocate.
  thread_local std::vector<Rule> rules;
  thread_local std::vector<Piece> pieces;
  thread_local std::vector<Sums> sums;
  rules.clear();
  pieces.clear();
  for (std::size_t s = 0; s < slots.size(); ++s) {
    begin_step(rule, slots[s].step, slots[s].scalars);
    rules.push_back(rule);
    for (std::int64_t i = 0; i < slots[s].n; i += kPieceSize) pieces.push_back({s, i});
  }
  sums.assign(pieces.size(), {});
  // Other threads see the vectors of this one.
  const std::span<Rule> all = rules;
  const std::span<const Piece> work = pieces;
  const std::span<Sums> found = sums;
  std::int64_t total_elements = 0;
  for (const auto& slot : slots) total_elements += slot.n;
  const auto each = [&](auto f) {
    if (total_elements <= kPieceSize) {  // small models: to wake a thread would take longer
      for (std::size_t p = 0; p < work.size(); ++p) {
        f(static_cast<std::int64_t>(p), slots[work[p].slot], slots[work[p].slot].n);
      }
      return;
    }
    parallel_for(static_cast<std::int64_t>(work.size()), [&](std::int64_t p) {
      const Slot<kStates>& slot = slots[work[p].slot];
      f(p, slot, std::min(slot.n, work[p].begin + kPieceSize));
    });
  };
  each([&](std::int64_t p, const Slot<kStates>& slot, std::int64_t end) {
    const DType computed = slot.dtype == kFloat64 ? kFloat64 : kFloat32;
    dispatch_floating(computed, [&]<class T>(std::type_identity<T>) {
      found[p] = measure_piece<T>(all[work[p].slot], launch, slot, work[p].begin, end);
    });
  });
  for (std::size_t s = 0, p = 0; s < slots.size(); ++s) {
    Sums total = {};
    for (; p < work.size() && work[p].slot == s; ++p) {
      for (std::size_t i = 0; i < Rule::kSums; ++i) total[i] += found[p][i];
    }
    all[s].begin_apply(total, slots[s].n);
  }
  each([&](std::int64_t p, const Slot<kStates>& slot, std::int64_t end) {
    update_piece(all[work[p].slot], launch, slot, work[p].begin, end);
  });
}

}  // namespace gradus::optim
