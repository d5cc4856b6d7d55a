#include "tensor/cuda/launch_log.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace gradus::gpu {
namespace {

constexpr std::size_t kRemembered = 8;

struct Log {
  std::array<std::atomic<const char*>, kRemembered> kernel{};
  std::atomic<std::uint64_t> count{0}, done{0};
};
constinit Log the_log;

}  // namespace

void note_launch(const char* kernel) noexcept {
  const std::uint64_t number = the_log.count.fetch_add(1, std::memory_order_relaxed);
  the_log.kernel[number % kRemembered].store(kernel, std::memory_order_relaxed);
}

void launches_are_done() noexcept {
  the_log.done.store(the_log.count.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

std::string launches_text() {
  const std::uint64_t count = the_log.count.load(), done = the_log.done.load();
  std::string text;
  for (std::uint64_t i = 0; i < kRemembered && i < count - done; ++i) {
    const char* kernel = the_log.kernel[(count - 1 - i) % kRemembered].load();
    if (kernel == nullptr) break;
    text += (i == 0 ? "; launched since the last check, the latest first: " : ", ") +
            launch_name(kernel);
  }
  if (text.empty()) return text;
  if (count - done > kRemembered) text += " ...";
  return text + "; with GRADUS_CUDA_SYNC=1 each launch waits, and the error names the one";
}

bool launches_wait() {
  static const bool waits = [] {
    const char* given = std::getenv("GRADUS_CUDA_SYNC");
    return given != nullptr && std::string_view(given) == "1";
  }();
  return waits;
}

std::string launch_name(const char* kernel) {
  std::string_view text = kernel;
  if (text.starts_with('(') && text.ends_with(')'))
    return std::string(text.substr(1, text.size() - 2));
  return std::string(text);
}

}  // namespace gradus::gpu
