// What a person may do with modules that nobody meant them to do.
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "autograd/ops/sum.h"
#include "nn/linear.h"
#include "nn/relu.h"
#include "nn/sequential.h"
#include "nn/state.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tests/support/compare.h"

namespace gradus::nn {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;

// Lets a test register what it wants.
struct Open : Module {
  Variable forward(Operand x) const override { return std::move(x.variable); }
  template <class M>
  void add(const std::string& name, M module) {
    child(name, std::move(module));
  }
  void link(const std::string& name, const Child<Open>& other) { child(name, other); }
  void tie(const std::string& name, const Parameter& other) { parameter(name, other); }
  Child<Open> open(const std::string& name) { return child(name, Open()); }
};

TEST(Module, RefusesAChildThatHoldsModulesByValue) {
  struct ByValue : Module {
    explicit ByValue(Generator& rng) : layer(2, 3, rng) {}
    Linear layer;
  };
  struct InAVector : Module {
    explicit InAVector(Generator& rng) { layers.emplace_back(2, 3, rng); }
    std::vector<Linear> layers;
  };
  struct InAnArray : Module {
    explicit InAnArray(Generator& rng) : layers{Linear(2, 3, rng), Linear(2, 3, rng)} {}
    std::array<Linear, 2> layers;
  };
  struct OnlyMoved : ByValue {
    using ByValue::ByValue;
    OnlyMoved(OnlyMoved&&) = default;
  };
  Generator rng(1);
  Open net;
  const auto text = [](const std::string& type) {
    return "[Module] child 'x': " + type +
           " holds a Linear that it has not registered, which training, files and copies would "
           "miss; expected Child<Linear> x = child(\"x\", Linear(...))";
  };
  expect_throws_text<ConfigError>([&] { net.add("x", ByValue(rng)); }, text("ByValue"));
  expect_throws_text<ConfigError>([&] { net.add("x", InAVector(rng)); }, text("InAVector"));
  expect_throws_text<ConfigError>([&] { net.add("x", InAnArray(rng)); }, text("InAnArray"));
  expect_throws_text<ConfigError>([&] { net.add("x", OnlyMoved(rng)); }, text("OnlyMoved"));
  EXPECT_TRUE(net.named_children().empty());
}

TEST(Module, TakesAChildWithPartsThatOwnNothingOrAreKnown) {
  struct Fine : Module {
    explicit Fine(Generator& rng)
        : copy(2, 3, rng), layer(child("layer", copy)), more{child("more", Linear(3, 1, rng))} {}
    ReLU relu;
    Linear copy;
    Child<Linear> layer;
    std::vector<Child<Linear>> more;
  };
  Generator rng(1);
  Open net;
  net.add("fine", Fine(rng));
  net.add("nested", Sequential(Fine(rng), Sequential(Fine(rng), ReLU())));
  EXPECT_EQ(net.parameters().size(), 12u);
}

TEST(Module, RefusesARingOfChildrenAndTiesToNothing) {
  Open root;
  const Child<Open> a = root.open("a"), b = a->open("b");
  expect_throws_text<ConfigError>(
      [&] { b->link("up", a); },
      "[Module] child 'up': contains this Open; expected a module that does not");
  expect_throws_text<ConfigError>(
      [&] { a->link("self", a); },
      "[Module] child 'self': contains this Open; expected a module that does not");
  expect_throws_text<ConfigError>(
      [&] { root.link("none", Child<Open>()); },
      "[Module] child 'none': no module; expected one; members are made in the order of their "
      "declaration");
  expect_throws_text<ConfigError>(
      [&] { root.tie("tied", Parameter()); },
      "[Module] parameter 'tied': shared with one that does not exist; expected one that is "
      "registered; members are made in the order of their declaration");
  EXPECT_EQ(root.named_modules().size(), 3u);
  root.link("again", b);  // twice is no ring
  EXPECT_EQ(root.named_modules().size(), 3u);
}

TEST(Module, AppliesToChildrenInTheirOrderThenToTheWhole) {
  Generator rng(1);
  Sequential net(Linear(1, 2, rng), Sequential(Linear(2, 3, rng), ReLU()), Linear(3, 4, rng));
  std::string seen;
  net.apply([&](Module& m) { seen += m.type_name() + m.extra_repr().substr(0, 13) + " "; });
  EXPECT_EQ(
      seen,
      "Linearin_features=1 Linearin_features=2 ReLU Sequential Linearin_features=3 Sequential ");
}

template <class T>
struct Generic : Module {
  struct Inner : Module {};
};
template <class T>
std::string local_type_name() {
  struct Local : Module {};
  return Local().type_name();
}
TEST(Module, KnowsItsNameInsideTemplates) {
  EXPECT_EQ(Generic<Sequential>().type_name(), "Generic");
  EXPECT_EQ(Generic<Generic<Linear>>().type_name(), "Generic");
  EXPECT_EQ(Generic<Sequential>::Inner().type_name(), "Inner");
  EXPECT_EQ(local_type_name<Generic<Linear>>(), "Local");
}

TEST(Module, MovedAfterItHasChildrenKeepsThem) {
  Generator rng(1);
  Sequential net(Linear(2, 3, rng), ReLU());
  const Tensor before = net(ones({1, 2})).value();
  Sequential moved = std::move(net);
  std::vector<Sequential> many;
  many.push_back(std::move(moved));
  for (int i = 0; i < 4; ++i) many.emplace_back();  // moves the first one again
  expect_same_bits(many[0](ones({1, 2})).value(), before);
  many[0].eval();
  EXPECT_FALSE(many[0].at(0).training());
  EXPECT_EQ(many[0].parameters().size(), 2u);
}

TEST(DeepCopy, CopiesWhatAFunctionHolds) {
  struct Wrapped : Module {
    explicit Wrapped(Generator& rng) {
      const Child<Linear> layer = child("layer", Linear(2, 2, rng));
      run = [layer](Operand x) { return layer(std::move(x)); };
    }
    Variable forward(Operand x) const override { return run(std::move(x)); }
    std::function<Variable(Operand)> run;
  };
  Generator rng(1);
  const Wrapped whole(rng), copy = deep_copy(whole);
  const Tensor before = copy(ones({1, 2})).value();
  for (const Variable& x : whole.parameters()) x.value().fill(0);
  expect_same_bits(copy(ones({1, 2})).value(), before);
  for (const Variable& x : copy.parameters()) x.value().fill(0);
  EXPECT_EQ(copy(ones({1, 2})).value().to_vector(), (std::vector<double>{0, 0}));
}

TEST(DeepCopy, KeepsFlagsAndDtypesAndFailsWhole) {
  Generator rng(1);
  Sequential net(Linear(2, 3, rng), ReLU());
  net.at(0).set_requires_grad(false);
  net.at(0).eval();
  net.to(kFloat64);
  const Sequential copy = deep_copy(net);
  EXPECT_FALSE(copy.at(0).training());
  EXPECT_TRUE(copy.training());
  EXPECT_FALSE(copy.parameters()[0].requires_grad());
  EXPECT_EQ(copy.parameters()[0].dtype(), kFloat64);
  EXPECT_EQ(DeepCopy::current(), nullptr);
}

// Counts calls, and errors on their way out.
struct Count : CallWatch {
  void enter(const Module&, const std::string&) override { ++entered; }
  void leave(const Module&, const Variable&) override { ++left; }
  int entered = 0, left = 0;
};

TEST(CallWatch, IsOfOneThread) {
  Generator rng(1);
  const Sequential net(Linear(2, 3, rng), ReLU());
  Count count;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Count own;
      for (int k = 0; k < 50; ++k) net(ones({1, 2}));
      EXPECT_EQ(own.entered, 150);
      EXPECT_EQ(own.left, 150);
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(count.entered, 0);
}

TEST(CallWatch, MayEndInAnyOrderAndWithErrors) {
  Generator rng(1);
  const Sequential net(Linear(2, 3, rng), ReLU());
  auto first = std::make_unique<Count>();
  auto second = std::make_unique<Count>();
  first.reset();
  EXPECT_EQ(CallWatch::current(), second.get());
  EXPECT_THROW(net(ones({1, 5})), ShapeError);
  EXPECT_EQ(second->entered, 2);
  EXPECT_EQ(second->left, 0);
  second.reset();
  EXPECT_EQ(CallWatch::current(), nullptr);
}

TEST(Module, ConvertedInTheMiddleOfTrainingGoesOn) {
  Generator rng(1);
  const Sequential net(Linear(2, 3, rng), ReLU(), Linear(3, 1, rng));
  sum(net(ones({4, 2}))).backward();
  net.to(kFloat64);
  sum(net(ones({4, 2}, kFloat64))).backward();  // adds to the converted gradients
  const Variable weight = net.parameters()[0];
  const Tensor twice = weight.grad().value();
  net.zero_grad();
  sum(net(ones({4, 2}, kFloat64))).backward();
  // The first half was computed in float32.
  testing::expect_close(twice, (weight.grad().value() * 2), 1e-6, 1e-6);
}

}  // namespace
}  // namespace gradus::nn
