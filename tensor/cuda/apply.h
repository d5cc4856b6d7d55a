#pragma once
// Element-wise rules on tensors of a device: what the doors of tensor/cpu/emit.h call for operands
// that are not on the CPU.
#include <initializer_list>
#include <string_view>

#include "tensor/cuda/dispatch.h"
#include "tensor/cuda/elementwise.h"
#include "tensor/rule_types.h"

namespace gradus::gpu {

/// Launches one rule on one device.
using LaunchRule = void (*)(Device device, const void* rule, const ElementCall& call);

/// y = the rule over operands of a common shape. They are converted to `computed`, the rule gives
/// `given`, y is of the dtype `result`. Operands are on one device, or 0-d on the CPU; `names` are
/// theirs, for errors.
Tensor map_elements(std::string_view op, const Shape& shape, DType computed, DType given,
                    DType result, LaunchRule launch, const void* rule,
                    std::initializer_list<const Tensor*> operands,
                    std::initializer_list<std::string_view> names);

/// The dtype of the C++ type in which a rule computes elements of `dtype`, see dispatch_for.
template <class Rule>
DType computed_dtype(DType dtype) {
  return dispatch_for<Rule>(dtype, []<class T>(std::type_identity<T>) { return dtype_of<T>(); });
}

/// The rule's forward; `dtype` as the door has found it for the operands.
template <class Rule>
Tensor apply(std::string_view op, const Rule& rule, const Shape& shape, DType dtype,
             std::initializer_list<const Tensor*> operands,
             std::initializer_list<std::string_view> names) {
  constexpr bool kCompares = Rule::kDomain == Domain::kComparison;
  const DType computed = computed_dtype<Rule>(dtype);
  const LaunchRule launch = [](Device device, const void* any, const ElementCall& call) {
    on_any_device(device, [&]<class D>(std::type_identity<D>) {
      forward<D, Rule>(*static_cast<const Rule*>(any), call);
    });
  };
  return map_elements(op, shape, computed, kCompares ? kBool : computed, kCompares ? kBool : dtype,
                      launch, &rule, operands, names);
}

/// The rule's backward for operand kOperand. Operands: those of forward, y, dy.
template <class Rule, int kOperand>
Tensor apply_backward(const Rule& rule, const Tensor& dy,
                      std::initializer_list<const Tensor*> operands) {
  const DType computed = compute_dtype(dy.dtype());
  const LaunchRule launch = [](Device device, const void* any, const ElementCall& call) {
    on_any_device(device, [&]<class D>(std::type_identity<D>) {
      backward<D, Rule, kOperand>(*static_cast<const Rule*>(any), call);
    });
  };
  return map_elements("backward", dy.shape(), computed, computed, dy.dtype(), launch, &rule,
                      operands, {"operand", "operand", "operand", "operand", "operand"});
}

}  // namespace gradus::gpu
