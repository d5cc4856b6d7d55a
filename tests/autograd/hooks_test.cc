// Functions of the user on the way of a walk: what they see, what they may do, in which order.
#include <gtest/gtest.h>

#include <stdexcept>

#include "autograd/node.h"
#include "autograd/ops_all.h"
#include "optim/rules/sgd.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using Values = std::vector<double>;
Values list(const Variable& x) { return x.value().to_vector(); }

TEST(Hooks, SeeTheCompleteGradientOfLeavesAndResults) {
  const Variable x = parameter(tensor({1, 2}));
  const Variable y = x * 3;
  std::vector<Values> seen;
  y.register_hook([&](const Variable& g) { seen.push_back(list(g)); });
  x.register_hook([&](const Variable& g) { seen.push_back(list(g)); });
  sum(y * 2 + y * y).backward();  // dy = 2 + 2 y
  EXPECT_EQ(seen, (std::vector<Values>{{8, 14}, {24, 42}}));
  EXPECT_EQ(list(x.grad()), (Values{24, 42}));
}

TEST(Hooks, ReplaceTheGradientOneAfterTheOther) {
  const Variable x = parameter(tensor({1, 2}));
  const Variable y = x * 3;
  y.register_hook([](const Variable& g) { return g * 10; });
  y.register_hook([](const Variable& g) { return g + 1; });
  y.register_hook([](const Variable&) { return Variable(); });  // keeps what is there
  x.register_hook([](const Variable& g) { return -g; });
  sum(y).backward({.retain_graph = true});
  EXPECT_EQ(list(x.grad()), (Values{-33, -33}));
  EXPECT_EQ(list(grad(sum(y), x)), (Values{-33, -33}));
  // The gradient of a result that was asked for is what its hooks made of it, as in PyTorch.
  const Variable z = x * 2;
  z.register_hook([](const Variable& g) { return g * 5; });
  EXPECT_EQ(list(grad(sum(z), z)), (Values{5, 5}));
}

TEST(Hooks, AreRecordedWithCreateGraphOnly) {
  const Variable x = parameter(Tensor(3.0));
  const Variable y = x * x;
  y.register_hook([](const Variable& g) { return g * g; });
  const Variable z = 5 * y;  // hook: 25; dx = 25 * 2 x
  EXPECT_FALSE(grad(z, x, {.retain_graph = true}).requires_grad());
  const Variable g = grad(z, x, {.create_graph = true});
  EXPECT_EQ(g.item(), 150);
  EXPECT_EQ(grad(g, x).item(), 50);
}

TEST(Hooks, CanBeRemovedAlsoByThemselvesWhileTheyRun) {
  const Variable x = parameter(Tensor(1.0));
  int first = 0, second = 0, third = 0;
  HookHandle a, b;
  a = x.register_hook([&](const Variable&) {
    ++first;
    a.remove();
    b.remove();
  });
  b = x.register_hook([&](const Variable&) { ++second; });
  HookHandle c = x.register_hook([&](const Variable&) { ++third; });
  (x * 1).backward();
  (x * 1).backward();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 0) << "removed by the hook before it, in the same walk";
  EXPECT_EQ(third, 2);
  c.remove();
  c.remove();
  HookHandle().remove();
  (x * 1).backward();
  EXPECT_EQ(third, 2);
}

TEST(Hooks, AddedWhileOthersRunAreCalledFromTheNextWalkOn) {
  const Variable x = parameter(Tensor(1.0));
  int late = 0, early = 0;
  x.register_hook([&](const Variable&) {
    if (early++ == 0) x.register_hook([&](const Variable&) { ++late; });
  });
  (x * 1).backward();
  EXPECT_EQ(late, 0);
  (x * 1).backward();
  EXPECT_EQ(late, 1);
}

TEST(Hooks, HandlesOutliveTheirVariableAndRemovalDropsWhatAHookHolds) {
  HookHandle handle;
  const Tensor held = ones({4});
  {
    const Variable x = parameter(Tensor(1.0));
    handle = x.register_hook([held](const Variable&) {});
    EXPECT_FALSE(held.owns_storage_alone());
    handle.remove();
    EXPECT_TRUE(held.owns_storage_alone());
    handle = x.register_hook([held](const Variable&) {});
  }
  EXPECT_TRUE(held.owns_storage_alone());
  handle.remove();
}

TEST(Hooks, ThatThrowEndTheWalkAndChangeNoGradient) {
  const Variable x = parameter(Tensor(2.0)), w = parameter(Tensor(3.0));
  const Variable y = x * x;
  HookHandle bad = y.register_hook([](const Variable&) { throw std::out_of_range("mine"); });
  const Variable z = y * w;
  expect_throws_text<std::out_of_range>([&] { z.backward({.retain_graph = true}); }, "mine");
  EXPECT_FALSE(x.grad().defined());
  EXPECT_FALSE(w.grad().defined());
  bad.remove();
  z.backward();
  EXPECT_EQ(x.grad().item(), 12);
  EXPECT_EQ(w.grad().item(), 4);
}

TEST(Hooks, MustReturnAGradientOfTheSameKind) {
  const Variable x = parameter(tensor({1, 2}));
  HookHandle h = x.register_hook([](const Variable&) { return Variable(ones({3})); });
  expect_throws_text<AutogradError>(
      [&] { sum(x * 1).backward(); },
      "[register_hook] gradient returned by the hook: float32 [3]; expected float32 [2], like the "
      "variable");
  h.remove();
  x.register_hook([](const Variable&) { return Variable(ones({2}, kFloat64)); });
  expect_throws_text<AutogradError>(
      [&] { sum(x * 1).backward(); },
      "[register_hook] gradient returned by the hook: float64 [2]; expected float32 [2], like the "
      "variable");
}

TEST(Hooks, AfterAccumulationSeeTheStoredGradient) {
  const Variable x = parameter(Tensor(2.0));
  std::vector<double> seen;
  x.register_post_accumulate_grad_hook([&](const Variable& leaf) {
    EXPECT_EQ(leaf.node(), x.node());
    seen.push_back(leaf.grad().item());
  });
  (x * 3 + x * x).backward();
  (x * 1).backward();
  EXPECT_EQ(seen, (std::vector<double>{7, 8}));
  EXPECT_EQ(grad(x * 5, x).item(), 5);
  EXPECT_EQ(seen.size(), 2u) << "grad() stores nothing";
}

TEST(Hooks, AfterAccumulationRunAsSoonAsAllThatReadsTheLeafIsDone) {
  const Variable a = parameter(Tensor(2.0)), b = parameter(Tensor(3.0)), c = parameter(Tensor(4.0));
  std::string order;
  for (const auto& [x, name] : {std::pair{a, 'a'}, {b, 'b'}}) {
    x.register_post_accumulate_grad_hook([&order, name = name](const Variable&) { order += name; });
  }
  const auto noted = [&order](const Variable& y, char name) {
    y.register_hook([&order, name](const Variable&) { order += name; });
    return y;
  };
  const Variable u = noted(a * c, '1'), v = noted(u * b, '2'), w = noted(v * b, '3');
  noted(w * c, '4').backward();
  EXPECT_EQ(order, "432b1a");
  EXPECT_EQ(a.grad().item(), 4 * 9 * 4);
  EXPECT_EQ(b.grad().item(), 2 * 3 * 8 * 4);
  EXPECT_EQ(c.grad().item(), 2 * 8 * 9);
}

TEST(Hooks, AfterAccumulationLetAnOptimizerStepInsideBackward) {
  const auto train = [](bool inside) {
    const Variable w = parameter(tensor({1, -2})), b = parameter(tensor({0.5, 0.5}));
    std::vector<std::unique_ptr<optim::AnyOptimizer>> optimizers;
    for (const Variable& p : {w, b}) {
      optimizers.push_back(std::make_unique<optim::Optimizer<optim::SGD>>(std::vector<Variable>{p},
                                                                          optim::SGD{.lr = 0.1}));
      if (!inside) continue;
      p.register_post_accumulate_grad_hook(
          [&, own = optimizers.back().get()](const Variable& leaf) {
            own->step();
            leaf.zero_grad();
          });
    }
    for (int i = 0; i < 5; ++i) {
      sum(square(tanh(w * 3 + b) * w - 1)).backward();
      if (inside) {
        EXPECT_FALSE(w.grad().defined());
        continue;
      }
      for (auto& optimizer : optimizers) optimizer->step(), optimizer->zero_grad();
    }
    return std::pair(w.value(), b.value());
  };
  const auto inside = train(true), outside = train(false);
  expect_same_bits(inside.first, outside.first);
  expect_same_bits(inside.second, outside.second);
}

TEST(Hooks, OfNodesRunBeforeAndAfterTheirBackward) {
  const Variable x = parameter(tensor({1, 2})), w = tensor({5, 5});
  const Variable y = x * w;
  std::vector<std::string> order;
  y.register_backward_hook([&](std::span<Variable> dx, const Variable& dy) {
    order.push_back("after");
    ASSERT_EQ(dx.size(), 2u);
    EXPECT_EQ(list(dx[0]), (Values{50, 50}));
    EXPECT_FALSE(dx[1].defined());
    EXPECT_EQ(list(dy), (Values{10, 10}));
    dx[0] = dx[0] + 1;
  });
  y.register_backward_pre_hook([&](const Variable& dy) {
    order.push_back("before");
    EXPECT_EQ(list(dy), (Values{10, 10}));
  });
  y.register_hook([&](const Variable& g) {
    order.push_back("gradient");
    return g * 10;
  });
  x.register_hook([&](const Variable&) { order.push_back("leaf"); });
  sum(y).backward();
  EXPECT_EQ(order, (std::vector<std::string>{"gradient", "before", "after", "leaf"}));
  EXPECT_EQ(list(x.grad()), (Values{51, 51}));
}

TEST(Hooks, AfterANodeMustLeaveGradientsThatFit) {
  const Variable x = parameter(tensor({1, 2}));
  const Variable y = exp(x);
  const int line = __LINE__ - 1;
  y.register_backward_hook([](std::span<Variable> dx, const Variable&) { dx[0] = ones({3}); });
  expect_throws_text<AutogradError>(
      [&] { sum(y).backward(); },
      "[backward] exp recorded at " + std::string(__FILE__) + ":" + std::to_string(line) +
          ": gradient of input 0: shape [3]; expected [2], that of the input");
}

TEST(Hooks, MayDifferentiateOtherGraphsThatShareLeaves) {
  const Variable x = parameter(Tensor(2.0)), w = parameter(Tensor(3.0));
  const Variable y = x * w;
  double inner = 0;
  // When the hook runs, gradients of w and x wait in the outer walk.
  y.register_hook([&](const Variable&) {
    const EnableGradGuard enable;
    inner = grad(w * w * x, w).item();
    (w * 100).backward();
    EXPECT_EQ(w.grad().item(), 100) << "a second walk inside the same one is as separate";
  });
  (y + w * x * 10 + w).backward();
  EXPECT_EQ(inner, 12);
  EXPECT_EQ(w.grad().item(), 100 + 2 + 20 + 1);
  EXPECT_EQ(x.grad().item(), 3 + 30);
}

TEST(Hooks, NeedSomethingThatHasAGradient) {
  const Variable c = tensor({1, 2}), x = parameter(tensor({1, 2})), y = exp(x);
  const std::string none = "] x: requires no gradient; expected a parameter or a result of one";
  const auto ignore = [](const Variable&) {};
  expect_throws_text<AutogradError>([&] { c.register_hook(ignore); }, "[register_hook" + none);
  expect_throws_text<AutogradError>([&] { c.retain_grad(); }, "[retain_grad" + none);
  expect_throws_text<AutogradError>([&] { c.register_backward_pre_hook(ignore); },
                                    "[register_backward_pre_hook" + none);
  expect_throws_text<AutogradError>(
      [&] { y.register_post_accumulate_grad_hook(ignore); },
      "[register_post_accumulate_grad_hook] x: the result of exp; expected a leaf; use "
      "register_hook");
  expect_throws_text<AutogradError>(
      [&] { x.register_backward_hook([](std::span<Variable>, const Variable&) {}); },
      "[register_backward_hook] x: a leaf; expected the result of an operation; use "
      "register_hook");
  expect_throws_text<Error>([&] { Variable().register_hook(ignore); },
                            "[register_hook] x: undefined tensor; expected one with elements; was "
                            "it default constructed?");
}

TEST(RetainGrad, StoresTheGradientOfAResult) {
  const Variable x = parameter(tensor({1, 2}));
  const Variable y = x * 3, z = y * y;
  y.retain_grad().register_hook([](const Variable& g) { return g * 2; });
  x.retain_grad();  // leaves do so anyway
  sum(z).backward({.retain_graph = true});
  EXPECT_EQ(list(y.grad()), (Values{12, 24})) << "what the hooks made of it, as in PyTorch";
  EXPECT_EQ(list(x.grad()), (Values{36, 72}));
  EXPECT_FALSE(z.grad().defined());
  sum(z).backward();
  EXPECT_EQ(list(y.grad()), (Values{24, 48}));
  y.grad().value().fill(0);  // memory of its own
  EXPECT_EQ(list(x.grad()), (Values{72, 144}));
}

TEST(RetainGrad, IsNotForGrad) {
  const Variable x = parameter(tensor({1, 2})), y = exp(x);
  y.retain_grad();
  grad(sum(y), x);
  EXPECT_FALSE(y.grad().defined());
}

}  // namespace
}  // namespace gradus::testing
