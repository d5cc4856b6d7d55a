// Indexing and its kin: central differences of first and second order.
#include <gtest/gtest.h>

#include "autograd/ops/flip.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/index.h"
#include "autograd/ops/index_select.h"
#include "autograd/ops/masked_fill.h"
#include "autograd/ops/sum.h"
#include "autograd/ops/take.h"
#include "autograd/ops/transpose.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/square.h"
#include "tensor/random.h"
#include "tests/support/gradients.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;
using Items = std::vector<IndexItem>;
using Unary = std::function<Variable(const Variable&)>;
using Binary = std::function<Variable(const Variable&, const Variable&)>;

template <class... Positions>
Tensor at(Positions... positions) {
  return tensor({positions...}, kInt64);
}

Shape with_ends_swapped(Shape shape) {
  if (shape.rank() > 1) std::swap(shape[0], shape[shape.rank() - 1]);
  return shape;
}
Variable ends_swapped(const Variable& x) { return x.rank() > 1 ? transpose(x, 0, -1) : x; }
Variable backwards(const Variable& x) { return x.rank() > 0 ? flip(x) : x; }

// Squared, so that the second gradient is not zero; plain, backwards, non-contiguous.
void check(const std::string& op, const Unary& f, const Shape& shape) {
  const Variable x = gap_parameter(shape, -2, 2, 1);
  expect_gradients(op, [&](Inputs v) { return square(f(v[0])); }, {x});
  expect_gradients(op, [&](Inputs v) { return square(f(backwards(v[0]))); }, {x});
  expect_gradients(op, [&](Inputs v) { return square(f(ends_swapped(v[0]))); },
                   {gap_parameter(with_ends_swapped(shape), -2, 2, 2)});
}

// The same for both inputs, and for each of them alone.
void check_both(const std::string& op, const Binary& f, const Shape& a, const Shape& b) {
  const Variable x = gap_parameter(a, -2, 2, 1), y = gap_parameter(b, -2, 2, 2);
  const auto plain = [&](Inputs v) { return square(f(v[0], v[1])); };
  expect_gradients(op, plain, {x, y});
  expect_gradients(op, plain, {x, Variable(y.value())});
  expect_gradients(op, plain, {Variable(x.value()), y});
  expect_gradients(op, [&](Inputs v) { return square(f(backwards(v[0]), backwards(v[1]))); },
                   {x, y});
  expect_gradients(op, [&](Inputs v) { return square(f(ends_swapped(v[0]), ends_swapped(v[1]))); },
                   {gap_parameter(with_ends_swapped(a), -2, 2, 1),
                    gap_parameter(with_ends_swapped(b), -2, 2, 2)});
}

void check_items(const Items& items, const Shape& shape) {
  check(
      "index", [&](const Variable& x) { return x.index(items); }, shape);
  const Shape chosen = zeros(shape).index(items).shape();
  check(
      "put_index", [&](const Variable& x) { return put_index(x, shape, items); }, chosen);
  for (const bool accumulate : {false, true}) {
    const Binary put = [&](const Variable& x, const Variable& value) {
      return index_put(x, items, value, accumulate);
    };
    check_both("index_put", put, shape, chosen);
    check_both("index_put", put, shape, {});
  }
}

TEST(IndexingGradients, OfSlicesAndNumbers) {
  check_items({Slice{1, 3}, Slice{None, None, -2}}, {3, 4});
  check_items({-1}, {3, 2});
  check_items({Ellipsis, 0, None}, {2, 3});
  check_items({None, Slice(), 1}, {2, 3});
  check_items({}, {});
  check_items({None}, {});
  check_items({Slice{2, 1}}, {3, 2});
  check_items({Slice()}, {0, 2});
  check_items({0}, {1});
}

TEST(IndexingGradients, OfPositions) {
  check_items({at(2, 0, 2, -1)}, {3, 2});
  check_items({at(0, 2, 0), at(1, -1, 1)}, {3, 2});
  check_items({tensor({{0}, {-1}}, kInt64), tensor({{1, 1, 0}}, kInt32)}, {2, 2});
  check_items({at(0, 1, 0), Slice(), at(3, 0, 3)}, {2, 2, 4});
  check_items({Slice{None, None, -1}, at(0, 0), None}, {3, 2});
  check_items({1, Ellipsis, at(1, 1)}, {2, 2, 2});
  check_items({Tensor::empty({0}, kInt64)}, {3, 2});
  check_items({at(0, 0)}, {1, 2});
  check_items({tensor({-1, 0}, kInt64)}, {1});
  check_items({zeros({}, kInt64)}, {3});
}

TEST(IndexingGradients, OfMasks) {
  check_items({tensor({{1, 0}, {0, 0}, {1, 1}}, kBool)}, {3, 2});
  check_items({tensor({1, 0, 1}, kBool), Slice{1}}, {3, 2});
  check_items({Slice(), tensor({0, 1}, kBool)}, {3, 2});
  check_items({tensor({0, 0}, kBool)}, {2, 2});
  check_items({tensor({1, 0, 1}, kBool), at(1, 1)}, {3, 2});
}

TEST(IndexingGradients, OfBroadcastValues) {
  for (const bool accumulate : {false, true}) {
    const Binary put = [&](const Variable& x, const Variable& value) {
      return index_put(x, {at(2, 0, 2)}, value, accumulate);
    };
    check_both("index_put", put, {3, 2}, {2});
    check_both("index_put", put, {3, 2}, {3, 1});
    check_both("index_put", put, {3, 2}, {1, 1});
  }
}

TEST(IndexingGradients, OfOneAxis) {
  const Tensor index = at(2, 0, 2, -1);
  check("index_select", [&](const Variable& x) { return index_select(x, 0, index); }, {3, 2});
  check("index_select", [&](const Variable& x) { return index_select(x, -1, index); }, {2, 3});
  check("index_select", [](const Variable& x) { return index_select(x, 1, zeros({}, kInt64)); },
        {2, 3, 2});
  check("index_fill", [&](const Variable& x) { return index_fill(x, 0, index, 3); }, {4, 2});
  check("index_fill", [&](const Variable& x) { return index_fill(x, -1, index, 3); }, {2, 4});
  check("index_fill", [](const Variable& x) { return index_fill(x, 0, zeros({0}, kInt64), 3); },
        {2, 2});
  for (const double alpha : {1.0, -1.5, 0.0}) {
    const Binary add = [&](const Variable& x, const Variable& source) {
      return index_add(x, 1, index, source, alpha);
    };
    check_both("index_add", add, {2, 3, 2}, {2, 4, 2});
    check_both("index_add", add, {0, 3}, {0, 4});
  }
  check_both("index_add",
             [](const Variable& x, const Variable& source) {
               return index_add(x, 0, zeros({0}, kInt64), source);
             },
             {2, 2}, {0, 2});
}

TEST(IndexingGradients, OfGather) {
  const auto check_gather = [](const Tensor& index, int axis, const Shape& shape) {
    check(
        "gather", [&](const Variable& x) { return gather(x, axis, index); }, shape);
  };
  const Tensor index = tensor({{0, 2, 0}, {1, -2, 1}}, kInt64);
  check_gather(index, 0, {3, 3});
  check_gather(index, 0, {3, 4});
  check_gather(index, -1, {2, 3});
  check_gather(tensor({{1, 1, 1, 0, -1}}, kInt32), 1, {1, 2});
  check_gather(at(0, 0, -1), 0, {1});
  check_gather(zeros({0, 2}, kInt64), 0, {3, 2});
  check_gather(zeros({}, kInt64), 0, {});
  check_gather(zeros({3}, kInt64), 0, {});
  check_gather(zeros({}, kInt64), 0, {2});
  const auto check_take = [](const Tensor& index, int axis, const Shape& shape) {
    check(
        "take_along_axis", [&](const Variable& x) { return take_along_axis(x, index, axis); },
        shape);
  };
  check_take(index, 0, {3, 3});
  check_take(index, 1, {1, 3});
  check_take(tensor({{{0}, {2}, {0}}}, kInt64), -2, {2, 3, 2});
  check_take(zeros({1, 0}, kInt64), 1, {2, 2});
}

TEST(IndexingGradients, OfScatter) {
  const auto check_scatter = [](const Tensor& index, int axis, const Shape& shape,
                                const Shape& source) {
    check_both(
        "scatter", [&](const Variable& x, const Variable& s) { return scatter(x, axis, index, s); },
        shape, source);
    check_both(
        "scatter_add",
        [&](const Variable& x, const Variable& s) { return scatter_add(x, axis, index, s); }, shape,
        source);
  };
  const Tensor index = tensor({{0, 2, 0}, {1, -2, -3}}, kInt64);  // [0, 2] twice for axis 0
  check_scatter(index, 0, {3, 3}, {2, 3});
  check_scatter(index, 0, {3, 4}, {2, 3});
  check_scatter(index, 0, {3, 3}, {3, 4});
  check_scatter(index, 1, {2, 3}, {2, 3});
  check_scatter(index, -1, {2, 3}, {});
  check_scatter(tensor({{1, 1, -1, 0, 1}}, kInt32), 1, {1, 2}, {2, 5});
  check_scatter(at(0, 0, -1), 0, {1}, {3});
  check_scatter(zeros({0, 2}, kInt64), 0, {3, 2}, {0, 2});
  check_scatter(zeros({}, kInt64), 0, {}, {});
  check_scatter(zeros({3}, kInt64), 0, {}, {3});
  check_scatter(zeros({}, kInt64), 0, {2}, {});
  check_scatter(zeros({}, kInt64), 0, {2}, {2});
  check("scatter", [&](const Variable& x) { return scatter(x, 0, index, 2.5); }, {3, 3});
}

TEST(IndexingGradients, OfTake) {
  const Tensor index = tensor({{5, 0, 5}, {-1, 2, 0}}, kInt64);
  check("take", [&](const Variable& x) { return take(x, index); }, {2, 3});
  check("take", [&](const Variable& x) { return take(x, index); }, {1, 6});
  check("take", [](const Variable& x) { return take(x, tensor({0, -1}, kInt64)); }, {});
  check("take", [](const Variable& x) { return take(x, zeros({}, kInt64)); }, {2});
  check("take", [](const Variable& x) { return take(x, zeros({0, 2}, kInt64)); }, {2});
  const Tensor mask = tensor({{1, 0, 1}, {0, 1, 1}}, kBool);
  for (const Shape& shape : {Shape{2, 3}, Shape{3}, Shape{2, 1}, Shape{}, Shape{2, 1, 3}}) {
    check(
        "masked_select", [&](const Variable& x) { return masked_select(x, mask); }, shape);
  }
  check("masked_select", [](const Variable& x) { return masked_select(x, Tensor(true)); }, {2, 2});
  check("masked_select", [](const Variable& x) { return masked_select(x, Tensor(true)); }, {});
  check("masked_select", [](const Variable& x) { return masked_select(x, Tensor(false)); }, {2});
}

// What differences show above, in numbers.
TEST(IndexingGradients, OfValuesThatAreWrittenOverAreZero) {
  const Tensor index = at(1, 0, 1);
  const Variable x = parameter(zeros({2}, kFloat64)), value = parameter(ones({3}, kFloat64));
  const auto gradients = [&](const Variable& y) {
    const Variable loss = sum(y * tensor({10, 20}, kFloat64)), both[] = {x, value};
    const auto g = grad(std::span(&loss, 1), both);
    return std::pair(g[0].value().to_vector(), g[1].value().to_vector());
  };
  using Numbers = std::vector<double>;
  const std::pair last(Numbers{0, 0}, Numbers{0, 10, 20});
  const std::pair all(Numbers{10, 20}, Numbers{20, 10, 20});
  EXPECT_EQ(gradients(scatter(x, 0, index, value)), last);
  EXPECT_EQ(gradients(index_put(x, {index}, value)), last);
  EXPECT_EQ(gradients(scatter_add(x, 0, index, value)), all);
  EXPECT_EQ(gradients(index_put(x, {index}, value, true)), all);
  EXPECT_EQ(gradients(index_add(x, 0, index, value)), all);
}

TEST(IndexingGradients, AreTheSameOnAnyNumberOfThreads) {
  Generator generator(1);
  const Variable x = parameter(normal({2000, 30}, 0, 1, generator));
  const Tensor rows = randint(0, 2000, {9000}, generator);
  const Tensor index = randint(-2000, 2000, {9000, 30}, generator);
  const Tensor line = randint(0, 60'000, {300'000}, generator);
  const Tensor of_rows = normal({9000, 30}, 0, 1, generator);
  const Tensor of_line = normal({300'000}, 0, 1, generator);
  const auto check_bits = [&](const std::function<Variable()>& f, const Variable& seed) {
    same_on_all_threads([&] {
      const Variable y = f();
      return grad(std::span(&y, 1), std::span(&x, 1), std::span(&seed, 1))[0].value();
    });
  };
  check_bits([&] { return x.index({rows}); }, of_rows);
  check_bits([&] { return index_select(x, 0, rows); }, of_rows);
  check_bits([&] { return gather(x, 0, index); }, of_rows);
  check_bits([&] { return take(x, line); }, of_line);
  check_bits(
      [&] {
        return scatter(of_rows, 0, rows.unsqueeze(1).slice(0, {0, 2000}).expand({2000, 30}), x);
      },
      of_rows);
}

}  // namespace
}  // namespace gradus::testing
