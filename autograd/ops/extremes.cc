#include "autograd/ops/extremes.h"

#include "autograd/record_result.h"
#include "tensor/sort.h"

namespace gradus {
namespace {

template <class Op>
VariableAndIndices chosen(const Operand& x, ValuesAndIndices found, int axis, bool keepdim) {
  Op op{{found.indices, axis, !keepdim}};
  return {record_result(std::move(op), std::move(found.values), x), std::move(found.indices)};
}

}  // namespace

VariableAndIndices max_with_indices(Operand x, int axis, bool keepdim) {
  return chosen<ops::MaxWithIndices>(x, max_with_indices(x.value(), axis, keepdim), axis, keepdim);
}

VariableAndIndices min_with_indices(Operand x, int axis, bool keepdim) {
  return chosen<ops::MinWithIndices>(x, min_with_indices(x.value(), axis, keepdim), axis, keepdim);
}

VariableAndIndices kthvalue(Operand x, std::int64_t k, int axis, bool keepdim) {
  return chosen<ops::Kthvalue>(x, kthvalue(x.value(), k, axis, keepdim), axis, keepdim);
}

}  // namespace gradus
