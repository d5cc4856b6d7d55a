#pragma once
// Element-wise rules (tensor/elementwise) on both devices of tensor/cuda/device_kinds.h. Their
// kernels are made from the lines that declare the rules, as those of the CPU are; see emit.h.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"
#include "tensor/cuda/walk.h"
#include "tensor/elementwise.h"

namespace gradus::gpu {

/// A call of a rule: the types are not seen by the compiler of the caller.
struct ElementCall {
  DType dtype = kFloat32;  ///< the operands' type, one to compute in (compute_dtype) or bool
  std::int64_t n = 0;      ///< elements of the result
  ElementWalk walk;
  const void* operand[kMaxOperands] = {};   ///< at their elements [0, 0, ...]; null: a scalar
  std::uint64_t scalar[kMaxOperands] = {};  ///< the bits of one number of dtype `dtype`, for all
  void* result = nullptr;                   ///< of dtype `dtype`, or bool of comparisons
  void* stream = nullptr;
};

// Weak: the doors of the CPU call those of both devices, and are compiled once for builds with CUDA
// and without, where the GPU's are missing and never called.

/// result = rule.forward(operands...). Operands: x; a, b; or a, b, c.
template <class Device, class Rule>
[[gnu::weak]] void forward(const Rule& rule, const ElementCall& call);

/// result = the derivative for operand kOperand, times dy. Operands: those of forward, y, dy; what
/// the rule does not read may be dy.
template <class Device, class Rule, int kOperand>
[[gnu::weak]] void backward(const Rule& rule, const ElementCall& call);

}  // namespace gradus::gpu
