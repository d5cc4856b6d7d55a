// Views against the tables of tests/golden/tensor/make_views.py.
#include <gtest/gtest.h>

#include "tests/support/cases.h"

namespace gradus::testing {
namespace {

int axis(const Case& c, const char* name = "axis") { return static_cast<int>(c.integer(name)); }

TEST(ViewsGoldens, OfOtherAxesAreThoseOfPyTorch) {
  check_cases("permute", [](const Case& c) { return c.in[0].permute(c.shape("axes")); });
  check_cases("squeeze", [](const Case& c) { return c.in[0].squeeze(c.axes()); });
  check_cases("flip", [](const Case& c) { return c.in[0].flip(c.axes()); });
  check_cases("flatten",
              [](const Case& c) { return c.in[0].flatten(axis(c, "start"), axis(c, "end")); });
  check_cases("moveaxis",
              [](const Case& c) { return c.in[0].moveaxis(c.axes("source"), c.axes("to")); });
  check_cases("diagonal", [](const Case& c) {
    return c.in[0].diagonal(c.integer("offset"), axis(c, "axis0"), axis(c, "axis1"));
  });
}

TEST(ViewsGoldens, OfPartsAreThoseOfPyTorch) {
  check_cases("narrow", [](const Case& c) {
    return c.in[0].narrow(axis(c), c.integer("start"), c.integer("length"));
  });
  check_cases("unfold", [](const Case& c) {
    return c.in[0].unfold(axis(c), c.integer("size"), c.integer("step"));
  });
  check_cases("split", [](const Case& c) {
    return c.in[0].split(c.args.at("sizes").get<std::vector<std::int64_t>>(), axis(c));
  });
  check_cases("split_every",
              [](const Case& c) { return c.in[0].split_every(c.integer("size"), axis(c)); });
  check_cases("chunk", [](const Case& c) { return c.in[0].chunk(c.integer("n"), axis(c)); });
}

}  // namespace
}  // namespace gradus::testing
