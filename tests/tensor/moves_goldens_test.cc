// What moves and converts elements against the tables of make_moves.py in tests/golden/tensor.
#include <gtest/gtest.h>

#include "tensor/elementwise.h"
#include "tensor/reduce.h"
#include "tests/support/cases.h"

namespace gradus::testing {
namespace {

int axis(const Case& c, const char* name = "axis") { return static_cast<int>(c.integer(name)); }

Slice::Bound bound(const Case& c, const char* name) {
  return c.args.at(name).is_null() ? Slice::Bound(None) : Slice::Bound(c.integer(name));
}

TEST(MovesGoldens, CopiesHaveTheirOwnElementsWithoutGaps) {
  check_cases("clone", [](const Case& c) {
    const Tensor y = c.in[0].clone();
    EXPECT_FALSE(y.shares_storage_with(c.in[0])) << describe(c.in[0]);
    EXPECT_EQ(y.strides(), contiguous_strides(y.shape())) << describe(c.in[0]);
    return y;
  });
  check_cases("contiguous", [](const Case& c) {
    const Tensor y = c.in[0].contiguous();
    EXPECT_EQ(y.shares_storage_with(c.in[0]), c.in[0].is_contiguous()) << describe(c.in[0]);
    EXPECT_TRUE(y.is_contiguous()) << describe(y);
    return y;
  });
}

TEST(MovesGoldens, ViewsAreThoseOfPyTorch) {
  check_cases("reshape", [](const Case& c) { return c.in[0].reshape(c.shape("shape")); });
  check_cases("transpose",
              [](const Case& c) { return c.in[0].transpose(axis(c, "axis0"), axis(c, "axis1")); });
  check_cases("slice", [](const Case& c) {
    return c.in[0].slice(axis(c), {bound(c, "start"), bound(c, "stop"), c.integer("step")});
  });
  check_cases("select", [](const Case& c) { return c.in[0].select(axis(c), c.integer("index")); });
  check_cases("expand", [](const Case& c) { return c.in[0].expand(c.shape("shape")); });
  check_cases("unsqueeze", [](const Case& c) { return c.in[0].unsqueeze(axis(c)); });
}

TEST(MovesGoldens, ConversionsAreThoseOfPyTorch) {
  check_cases("to", [](const Case& c) {
    return c.in[0].to(c.dtype("dtype"), c.flag("wrap") ? Cast::kWrap : Cast::kChecked);
  });
}

TEST(MovesGoldens, ChoicesAndSumsToAShapeAreThoseOfPyTorch) {
  check_cases("where", [](const Case& c) { return where(c.in[0], c.in[1], c.in[2]); });
  check_cases("sum_to", [](const Case& c) { return sum_to(c.in[0], c.shape("shape")); });
}

}  // namespace
}  // namespace gradus::testing
