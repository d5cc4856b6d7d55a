// Reductions, scans and order: central differences of first and second order.
#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops/extremes.h"
#include "autograd/ops/flip.h"
#include "autograd/ops/logsumexp.h"
#include "autograd/ops/nansum.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/prod.h"
#include "autograd/ops/recurrence.h"
#include "autograd/ops/scan.h"
#include "autograd/ops/sort.h"
#include "autograd/ops/sum.h"
#include "autograd/ops/transpose.h"
#include "autograd/ops/var.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/square.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;
using Reduction = std::function<Variable(const Variable&, const Axes&, bool)>;
using AlongAxis = std::function<Variable(const Variable&, int)>;

// Over every kind of axes and layouts; `empty` where the function takes no elements.
void check_reduction(const std::string& op, const Reduction& f, bool empty, double low = -2) {
  const Variable x = gap_parameter({2, 1, 3}, low, 2, 1);
  for (const Axes& axes : {Axes{}, Axes{0}, Axes{-1}, Axes{0, 2}}) {
    for (const bool keepdim : {false, true}) {
      expect_gradients(op, [&](Inputs v) { return square(f(v[0], axes, keepdim)); }, {x});
    }
  }
  expect_gradients(op, [&](Inputs v) { return square(f(flip(transpose(v[0])), 0, false)); },
                   {gap_parameter({2, 3}, low, 2, 2)});
  expect_gradients(op, [&](Inputs v) { return square(f(v[0], 0, false)); },
                   {gap_parameter({3, 0}, low, 2, 3)});
  if (empty) {
    expect_gradients(op, [&](Inputs v) { return f(v[0], 0, false); },
                     {gap_parameter({0, 2}, low, 2, 3)});
  }
}

void check_single(const std::string& op, const Reduction& f, double low = -2) {
  for (const Shape& shape : {Shape{}, Shape{1}}) {
    expect_gradients(op, [&](Inputs v) { return square(f(v[0], {}, false)); },
                     {gap_parameter(shape, low, 2, 4)});
  }
}

TEST(ReductionGradients, ProductsAlsoOfZeros) {
  const Reduction f = [](const Variable& x, const Axes& axes, bool keep) {
    return prod(x, axes, keep);
  };
  check_reduction("prod", f, true);
  check_single("prod", f);
  for (const Tensor& x : {tensor({{0, 2, 3}, {1, 2, 4}}, kFloat64),
                          tensor({{0, 2, 0}, {1, 0, 4}}, kFloat64), zeros({2, 3}, kFloat64)}) {
    for (const Axes& axes : {Axes{}, Axes{0}, Axes{1}}) {
      expect_gradients("prod", [&](Inputs v) { return prod(v[0], axes); }, {parameter(x)});
    }
  }
}

TEST(ReductionGradients, Spread) {
  for (const double c : {0.0, 1.0, -0.5}) {
    const Reduction v = [=](const Variable& x, const Axes& axes, bool keep) {
      return var(x, axes, c, keep);
    };
    const Reduction s = [=](const Variable& x, const Axes& axes, bool keep) {
      return gradus::std(x, axes, c, keep);
    };
    const Variable x = gap_parameter({3, 1, 4}, -2, 2, 1);
    for (const Axes& axes : {Axes{}, Axes{0}, Axes{-1}, Axes{0, 2}}) {
      for (const bool keep : {false, true}) {
        expect_gradients("var", [&](Inputs i) { return square(v(i[0], axes, keep)); }, {x});
        expect_gradients("std", [&](Inputs i) { return square(s(i[0], axes, keep)); }, {x});
      }
    }
    expect_gradients("var", [&](Inputs i) { return v(transpose(i[0], 0, 2), 0, false); }, {x});
    expect_gradients("std", [&](Inputs i) { return s(flip(i[0]), 2, false); }, {x});
    expect_gradients("var", [&](Inputs i) { return v(i[0], 0, false); },
                     {gap_parameter({2, 0}, -2, 2, 2)});
    expect_gradients("std", [&](Inputs i) { return s(i[0], 0, false); },
                     {gap_parameter({2, 0}, -2, 2, 2)});
  }
  const Variable x = gap_parameter({2, 3}, -2, 2, 3);
  expect_gradients("var",
                   [](Inputs v) {
                     const auto [spread, middle] = var_mean(v[0], 1, 0);
                     return square(spread) * middle;
                   },
                   {x});
  expect_gradients("std",
                   [](Inputs v) {
                     const auto [spread, middle] = std_mean(v[0], 0, 1, true);
                     return square(spread) * middle;
                   },
                   {x});
  expect_gradients("var", [](Inputs v) { return var(v[0], {}, 0) + v[0]; },
                   {gap_parameter({}, 1, 2, 3)});
}

TEST(ReductionGradients, LogsumexpAndSumsWithoutNan) {
  const Reduction f = [](const Variable& x, const Axes& axes, bool keep) {
    return logsumexp(x, axes, keep);
  };
  check_reduction("logsumexp", f, false);
  check_single("logsumexp", f);
  const Reduction total = [](const Variable& x, const Axes& axes, bool keep) {
    return nansum(x, axes, keep);
  };
  const Reduction middle = [](const Variable& x, const Axes& axes, bool keep) {
    return nanmean(x, axes, keep);
  };
  check_reduction("nansum", total, true);
  check_single("nansum", total);
  check_reduction("nanmean", middle, false);
  check_single("nanmean", middle);
}

TEST(ReductionGradients, NormsOfEveryPower) {
  for (const double p :
       {0.5, 1.0, 1.5, 2.0, 3.0, 4.5, -1.0, -2.5, double{INFINITY}, -double{INFINITY}}) {
    const Reduction f = [=](const Variable& x, const Axes& axes, bool keep) {
      return norm(x, p, axes, keep);
    };
    check_reduction("norm", f, false, 0.2);
    check_single("norm", f);
    expect_gradients("norm", [&](Inputs v) { return f(v[0], 1, false); },
                     {gap_parameter({2, 3}, -2, 2, 5)});
  }
  expect_gradients("norm", [](Inputs v) { return norm(v[0], 0, 1); },
                   {gap_parameter({2, 3}, -2, 2, 5)});
}

TEST(ReductionGradients, OfChosenElements) {
  const Reduction f = [](const Variable& x, const Axes& axes, bool keep) {
    return median(x, axes, keep);
  };
  check_reduction("median", f, false);
  check_single("median", f);
  for (const int axis : {0, 1, -1}) {
    for (const bool keep : {false, true}) {
      const Variable x = gap_parameter({3, 4}, -2, 2, 1);
      for (const bool turned : {false, true}) {
        const auto in = [=](Inputs v) { return turned ? flip(transpose(v[0])) : v[0]; };
        expect_gradients(
            "max_with_indices",
            [&](Inputs v) { return square(max_with_indices(in(v), axis, keep).values); }, {x});
        expect_gradients(
            "min_with_indices",
            [&](Inputs v) { return square(min_with_indices(in(v), axis, keep).values); }, {x});
        expect_gradients("kthvalue",
                         [&](Inputs v) { return square(kthvalue(in(v), 2, axis, keep).values); },
                         {x});
      }
    }
  }
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{2, 0}}) {
    const Variable x = gap_parameter(shape, 1, 2, 3);
    expect_gradients("max_with_indices",
                     [](Inputs v) { return square(max_with_indices(v[0], 0).values); }, {x});
    expect_gradients("min_with_indices",
                     [](Inputs v) { return square(min_with_indices(v[0], 0, true).values); }, {x});
    expect_gradients("kthvalue", [](Inputs v) { return square(kthvalue(v[0], 1, 0).values); }, {x});
  }
}

// Along axes of some shapes, and backwards.
void check_line(const std::string& op, const AlongAxis& f, double low = -2) {
  for (const Shape& shape : {Shape{4}, Shape{1}, Shape{2, 3}, Shape{2, 2, 2}, Shape{0, 2}}) {
    const Variable x = gap_parameter(shape, low, 2, 1);
    for (int axis = 0; axis < shape.rank(); ++axis) {
      expect_gradients(op, [&](Inputs v) { return square(f(v[0], axis)); }, {x});
    }
    expect_gradients(op, [&](Inputs v) { return square(f(flip(v[0]), -1)); }, {x});
  }
  expect_gradients(op, [&](Inputs v) { return square(f(transpose(v[0]), 0)); },
                   {gap_parameter({2, 3}, low, 2, 2)});
}
void check_scalar(const std::string& op, const AlongAxis& f) {
  expect_gradients(op, [&](Inputs v) { return square(f(v[0], 0)); }, {gap_parameter({}, 1, 2, 1)});
}

void check_scan(const std::string& op, const AlongAxis& f) {
  check_line(op, f);
  check_scalar(op, f);
}

TEST(ScanGradients, SumsProductsAndExtremes) {
  check_scan("cumsum", [](const Variable& x, int axis) { return cumsum(x, axis); });
  check_scan("cumprod", [](const Variable& x, int axis) { return cumprod(x, axis); });
  check_scan("logcumsumexp", [](const Variable& x, int axis) { return logcumsumexp(x, axis); });
  check_scan("cummax", [](const Variable& x, int axis) { return cummax(x, axis).values; });
  check_scan("cummin", [](const Variable& x, int axis) { return cummin(x, axis).values; });
  check_line("diff", [](const Variable& x, int axis) { return diff(x, 1, axis); });
  check_line("diff", [](const Variable& x, int axis) { return diff(x, 2, axis); });
  check_line("diff", [](const Variable& x, int axis) { return diff(x, 0, axis); });
}

TEST(ScanGradients, OfDifferencesWithWhatStandsBeforeAndBehind) {
  const Variable x = gap_parameter({2, 3}, -2, 2, 1), before = gap_parameter({2, 1}, -2, 2, 2),
                 behind = gap_parameter({2, 2}, -2, 2, 3);
  for (const int n : {1, 2}) {
    expect_gradients("diff", [=](Inputs v) { return square(diff(v[0], n, 1, v[1], v[2])); },
                     {x, before, behind});
    expect_gradients("diff", [=](Inputs v) { return square(diff(v[0], n, -1, v[1])); },
                     {x, before});
    expect_gradients("diff", [=](Inputs v) { return square(diff(v[0], n, 1, Variable(), v[1])); },
                     {Variable(x.value()), behind});
  }
  const Tensor a = x.value(), b = before.value(), c = behind.value();
  expect_same_bits(diff(x, 2, 1, before, behind).value(), diff(a, 2, 1, b, c));
  expect_same_bits(diff(x, 0, 1, before).value(), a);
  EXPECT_THROW(diff(x, 1, 0, before), ShapeError);
}

TEST(ScanGradients, OfProductsWithZeros) {
  for (const Tensor& x :
       {tensor({2, 0, 3, 4}, kFloat64), tensor({0, 2, 0, 4}, kFloat64), zeros({3}, kFloat64)}) {
    expect_gradients("cumprod", [](Inputs v) { return cumprod(v[0], 0); }, {parameter(x)});
  }
}

TEST(ScanGradients, OfTheRecurrenceTheyAreMadeOf) {
  const auto f = [](Inputs v) { return square(recurrence(v[0], v[1], 1)); };
  for (const Shape& shape : {Shape{2, 4}, Shape{2, 1}, Shape{3, 0}, Shape{0, 3}}) {
    expect_gradients("recurrence", f,
                     {gap_parameter(shape, -2, 2, 1), gap_parameter(shape, -2, 2, 2)});
  }
  expect_gradients("recurrence",
                   [](Inputs v) { return recurrence(transpose(v[0]), flip(v[1]), 0); },
                   {gap_parameter({2, 3}, -2, 2, 1), gap_parameter({3, 2}, -2, 2, 2)});
}

TEST(OrderGradients, SortAndTopk) {
  for (const bool up : {false, true}) {
    check_line("sort", [=](const Variable& x, int axis) { return sort(x, axis, up).values; });
    check_scalar("sort", [=](const Variable& x, int axis) { return sort(x, axis, up).values; });
    for (const int k : {0, 1}) {
      check_scalar(
          "topk", [=](const Variable& x, int axis) { return square(topk(x, k, axis, up).values); });
    }
    for (const int k : {0, 1, 2}) {
      const Variable x = gap_parameter({2, 3}, -2, 2, 1);
      for (const int axis : {0, 1}) {
        expect_gradients("topk", [&](Inputs v) { return square(topk(v[0], k, axis, up).values); },
                         {x});
      }
    }
  }
  const Tensor index = tensor({{2, 0, 2}, {1, 1, 1}}, kInt64);
  const Variable x = gap_parameter({2, 3}, -2, 2, 2);
  expect_gradients("place", [&](Inputs v) { return square(place(v[0], index, 1, {2, 4})); }, {x});
}

TEST(OrderGradients, NoticePositionsThatChangedBeforeBackward) {
  const auto y = sort(gap_parameter({2, 3}, -2, 2, 1), 1);
  y.indices.fill(0);
  EXPECT_THROW(sum(y.values).backward(), AutogradError);
}

}  // namespace
}  // namespace gradus::testing
