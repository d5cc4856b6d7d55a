#pragma once
// Names in the messages of the emulated device.
#include <string>
#include <vector>

#include "tensor/simt/device.h"

namespace gradus::simt {

/// "(2, 0, 1)"
std::string to_text(const Dim3& position);
/// "a.cu.cc:7"
std::string to_text(const Here& here);
/// "__syncthreads"
const char* name_of(Wait wait);
inline bool is_barrier(Wait wait) {
  return wait >= Wait::kSyncthreads && wait <= Wait::kSyncthreadsOr;
}
/// "0..15, 20"
std::string ranges(const std::vector<int>& numbers);
/// The numbers of the bits that are set, as ranges.
std::string lanes_of(std::uint32_t mask);

inline bool same_place(const Here& a, const Here& b) {
  return a.line == b.line && (a.file == b.file || std::strcmp(a.file, b.file) == 0);
}

}  // namespace gradus::simt
