#pragma once
// Which kernels were launched lately. A kernel that fails on a GPU is noticed later, by whatever
// waits for it: the error then names those that may have been it.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace gradus::gpu {

/// The text must live for ever.
void note_launch(const char* kernel) noexcept;
/// All kernels launched so far are done, without an error.
void launches_are_done() noexcept;

/// "" or "; launched since the last check, the latest first: softmax_rows<T>, Tanh; with
/// GRADUS_CUDA_SYNC=1 each launch waits, and the error names the one". At most 8 kernels.
std::string launches_text();

/// Whether each launch waits for its kernel, to name the one that fails: GRADUS_CUDA_SYNC=1.
bool launches_wait();

/// "sum_naive<T>" of "(sum_naive<T>)", as a kernel whose name has commas is written.
std::string launch_name(const char* kernel);

/// "Tanh" of Forward<ops::Tanh>, "Tanh (backward)" of Backward<ops::Tanh, 0>: kernels that are made
/// from rules are called by them.
template <class F>
constexpr auto label_of() {
  constexpr std::string_view kText = __PRETTY_FUNCTION__, kBackward = " (backward)";
  constexpr std::size_t kFirst = kText.find("ops::") + 5;
  constexpr std::size_t kLength = kText.find_first_of(">,", kFirst) - kFirst;
  std::array<char, kLength + kBackward.size() + 1> label{};
  std::copy_n(kText.begin() + kFirst, kLength, label.begin());
  if (kText.find("Backward<") != kText.npos) {
    std::copy(kBackward.begin(), kBackward.end(), label.begin() + kLength);
  }
  return label;
}
template <class F>
inline constexpr auto kLaunchLabel = label_of<F>();

}  // namespace gradus::gpu
