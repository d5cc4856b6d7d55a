// The tape keeps a value alive only while a backward may read it.
#include <gtest/gtest.h>

#include <functional>

#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

// Whether the tape still holds the value of f(x) after the user has dropped it, when g(f(x)) lives.
bool tape_keeps(const std::function<Variable(const Variable&)>& f,
                const std::function<Variable(const Variable&)>& g) {
  const Variable x = parameter(full({4}, 0.5));
  Variable middle = f(x);
  const Tensor value = middle.value();
  const Variable y = g(middle);
  EXPECT_FALSE(value.owns_storage_alone()) << "the user still holds the value";
  middle = Variable();
  const bool kept = !value.owns_storage_alone();
  // What was released was not needed.
  sum(y).backward();
  EXPECT_TRUE(x.grad().defined());
  EXPECT_TRUE(value.owns_storage_alone()) << "backward releases the tape";
  return kept;
}

Variable plus_one(const Variable& x) { return x + 1; }

TEST(Memory, ResultsThatTheirOwnBackwardReadsAreKept) {
  EXPECT_TRUE(tape_keeps([](const Variable& x) { return tanh(x); }, plus_one));
  EXPECT_TRUE(tape_keeps([](const Variable& x) { return exp(x); }, plus_one));
  EXPECT_TRUE(tape_keeps([](const Variable& x) { return sigmoid(x); }, plus_one));
  EXPECT_TRUE(tape_keeps([](const Variable& x) { return max(x, 0, true); }, plus_one));
}

TEST(Memory, InputsThatTheNextBackwardReadsAreKept) {
  EXPECT_TRUE(tape_keeps(plus_one, [](const Variable& x) { return sin(x); }));
  EXPECT_TRUE(tape_keeps(plus_one, [](const Variable& x) { return x * x; }));
  EXPECT_TRUE(tape_keeps(plus_one, [](const Variable& x) { return log(x); }));
  EXPECT_TRUE(tape_keeps(plus_one, [](const Variable& x) { return matmul(x, x); }));
}

TEST(Memory, ValuesThatNobodyReadsAreReleased) {
  EXPECT_FALSE(tape_keeps(plus_one, plus_one));
  EXPECT_FALSE(tape_keeps(plus_one, [](const Variable& x) { return tanh(x); }));
  EXPECT_FALSE(tape_keeps(plus_one, [](const Variable& x) { return exp(x); }));
  EXPECT_FALSE(tape_keeps(plus_one, [](const Variable& x) { return sum(x); }));
  EXPECT_FALSE(tape_keeps(plus_one, [](const Variable& x) { return mean(x); }));
  EXPECT_FALSE(tape_keeps([](const Variable& x) { return sin(x); }, plus_one));
  EXPECT_FALSE(tape_keeps([](const Variable& x) { return square(x); }, plus_one));
}

TEST(Memory, ValuesOfTheUserStayAfterBackward) {
  const Variable x = parameter(full({4}, 0.5));
  const Variable y = tanh(x), z = y + 1;
  sum(z).backward();
  EXPECT_TRUE(y.value().defined());
  EXPECT_NEAR(y.value().at({0}), 0.46211716, 1e-7);
  EXPECT_NEAR(z.value().at({0}), 1.46211716, 1e-6);
}

TEST(Memory, DroppingTheLossReleasesTheWholeTape) {
  const Variable x = parameter(full({4}, 0.5));
  Variable y = exp(x);
  const Tensor value = y.value();
  Variable loss = sum(square(y) * y);
  y = Variable();
  EXPECT_FALSE(value.owns_storage_alone());
  loss = Variable();
  EXPECT_TRUE(value.owns_storage_alone());
}

TEST(Memory, BackwardReleasesAsItGoesAndRetainGraphKeeps) {
  const Variable x = parameter(full({4}, 0.5));
  Variable y = exp(x);
  const Tensor value = y.value();
  const Variable loss = sum(y);
  y = Variable();
  loss.backward({.retain_graph = true});
  EXPECT_FALSE(value.owns_storage_alone());
  loss.backward();
  EXPECT_TRUE(value.owns_storage_alone()) << "although the loss is still held";
}

TEST(Memory, AFreedResultIsReleasedAlsoWhereAnotherTapePointsToIt) {
  const Variable x = parameter(full({4}, 0.5));
  Variable y = exp(x);
  const Tensor value = y.value();
  const Variable loss = sum(y), other = y + 1;  // whose backward reads no elements
  y = Variable();
  EXPECT_FALSE(value.owns_storage_alone()) << "the backward of exp reads them";
  loss.backward();
  EXPECT_TRUE(value.owns_storage_alone());
}

}  // namespace
}  // namespace gradus::testing
