#pragma once
#include "autograd/record.h"

namespace gradus {

/// Of rotary(). Pairs are neighbours as in the paper, or element i with element i + D/2 as in
/// GPT-NeoX and the Llama files of Hugging Face.
struct RotaryOptions {
  double base = 10000;      ///< > 0; pair i turns by base^(-2 i / D) per place
  bool interleaved = true;  ///< pairs are the elements 2i and 2i + 1; false: i and i + D/2
  std::int64_t offset = 0;  ///< the place of the first vector, >= 0
};

}  // namespace gradus

namespace gradus::ops {

struct Rotary {
  static constexpr const char* kName = "rotary";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  SavedTensor cosine, sine;  // [T, D/2]
  bool interleaved;

  Tensor forward(const Tensor& x) const;
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Turns each pair of elements of a vector by an angle that grows with its place t, so that the
/// product of a query and a key depends on their distance alone:
///   y_a = x_a cos(t w_i) - x_b sin(t w_i),  y_b = x_a sin(t w_i) + x_b cos(t w_i)
/// for pair i = (a, b), w_i = base^(-2 i / D). The gradient is turned back.
/// Shapes: x [..., T, D], D even  ->  y [..., T, D]. Angles are computed in double.
/// Throws ShapeError, DTypeError, ConfigError:
///   "[rotary] x is [4, 3]; expected [..., T, D] with an even D"
/// Source: Su et al., "RoFormer: enhanced transformer with rotary position embedding" (2021),
/// arXiv:2104.09864, eq. 34.
Variable rotary(Operand x, const RotaryOptions& options = {});

}  // namespace gradus
