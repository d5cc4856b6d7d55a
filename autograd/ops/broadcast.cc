#include "autograd/ops/broadcast.h"

#include "autograd/ops/reshape.h"
#include "autograd/ops/sum_to.h"
#include "autograd/ops/transpose.h"
#include "autograd/record_result.h"

namespace gradus {

std::vector<Variable> broadcast_tensors(std::span<const Variable> variables,
                                        std::source_location where) {
  const std::vector<Tensor> y = broadcast_tensors(values_of(variables));
  std::vector<Variable> views;
  views.reserve(y.size());
  for (const Variable& x : variables) views.push_back(expand(Operand(x, where), y[0].shape()));
  return views;
}

std::vector<Variable> meshgrid(std::span<const Variable> vectors, MeshOrder order,
                               std::source_location where) {
  const std::vector<Tensor> y = meshgrid(values_of(vectors), MeshOrder::kIJ);
  const bool swaps = order == MeshOrder::kXY && vectors.size() > 1;
  std::vector<Variable> grids;
  grids.reserve(y.size());
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    const Shape& shape = y[i].shape();
    Shape own = Shape::filled(shape.rank(), 1);
    own[static_cast<int>(i)] = vectors[i].numel();
    const Variable line = reshape(Operand(vectors[i], where), own);
    const Variable grid = expand(Operand(line, where), shape);
    grids.push_back(swaps ? transpose(Operand(grid, where), 0, 1) : grid);
  }
  return grids;
}

}  // namespace gradus
