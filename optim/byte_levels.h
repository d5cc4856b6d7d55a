#pragma once
// Numbers as codes of a byte, element by element, for the CPU and for kernels; which values there
// are: optim/quantize.h.
#include <cmath>
#include <cstdint>

#include "tensor/math.h"

namespace gradus::optim {

/// The numbers >= 0 of a map are its levels: 0, then in decade e = 0..6 the middles of `parts`
/// equal parts of 10^(e-7)..10^(e-6), then 1. The nearest of a decade is the one in whose part a
/// number lies; between decades, half the way.
struct ByteLevels {
  static constexpr int kDecades = 7;

  float values[256] = {};  // of the codes, rising
  struct Decades {
    float above[kDecades + 1] = {};  // where they begin, and at last the level of 1
    float factor[kDecades] = {};     // part = x factor - parts / 9
    std::int32_t parts[kDecades] = {};
    std::int32_t top = 0;  // level of 1
  } decades;
};

/// The code of a number scaled to a largest of 1. Selects instead of look-ups, which are
/// vectorised.
template <bool kSigned>
GRADUS_HOST_DEVICE inline std::uint8_t code_of(const ByteLevels::Decades& d, float scaled) {
  const float size = std::fabs(scaled);
  float factor = 0;
  std::int32_t parts = 0;
#if !defined(__CUDACC__)
#pragma GCC unroll 8
#endif
  for (int e = 0; e < ByteLevels::kDecades; ++e) {
    factor = size > d.above[e] ? d.factor[e] : factor;
    parts = size > d.above[e] ? d.parts[e] : parts;
  }
  auto part = static_cast<std::int32_t>(size * factor - static_cast<float>(parts) * (1 / 9.0f));
  part = part > 0 ? part : 0;
  part = part < parts ? part : parts - 1;
  // A decade begins at the level of its number of parts, without signs one earlier.
  std::int32_t level = parts + part - (kSigned ? 0 : 1);
  level = level > 0 ? level : 0;
  level = size > d.above[ByteLevels::kDecades] ? d.top : level;
  if constexpr (kSigned) {
    std::int32_t below = level < 127 ? level : 127;
    below = below > 1 ? below : 1;
    level = 127 + (scaled < 0 ? -below : level);
  }
  return static_cast<std::uint8_t>(level);
}

/// What numbers are multiplied by before their code is taken; 0 where 1 / scale is no number.
GRADUS_HOST_DEVICE inline float inverse_of(float scale) {
  const float inverse = 1 / scale;
  return inverse - inverse == 0 ? inverse : 0.0f;
}

}  // namespace gradus::optim
