#pragma once
// Whether there is a GPU. Names no CUDA type: any part of Gradus may ask.
#include <string>

namespace gradus::cuda {

/// Empty when a GPU can be used, else the reason: "this build has no CUDA; build with
/// --config=cuda", or what the driver said. Never throws, and is the same for the whole program.
const std::string& why_unavailable();

inline bool is_available() { return why_unavailable().empty(); }

}  // namespace gradus::cuda
