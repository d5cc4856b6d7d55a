// Values, gradients and second gradients against PyTorch: tests/golden/make_indexing_gradients.py.
#include <gtest/gtest.h>

#include <map>

#include "autograd/ops/broadcast.h"
#include "autograd/ops/diag.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/index.h"
#include "autograd/ops/index_select.h"
#include "autograd/ops/pad_mode.h"
#include "autograd/ops/repeat_interleave.h"
#include "autograd/ops/take.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/square.h"
#include "tests/support/golden.h"
#include "tests/support/golden_gradients.h"

namespace gradus::testing {
namespace {

using Inputs = const std::vector<Variable>&;
using Functions = std::map<std::string, GoldenFunction>;

// Both sides are short sums of products in float64.
constexpr double kRelative = 1e-12, kAbsolute = 1e-13;

const Tensor kMask = tensor({{1, 0, 0, 1}, {0, 0, 1, 1}, {0, 1, 0, 0}}, kBool);
const Tensor kRows = tensor({1, 0, 1}, kBool);
const Tensor kGrid = tensor({{0, 2, 0}, {1, 1, 1}}, kInt64);
const Tensor kOnce = tensor({{0, 2, 1}, {1, 0, 2}}, kInt64);

template <class... Positions>
Tensor at(Positions... positions) {
  return tensor({positions...}, kInt64);
}
const std::vector<IndexItem> kPair = {at(0, 2, 0), at(1, -1, 1)};

Variable product(const std::vector<Variable>& variables) {
  Variable y = square(variables[0]);
  for (std::size_t i = 1; i < variables.size(); ++i) y = y * variables[i];
  return y;
}

Functions reads() {
  return {
      {"index_slices",
       [](Inputs x) {
         return x[0].index({Slice{1}, Slice{None, None, 2}});
       }},
      {"index_backwards",
       [](Inputs x) {
         return x[0].index({Slice(), Slice{None, None, -2}});
       }},
      {"index_number_and_none",
       [](Inputs x) {
         return x[0].index({-1, None, Ellipsis, Slice{1}});
       }},
      {"index_rows", [](Inputs x) { return x[0].index({at(2, 0, 2, -1)}); }},
      {"index_pairs", [](Inputs x) { return x[0].index(kPair); }},
      {"index_grid",
       [](Inputs x) {
         return x[0].index({tensor({{0}, {-1}}, kInt64), tensor({{1, 1, 3}}, kInt64)});
       }},
      {"index_apart",
       [](Inputs x) {
         return x[0].index({at(0, 1, 0), Slice(), at(3, 0, 3)});
       }},
      {"index_last",
       [](Inputs x) {
         return x[0].index({Ellipsis, tensor({{3, 3}, {0, -2}}, kInt64)});
       }},
      {"index_mask", [](Inputs x) { return x[0].index({kMask}); }},
      {"index_mask_and_slice",
       [](Inputs x) {
         return x[0].index({kRows, Slice{1}});
       }},
      {"index_number", [](Inputs x) { return x[0].index({}); }},
      {"index_select", [](Inputs x) { return index_select(x[0], 1, at(3, 0, 3, 3)); }},
      {"gather", [](Inputs x) { return gather(x[0], 0, kGrid); }},
      {"gather_last",
       [](Inputs x) {
         return gather(x[0], -1, tensor({{3, 3, 0, 3, 1}}, kInt64));
       }},
      {"take",
       [](Inputs x) {
         return take(x[0], tensor({{11, 0, 11}, {-1, 5, 0}}, kInt64));
       }},
      {"take_along_axis", [](Inputs x) { return take_along_axis(x[0], kOnce, 1); }},
      {"take_along_axis_wide",
       [](Inputs x) {
         return take_along_axis(x[0], tensor({{{0}, {2}}}, kInt64), 1);
       }},
      {"take_along_axis_narrow", [](Inputs x) { return take_along_axis(x[0], kOnce, 1); }},
      {"masked_select", [](Inputs x) { return masked_select(x[0], kMask); }},
      {"masked_select_row", [](Inputs x) { return masked_select(x[0], kMask); }},
      {"masked_select_rows", [](Inputs x) { return masked_select(x[0], kRows.unsqueeze(1)); }},
  };
}

Functions writes() {
  return {
      {"index_put_slice",
       [](Inputs x) {
         return index_put(x[0], {Slice{1}, Slice{None, None, 2}}, x[1]);
       }},
      {"index_put_number",
       [](Inputs x) {
         return index_put(x[0], {Ellipsis, 1}, x[1]);
       }},
      {"index_put_rows", [](Inputs x) { return index_put(x[0], {at(2, 0)}, x[1]); }},
      {"index_put_row", [](Inputs x) { return index_put(x[0], {at(2, 0)}, x[1]); }},
      {"index_put_mask", [](Inputs x) { return index_put(x[0], {kMask}, x[1]); }},
      {"index_put_mask_number", [](Inputs x) { return index_put(x[0], {kMask}, x[1]); }},
      {"index_put_add", [](Inputs x) { return index_put(x[0], kPair, x[1], true); }},
      {"index_put_add_rows", [](Inputs x) { return index_put(x[0], {at(1, 1, -2)}, x[1], true); }},
      {"index_put_add_slice", [](Inputs x) { return index_put(x[0], {Slice{1}}, x[1], true); }},
      {"index_add", [](Inputs x) { return index_add(x[0], 0, at(2, 0, 2), x[1], -1.5); }},
      {"index_add_1", [](Inputs x) { return index_add(x[0], 1, at(2, 0, 2), x[1]); }},
      {"index_fill", [](Inputs x) { return index_fill(x[0], 1, at(2, 0, 2), 0.5); }},
      {"scatter", [](Inputs x) { return scatter(x[0], 0, kOnce, x[1]); }},
      {"scatter_larger", [](Inputs x) { return scatter(x[0], 0, kOnce, x[1]); }},
      {"scatter_number", [](Inputs x) { return scatter(x[0], 1, kGrid, 0.7); }},
      {"scatter_add", [](Inputs x) { return scatter_add(x[0], 0, kGrid, x[1]); }},
      {"scatter_add_larger", [](Inputs x) { return scatter_add(x[0], 1, kGrid, x[1]); }},
  };
}

Functions assemblies() {
  return {
      {"pad_reflect",
       [](Inputs x) {
         return pad(x[0], {2, 3, 1, 0}, PadMode::kReflect);
       }},
      {"pad_replicate",
       [](Inputs x) {
         return pad(x[0], {2, 5, 0, 3}, PadMode::kReplicate);
       }},
      {"pad_circular",
       [](Inputs x) {
         return pad(x[0], {4, 1, 2, 3}, PadMode::kCircular);
       }},
      {"repeat_interleave", [](Inputs x) { return repeat_interleave(x[0], 3, 0); }},
      {"repeat_interleave_each",
       [](Inputs x) { return repeat_interleave(x[0], at(2, 0, 1, 3), 1); }},
      {"meshgrid", [](Inputs x) { return product(meshgrid(x)); }},
      {"meshgrid_xy", [](Inputs x) { return product(meshgrid(x, MeshOrder::kXY)); }},
      {"diag", [](Inputs x) { return diag(x[0], -1); }},
      {"diag_of_matrix", [](Inputs x) { return diag(x[0], 1); }},
      {"broadcast_tensors", [](Inputs x) { return product(broadcast_tensors(x)); }},
  };
}

TEST(IndexingGradientsGolden, AreThoseOfPyTorch) {
  const auto expected = golden("indexing_gradients");
  std::size_t checked = 0;
  for (const Functions& functions : {reads(), writes(), assemblies()}) {
    for (const auto& [name, f] : functions) {
      const auto squared = [f = f](Inputs x) { return square(f(x)); };
      expect_golden_gradients(name, expected.at(name), squared, kRelative, kAbsolute);
      ++checked;
    }
  }
  EXPECT_EQ(checked, expected.size());
}

}  // namespace
}  // namespace gradus::testing
