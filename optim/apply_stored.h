#pragma once
// The launcher of rules that keep the state of an element rule in another form or place: block by
// block it is brought to where the element rule can work on it, and taken back.
#include "optim/apply.h"

namespace gradus::optim {

/// Updates elements begin..end; begin is a multiple of kPieceSize. Shapes as in Slot.
template <class T, class Rule, std::size_t kStates>
void update_stored(const Rule& rule, const Launch& launch, const Slot<kStates>& slot,
                   std::int64_t begin, std::int64_t end) {
  using Inner = typename Rule::Inner;
  constexpr std::size_t kSeen = Inner::kState.size();
  T numbers[kBlock], gradient[kBlock], state[kSeen][kBlock];
  std::array<T*, kSeen> seen;
  std::array<void*, kSeen> arrays;
  for (std::size_t k = 0; k < kSeen; ++k) arrays[k] = seen[k] = state[k];
  const auto bytes = static_cast<std::int64_t>(size_of(slot.dtype));
  for (; begin < end; begin += kBlock) {
    const std::int64_t n = std::min(kBlock, end - begin);
    auto* const theta = static_cast<std::byte*>(slot.theta) + begin * bytes;
    auto* const low = slot.low == nullptr ? nullptr : static_cast<std::byte*>(slot.low) + begin * 2;
    prepare_gradient(slot.dtype, static_cast<const std::byte*>(slot.g) + begin * bytes, n,
                     launch.gradient, gradient);
    load_theta<T>(slot.dtype, launch.low_precision, theta, low, n, numbers);
    rule.load(slot.state, begin, n, seen);
    if constexpr (requires { requires Rule::kSkipsNonFinite; }) {
      T before[kBlock];
      std::copy_n(numbers, n, before);
      update_numbers<T>(static_cast<const Inner&>(rule), launch.max_lr, numbers, gradient, arrays,
                        0, n);
      for (std::int64_t i = 0; i < n; ++i) {
        const bool finite = gradient[i] - gradient[i] == T(0);
        numbers[i] = finite ? numbers[i] : before[i];
        for (std::size_t k = 0; k < kSeen; ++k) state[k][i] = finite ? state[k][i] : T(0);
      }
    } else {
      update_numbers<T>(static_cast<const Inner&>(rule), launch.max_lr, numbers, gradient, arrays,
                        0, n);
    }
    rule.store(slot.state, begin, n, seen);
    if (launch.keep_theta) continue;
    store_theta<T>(slot.dtype, launch.low_precision, numbers, n,
                   {slot.key ^ launch.key, slot.step, begin}, theta, low);
  }
}

}  // namespace gradus::optim
