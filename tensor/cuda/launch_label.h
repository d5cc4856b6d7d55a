#pragma once
// What kernels that are made from rules are called in errors. Kernel files include it, so no header
// that takes nvcc long.
#include <array>
#include <string_view>

namespace gradus::gpu {

/// "Tanh" of Forward<ops::Tanh>, "Tanh (backward)" of Backward<ops::Tanh, 0>.
template <class F>
constexpr auto label_of() {
  constexpr std::string_view kText = __PRETTY_FUNCTION__, kBackward = " (backward)";
  constexpr std::size_t kFirst = kText.find("ops::") + 5;
  constexpr std::size_t kLength = kText.find_first_of(">,", kFirst) - kFirst;
  std::array<char, kLength + kBackward.size() + 1> label{};
  char* end = label.data();
  for (const char c : kText.substr(kFirst, kLength)) *end++ = c;
  if (kText.find("Backward<") != kText.npos) {
    for (const char c : kBackward) *end++ = c;
  }
  return label;
}
template <class F>
inline constexpr auto kLaunchLabel = label_of<F>();

}  // namespace gradus::gpu
