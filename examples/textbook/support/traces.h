#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace gradus::textbook {

/// The path of an optimizer over a function of one or two variables.
struct Trace {
  std::string name;
  std::vector<std::vector<double>> path;  ///< the start first: [x] or [x1, x2]
};

/// The names of all traces, in the order of the book.
std::vector<std::string> trace_names();

/// Computes one in float64, with gradients (and for Newton second derivatives) from the tape. The
/// seed matters for the sgd2d_ traces alone, whose gradients get N(0, 1) noise.
/// Throws ConfigError that lists the known names.
Trace run_trace(const std::string& name, std::uint64_t seed = 0);

}  // namespace gradus::textbook
