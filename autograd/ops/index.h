#pragma once
#include <vector>

#include "autograd/record.h"
#include "tensor/indexing.h"

namespace gradus::ops {

/// The items of x.index(items), kept for backward. Reading them checks that the tensors among them
/// are still the same.
class SavedItems {
 public:
  SavedItems() = default;
  SavedItems(std::vector<IndexItem> items);  // NOLINT: implicit by design
  /// Throws AutogradError when a tensor among them was changed in place since.
  const std::vector<IndexItem>& get() const;
  /// Whether they may choose an element twice: masks and slices do not.
  bool may_repeat() const;

 private:
  std::vector<IndexItem> items_;
  std::vector<SavedTensor> tensors_;
};

/// All positions of the axes before `axis`, those of `index` there.
std::vector<IndexItem> items_along(int axis, const Tensor& index);

struct Index {
  static constexpr const char* kName = "index";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  SavedItems items;

  Tensor forward(const Tensor& x) const { return x.index(items.get()); }
  void backward(Gradients& d) const;
};

struct PutIndex {
  static constexpr const char* kName = "put_index";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Shape shape;
  SavedItems items;

  Tensor forward(const Tensor& x) const;
  void backward(Gradients& d) const;
};

struct IndexPut {
  static constexpr const char* kName = "index_put";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  SavedItems items;
  bool accumulate;

  Tensor forward(const Tensor& x, const Tensor& value) const;
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// The transpose of index: adds the elements of x to zeros of `shape` at the items. Throws as
/// Tensor::index_put.
Variable put_index(Operand x, const Shape& shape, const std::vector<IndexItem>& items);

/// A copy of x with `value` at the items, broadcast and converted to the dtype of x, or added to
/// what is there. Gradients flow to x where it was kept, and to `value`.
/// Of several values for one element the last stays, and it alone gets the gradient (PyTorch: its
/// gradient is undefined there); when accumulated, all are added and get it.
/// Differs: Tensor::index_put changes its tensor. Throws as that does.
Variable index_put(Operand x, const std::vector<IndexItem>& items, Operand value,
                   bool accumulate = false);

}  // namespace gradus
