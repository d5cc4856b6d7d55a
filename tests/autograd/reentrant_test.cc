// Walks inside walks, and walks that end early: whatever a hook, a custom function or a checkpoint
// does, no half of a state stays behind.
#include <gtest/gtest.h>

#include <stdexcept>

#include "autograd/checkpoint.h"
#include "autograd/function.h"
#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tensor/random.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using Values = std::vector<double>;
Values list(const Variable& x) { return x.value().to_vector(); }

// Calls f the first time only.
template <class F>
auto once(F f) {
  return [f = std::move(f), called = false](auto&&...) mutable {
    if (!std::exchange(called, true)) f();
  };
}

// y = x w, differentiated once more from inside; the tape is freed by both walks.
struct Twice {
  Variable x = parameter(tensor({1, 2})), w = parameter(tensor({3, 4}));
  Variable y = x * w;
  void again() const { y.backward(tensor({10, 10})); }
  void expect_both() const {
    EXPECT_EQ(list(x.grad()), (Values{33, 44}));
    EXPECT_EQ(list(w.grad()), (Values{11, 22}));
    EXPECT_THROW(y.backward(tensor({1, 1})), AutogradError) << "freed at the end";
  }
};

TEST(Reentrant, AHookBeforeANodeMayDifferentiateFromThere) {
  const Twice t;
  t.y.register_backward_pre_hook(once([&] { t.again(); }));
  sum(t.y).backward();
  t.expect_both();
}

TEST(Reentrant, AHookAfterANodeMayDifferentiateFromThere) {
  const Twice t;
  t.y.register_backward_hook(once([&] { t.again(); }));
  sum(t.y).backward();
  t.expect_both();
}

TEST(Reentrant, AHookOfTheGradientThatFreesTheTapeIsAnError) {
  const Twice t;
  t.y.register_hook(once([&] { t.again(); }));
  const Variable z = sum(t.y);
  try {
    z.backward();
    FAIL();
  } catch (const AutogradError& error) {
    EXPECT_NE(std::string(error.what()).find("mul recorded at"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("its tape was freed by an earlier backward"),
              std::string::npos);
  }
  EXPECT_EQ(list(t.x.grad()), (Values{30, 40})) << "of the walk inside, which came to its end";
}

// Keeps a tensor, and differentiates the graph it stands in.
struct Nested {
  Variable* result = nullptr;
  SavedTensor kept{};
  bool inside = false;
  Tensor forward(const Tensor& x) {
    kept = x * 2;
    return x * x;
  }
  void backward(Gradients& d) {
    if (!std::exchange(inside, true)) result->backward(tensor({10, 10}));
    d.set(0, d.dy() * kept.get());
  }
};

TEST(Reentrant, ACustomFunctionMayDifferentiateTheGraphItStandsIn) {
  const Variable x = parameter(tensor({1, 2}));
  Variable y;
  y = apply(Nested{&y}, x);
  sum(y).backward();
  EXPECT_EQ(list(x.grad()), (Values{22, 44}));
}

TEST(Reentrant, ACheckpointMayDifferentiateInsideItself) {
  const Variable x = parameter(tensor({1, 2})), w = parameter(tensor({3, 4}));
  // The function's result holds a gradient, as in a step of an optimizer that is differentiated.
  const auto f = [&](const Variable& v) {
    const Variable g = grad(sum(square(v) * w), v, {.create_graph = true});  // 2 v w
    return v - g * 0.5;
  };
  sum(square(f(x))).backward();
  const Tensor dx = x.grad().value(), dw = w.grad().value();
  x.zero_grad(), w.zero_grad();
  sum(square(checkpoint(f, x))).backward();
  expect_same_bits(x.grad().value(), dx);
  expect_same_bits(w.grad().value(), dw);
}

TEST(Reentrant, WithoutEndIsAnErrorNotACrash) {
  const Variable x = parameter(Tensor(2.0)), y = x * x;
  HookHandle hook = x.register_hook([&](const Variable&) { y.backward({.retain_graph = true}); });
  expect_throws_text<AutogradError>(
      [&] { y.backward({.retain_graph = true}); },
      "[backward] called inside itself 60 times; expected an end; does a hook differentiate the "
      "graph that it belongs to?");
  EXPECT_FALSE(x.grad().defined());
  hook.remove();
  y.backward();
  EXPECT_EQ(x.grad().item(), 4);
}

TEST(Reentrant, AnErrorOfTheWalkInsideLeavesTheOuterOneAsItWas) {
  const Variable x = parameter(Tensor(2.0)), w = parameter(Tensor(3.0));
  const Variable y = x * w;
  y.register_hook([&](const Variable&) {
    const EnableGradGuard enable;
    const Variable bad = w * x;
    bad.register_hook([](const Variable&) { throw std::out_of_range("mine"); });
    EXPECT_THROW((bad + w).backward(), std::out_of_range);
  });
  (y + w * x * 10 + w).backward();
  EXPECT_EQ(w.grad().item(), 2 + 20 + 1);
  EXPECT_EQ(x.grad().item(), 3 + 30);
}

struct Throws {
  Tensor forward(const Tensor& x) { return x.clone(); }
  void backward(Gradients& d) const {
    d.set(0, d.dy() * 5);
    throw std::runtime_error("mine");
  }
};

TEST(Reentrant, WhatACustomFunctionThrowsChangesNothing) {
  const Variable x = parameter(tensor({1, 2})), w = parameter(tensor({3, 4}));
  const Variable middle = x * w;
  const Variable y = sum(middle * 2) + sum(apply(Throws{}, middle));
  for (int i = 0; i < 2; ++i) {
    expect_throws_text<std::runtime_error>([&] { y.backward({.retain_graph = true}); }, "mine");
    EXPECT_TRUE(grad_enabled());
    EXPECT_FALSE(x.grad().defined());
    const Variable z = exp(x);
    EXPECT_EQ(z.node()->where().line(), static_cast<unsigned>(__LINE__ - 1));
  }
  // Nothing waits at a node: other gradients through the same ones are right.
  EXPECT_EQ(list(grad(sum(middle), x, {.retain_graph = true})), (Values{3, 4}));
  EXPECT_EQ(list(grad(sum(middle * middle), w)), (Values{6, 32}));
}

TEST(Reentrant, WhatACheckpointThrowsLeavesModesAndGenerators) {
  const Variable x = parameter(tensor({1, 2}));
  Generator random(1);
  int calls = 0;
  const auto f = [&](const Variable& v) {
    const Variable y = v * uniform({2}, 0, 1, random);
    const NoGradGuard off;
    if (++calls == 2) throw std::runtime_error("mine");
    return y;
  };
  const Variable y = sum(checkpoint(f, x));
  const std::uint64_t position = random.position();
  expect_throws_text<std::runtime_error>([&] { y.backward({.retain_graph = true}); }, "mine");
  EXPECT_TRUE(grad_enabled());
  EXPECT_EQ(random.position(), position);
  uniform({2}, 0, 1, random);
  EXPECT_NE(random.position(), position) << "the generator draws for itself again";
  y.backward();
  Generator same(1);
  expect_same_bits(x.grad().value(), uniform({2}, 0, 1, same));
}

TEST(Reentrant, ACheckpointRecordsUnderNoGradToo) {
  const Variable x = parameter(tensor({1, 2}));
  const auto f = [](const Variable& v) {
    const auto constant = [&] {  // the second time too
      const NoGradGuard off;
      return exp(v * 0) * 3;
    };
    return v * v * constant();
  };
  const Variable y = sum(checkpoint(f, x));
  {
    const NoGradGuard off;
    y.backward();
    EXPECT_FALSE(grad_enabled());
  }
  EXPECT_EQ(list(x.grad()), (Values{6, 12}));
  EXPECT_TRUE(grad_enabled());
}

struct HasOwnLines {
  Tensor forward(const Tensor& x) { return x * x; }
  void backward(Gradients& d) const {
    { const CallersLines lines; }
    d.set(0, d.dy() * d.x(0) * 2);
  }
};

TEST(Reentrant, LinesOfCallersEndWithTheirBlock) {
  const Variable x = parameter(Tensor(3.0));
  const Variable y = apply(HasOwnLines{}, x);
  const int line = __LINE__ - 1;
  const Variable g = grad(y, x, {.create_graph = true});
  EXPECT_EQ(g.item(), 6);
  EXPECT_EQ(g.node()->where().line(), static_cast<unsigned>(line)) << "that of forward";
}

TEST(Reentrant, AHookThatRecordsGivesALeafNoTape) {
  const Variable x = parameter(tensor({1, 2})), w = parameter(tensor({3, 4}));
  x.register_hook([&](const Variable& g) {
    const EnableGradGuard enable;
    return g * w;
  });
  sum(x * 2).backward();
  EXPECT_EQ(list(x.grad()), (Values{6, 8}));
  EXPECT_FALSE(x.grad().requires_grad());
  sum(x * 2).backward();
  EXPECT_EQ(list(x.grad()), (Values{12, 16}));
  EXPECT_FALSE(x.grad().requires_grad());
}

}  // namespace
}  // namespace gradus::testing
