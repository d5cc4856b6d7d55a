#pragma once
#include "optim/quantize.h"
#include "optim/rules/adamw.h"

namespace gradus::optim {

/// Adam and AdamW whose m and v are bytes: 2.03 bytes of state per element instead of 8.
///   m = value[m8] m_max,  v = value[v8] v_max      for each block of 256 elements
///   theta, m, v = step of Adam                      (with the options of Adam)
///   m_max, v_max = the largest of the block,  m8, v8 = codes of m / m_max, v / v_max
/// m has the signed, v the unsigned map of optim/quantize.h. An element whose gradient is not
/// finite does not move, and its m and v become 0. Parameters with fewer than min_quantized
/// elements keep m and v as numbers; in a group where it is 2^50, all do.
///
/// Source: Dettmers et al. 2022, ICLR, arXiv:2110.02861, and its published program, bitsandbytes.
/// Differs: the paper's blocks have 2048 elements; decay comes before the step, as in PyTorch, not
/// after it; Adam8bit decays by the gradient (kL2) as Adam does, in bitsandbytes it is AdamW.
template <DecayMode kDecay>
struct Adam8bitWithDecay : AdamWithDecay<kDecay> {
  using Inner = AdamWithDecay<kDecay>;
  static constexpr const char* kName = kDecay == DecayMode::kL2 ? "Adam8bit" : "AdamW8bit";
  static constexpr std::array kState = {"m", "v", "m8", "v8", "m_max", "v_max"};
  static constexpr bool kSkipsNonFinite = true;

  std::int64_t min_quantized = 4096;  ///< elements from which a parameter's state is bytes

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    Inner::hyper_parameters(s, f);
    f("min_quantized", s.min_quantized, Range::kWhole);
  }

  static double initial_state(std::size_t k) { return k == 2 ? zero_code(ByteMap::kSigned) : 0; }
  static DType state_dtype(std::size_t k, DType computed) {
    return k < 2 ? computed : k < 4 ? kUInt8 : kFloat32;
  }
  std::optional<Shape> state_shape(std::size_t k, const Shape& shape) const {
    const std::int64_t n = numel(shape);
    if ((n < min_quantized) != (k < 2)) return std::nullopt;
    if (k < 4) return shape;
    return Shape{(n + kQuantizedBlock - 1) / kQuantizedBlock};
  }

  using Arrays = std::array<void*, 6>;

  template <class T>
  void load(const Arrays& arrays, std::int64_t begin, std::int64_t n,
            const std::array<T*, 2>& state) const {
    for (std::size_t k = 0; k < 2; ++k) {
      if (arrays[k] != nullptr) {
        std::copy_n(static_cast<const T*>(arrays[k]) + begin, n, state[k]);
      } else {
        dequantize(kMaps[k], static_cast<const std::uint8_t*>(arrays[2 + k]) + begin,
                   static_cast<const float*>(arrays[4 + k]) + begin / kQuantizedBlock, n, state[k]);
      }
    }
  }
  template <class T>
  void store(const Arrays& arrays, std::int64_t begin, std::int64_t n,
             const std::array<T*, 2>& state) const {
    for (std::size_t k = 0; k < 2; ++k) {
      if (arrays[k] != nullptr) {
        std::copy_n(state[k], n, static_cast<T*>(arrays[k]) + begin);
      } else {
        quantize(kMaps[k], state[k], n, static_cast<std::uint8_t*>(arrays[2 + k]) + begin,
                 static_cast<float*>(arrays[4 + k]) + begin / kQuantizedBlock);
      }
    }
  }

  static constexpr ByteMap kMaps[] = {ByteMap::kSigned, ByteMap::kUnsigned};  // of m and v
};

using Adam8bit = Adam8bitWithDecay<DecayMode::kL2>;
GRADUS_UPDATE_RULE(Adam8bit);

}  // namespace gradus::optim
