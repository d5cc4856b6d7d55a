#include "autograd/ops/index.h"

#include "autograd/ops/sum_to.h"
#include "autograd/ops/where.h"
#include "tensor/elementwise/equal.h"

namespace gradus {

ops::SavedItems::SavedItems(std::vector<IndexItem> items) : items_(std::move(items)) {
  for (const IndexItem& item : items_) {
    if (const Tensor* t = item.as<Tensor>()) tensors_.push_back(*t);
  }
}

const std::vector<IndexItem>& ops::SavedItems::get() const {
  for (const SavedTensor& t : tensors_) t.get();
  return items_;
}

bool ops::SavedItems::may_repeat() const {
  for (const SavedTensor& t : tensors_) {
    if (t.get().dtype() != kBool) return true;
  }
  return false;
}

std::vector<IndexItem> ops::items_along(int axis, const Tensor& index) {
  std::vector<IndexItem> items(static_cast<std::size_t>(axis), Slice());
  items.push_back(index);
  return items;
}

Variable Variable::index(const std::vector<IndexItem>& items, std::source_location where) const {
  return record(ops::Index{items}, Operand(*this, where));
}

Variable put_index(Operand x, const Shape& shape, const std::vector<IndexItem>& items) {
  return record(ops::PutIndex{shape, items}, x);
}

Variable index_put(Operand x, const std::vector<IndexItem>& items, Operand value, bool accumulate) {
  return record(ops::IndexPut{items, accumulate}, x, value);
}

void ops::Index::backward(Gradients& d) const {
  d.set(0, put_index(d.dy(), d.shape(0), items.get()));
}

Tensor ops::PutIndex::forward(const Tensor& x) const {
  Tensor y = zeros(shape, x.dtype(), x.device());
  y.index_put(items.get(), x, items.may_repeat());
  return y;
}

void ops::PutIndex::backward(Gradients& d) const { d.set(0, d.dy().index(items.get())); }

Tensor ops::IndexPut::forward(const Tensor& x, const Tensor& value) const {
  check_defined("index_put", "x", x);
  Tensor y = x.clone();
  y.index_put(items.get(), value, accumulate);
  return y;
}

void ops::IndexPut::backward(Gradients& d) const {
  const Variable none = zeros({}, d.dy().dtype(), d.dy().device());
  if (d.needs(0)) d.set(0, accumulate ? d.dy() : index_put(d.dy(), items.get(), none));
  if (!d.needs(1)) return;
  Variable dy = d.dy().index(items.get());
  if (!accumulate && items.may_repeat()) {
    // Each value leaves its number; what was written over finds another one.
    const Tensor numbers = arange(dy.numel()).reshape(dy.shape()).to(dy.device());
    const Tensor board = Tensor::empty(d.shape(0), kInt64, dy.device());
    board.index_put(items.get(), numbers);
    dy = where(equal(board.index(items.get()), numbers), dy, none);
  }
  d.set(1, sum_to(dy, d.shape(1)));
}

}  // namespace gradus
