#include "tensor/simt/texts.h"

#include "tensor/simt/launch.h"

namespace gradus::simt {

std::string to_text(const Dim3& position) {
  return "(" + std::to_string(position.x) + ", " + std::to_string(position.y) + ", " +
         std::to_string(position.z) + ")";
}

std::string to_text(const Here& here) {
  return std::string(here.file) + ":" + std::to_string(here.line);
}

const char* name_of(Wait wait) {
  switch (wait) {
    case Wait::kNothing:
      return "device function";
    case Wait::kSyncthreads:
      return "__syncthreads";
    case Wait::kSyncthreadsCount:
      return "__syncthreads_count";
    case Wait::kSyncthreadsAnd:
      return "__syncthreads_and";
    case Wait::kSyncthreadsOr:
      return "__syncthreads_or";
    case Wait::kSyncwarp:
      return "__syncwarp";
    case Wait::kShfl:
      return "__shfl_sync";
    case Wait::kShflUp:
      return "__shfl_up_sync";
    case Wait::kShflDown:
      return "__shfl_down_sync";
    case Wait::kShflXor:
      return "__shfl_xor_sync";
    case Wait::kBallot:
      return "__ballot_sync";
    case Wait::kAny:
      return "__any_sync";
    case Wait::kAll:
      return "__all_sync";
    case Wait::kMatchAny:
      return "__match_any_sync";
    default:
      return "__reduce_sync";
  }
}

std::string ranges(const std::vector<int>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    text += (text.empty() ? "" : ", ") + std::to_string(numbers[i]);
    if (end > i + 1) text += ".." + std::to_string(numbers[end - 1]);
    i = end;
  }
  return text;
}

std::string lanes_of(std::uint32_t mask) {
  std::vector<int> lanes;
  for (int lane = 0; lane < kWarp; ++lane) {
    if (mask >> lane & 1) lanes.push_back(lane);
  }
  return ranges(lanes);
}

std::string_view limits() {
  return "cuda_emulated runs CUDA kernels on the CPU, to test and to teach. What it does not "
         "show:\n"
         "  speed: no coalescing, bank conflicts, occupancy or cost of divergence;\n"
         "  all orders: blocks run one by one, a thread up to its next barrier, in one order of "
         "many;\n"
         "  a weak memory model: a missing fence may go unseen, and so may reads of stale values;\n"
         "  last bits: the GPU's exp, log and the like round differently, atomics add in any "
         "order;\n"
         "  what nvcc refuses: g++ takes host functions in kernels, so compile with nvcc too;\n"
         "  streams: every kernel is done when its launch returns;\n"
         "  host code that reads device memory: here it is ordinary memory.\n";
}

}  // namespace gradus::simt
