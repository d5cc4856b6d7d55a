#include <gtest/gtest.h>

#include "tensor/indexing.h"
#include "tests/support/cases.h"

namespace gradus::testing {
namespace {

Slice slice_of(const nlohmann::json& bounds) {
  const auto bound = [&](int i) {
    return bounds[i].is_null() ? Slice::Bound() : Slice::Bound(bounds[i].get<std::int64_t>());
  };
  return {bound(0), bound(1), bounds[2].get<std::int64_t>()};
}

std::vector<IndexItem> items_of(const Case& c) {
  std::vector<IndexItem> items;
  for (const nlohmann::json& item : c.args.at("items")) {
    if (item == "none") {
      items.push_back(None);
    } else if (item == "dots") {
      items.push_back(Ellipsis);
    } else if (item.is_number()) {
      items.push_back(item.get<std::int64_t>());
    } else if (item.contains("slice")) {
      items.push_back(slice_of(item.at("slice")));
    } else {
      items.push_back(c.in.at(item.at("tensor").get<std::size_t>()));
    }
  }
  return items;
}

int axis(const Case& c) { return static_cast<int>(c.integer("axis")); }

TEST(IndexingGoldens, OfIndex) {
  check_cases("index", [](const Case& c) { return c.in[0].index(items_of(c)); });
}

TEST(IndexingGoldens, OfIndexPut) {
  check_cases("index_put", [](const Case& c) {
    // The operands must keep their bits, so a copy with the same strides is written to.
    Tensor target = c.in[0];
    for (int i = 0; i < target.rank(); ++i) {
      if (target.strides()[i] == 0 && target.dim(i) > 1) {
        target.index_put(items_of(c), c.in[1]);  // throws
      }
    }
    target = target.flip().clone().flip();
    target.index_put(items_of(c), c.in[1], c.flag("accumulate"));
    return target;
  });
}

TEST(IndexingGoldens, OfOneAxis) {
  check_cases("index_select",
              [](const Case& c) { return index_select(c.in[0], axis(c), c.in[1]); });
  check_cases("index_add", [](const Case& c) {
    return index_add(c.in[0], axis(c), c.in[1], c.in[2], c.number("alpha"));
  });
  check_cases("index_fill", [](const Case& c) {
    return index_fill(c.in[0], axis(c), c.in[1], c.number("value"));
  });
}

TEST(IndexingGoldens, OfIndicesOfTheSameRank) {
  check_cases("gather", [](const Case& c) { return gather(c.in[0], axis(c), c.in[1]); });
  check_cases("scatter", [](const Case& c) { return scatter(c.in[0], axis(c), c.in[1], c.in[2]); });
  check_cases("scatter_add",
              [](const Case& c) { return scatter_add(c.in[0], axis(c), c.in[1], c.in[2]); });
  check_cases("take_along_axis",
              [](const Case& c) { return take_along_axis(c.in[0], c.in[1], axis(c)); });
}

TEST(IndexingGoldens, OfFlatTensorsAndMasks) {
  check_cases("take", [](const Case& c) { return take(c.in[0], c.in[1]); });
  check_cases("masked_select", [](const Case& c) { return masked_select(c.in[0], c.in[1]); });
  check_cases("nonzero", [](const Case& c) { return nonzero(c.in[0]); });
}

}  // namespace
}  // namespace gradus::testing
