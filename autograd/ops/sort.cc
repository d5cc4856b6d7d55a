#include "autograd/ops/sort.h"

#include "autograd/record_result.h"
#include "tensor/sort.h"

namespace gradus {

VariableAndIndices sort(Operand x, int axis, bool descending) {
  ValuesAndIndices y = sort(x.value(), axis, descending);
  ops::Sort op{{y.indices, axis}};
  return {record_result(std::move(op), std::move(y.values), x), std::move(y.indices)};
}

VariableAndIndices topk(Operand x, std::int64_t k, int axis, bool largest) {
  ValuesAndIndices y = topk(x.value(), k, axis, largest);
  ops::Topk op{{y.indices, axis}};
  return {record_result(std::move(op), std::move(y.values), x), std::move(y.indices)};
}

}  // namespace gradus
