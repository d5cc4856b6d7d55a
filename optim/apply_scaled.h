#pragma once
// The launcher of rules that need sums over a tensor: one pass that moves the state and adds up,
// one that moves theta. Pieces have a fixed size and are added in order, so that the sums do not
// depend on the number of threads.
#include "optim/apply.h"

namespace gradus::optim {

/// The terms that a row of the loop adds up side by side; each lane has a sum of its own, in
/// double, so that the loop is vectorised and 1e8 elements lose no digits.
inline constexpr std::int64_t kLanes = 16;

template <class T, class Rule, std::size_t... k>
std::array<double, Rule::kSums> measure_elements(const Rule rule, const Slot<sizeof...(k)>& slot,
                                                 std::int64_t begin, std::int64_t end,
                                                 std::index_sequence<k...>) {
  const T* __restrict theta = static_cast<const T*>(slot.theta) + begin;
  const T* __restrict g = static_cast<const T*>(slot.g) + begin;
  const std::int64_t n = end - begin;
  double lanes[Rule::kSums][kLanes] = {};
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
  }((static_cast<T*>(slot.state[k]) + begin)...);
  std::array<double, Rule::kSums> sums = {};
  for (std::size_t s = 0; s < Rule::kSums; ++s) {
    for (const double lane : lanes[s]) sums[s] += lane;
  }
  return sums;
}

/// Applies a scaled rule to all slots, one norm per slot.
template <ScaledRule Rule, std::size_t kStates>
void apply(Rule rule, std::span<const Slot<kStates>> slots) {
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
  const auto each = [&](auto f) {
    parallel_for(static_cast<std::int64_t>(work.size()), [&](std::int64_t p) {
      const Slot<kStates>& slot = slots[work[p].slot];
      f(p, slot, std::min(slot.n, work[p].begin + kPieceSize));
    });
  };
  each([&](std::int64_t p, const Slot<kStates>& slot, std::int64_t end) {
    dispatch_floating(slot.dtype, [&]<class T>(std::type_identity<T>) {
      found[p] = measure_elements<T>(all[work[p].slot], slot, work[p].begin, end,
                                     std::make_index_sequence<kStates>{});
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
    update_piece(all[work[p].slot], slot, work[p].begin, end);
  });
}

}  // namespace gradus::optim
