// Copies of modules, and what is found in them by name.
#include <gtest/gtest.h>

#include <sstream>

#include "autograd/ops/sum.h"
#include "nn/linear.h"
#include "nn/relu.h"
#include "nn/sequential.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tests/support/compare.h"

namespace gradus::nn {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;

// One of everything that a module may own, some of it shared.
struct Part : Module {
  explicit Part(Generator& rng) : noise(random_stream("noise", rng)) {}
  Variable forward(Operand x) const override { return add(mul(std::move(x), gain), offset); }
  Parameter gain = parameter("gain", full({2}, 2, kFloat64));
  Buffer offset = buffer("offset", full({2}, 1, kFloat64));
  Buffer scratch = buffer("scratch", full({2}, 5, kFloat64), false);
  RandomStream noise;
};
struct Whole : Module {
  explicit Whole(Generator& rng)
      : first(child("first", Part(rng))),
        again(child("again", first)),
        tied(parameter("tied", first->gain)) {}
  Variable forward(Operand x) const override { return mul(again(first(std::move(x))), tied); }
  Child<Part> first, again;
  Parameter tied;
};

std::vector<std::string> names(const auto& list) {
  std::vector<std::string> all;
  for (const auto& [name, thing] : list) all.push_back(name);
  return all;
}
using Names = std::vector<std::string>;

TEST(DeepCopy, SharesNothingWithTheOriginal) {
  Generator rng(3);
  const Whole whole(rng);
  const Whole copy = deep_copy(whole);
  expect_same_bits(copy(ones({2}, kFloat64)).value(), whole(ones({2}, kFloat64)).value());
  whole.first->gain.value().fill(7);
  whole.first->offset.value().fill(7);
  whole.first->noise->advance(9);
  EXPECT_EQ(copy.first->gain.value().to_vector(), (std::vector<double>{2, 2}));
  EXPECT_EQ(copy.get_parameter("first.gain").value().to_vector(), (std::vector<double>{2, 2}));
  EXPECT_EQ(copy.first->offset.value().to_vector(), (std::vector<double>{1, 1}));
  EXPECT_EQ(copy.first->noise->position(), 0u);
  EXPECT_TRUE(copy.first->gain.requires_grad());
  EXPECT_FALSE(copy.first->offset.requires_grad());
}

TEST(DeepCopy, SharesInsideWhatTheOriginalShares) {
  Generator rng(3);
  const Whole copy = deep_copy(Whole(rng));
  EXPECT_EQ(copy.tied.node(), copy.first->gain.node());
  EXPECT_EQ(&*copy.first, &*copy.again);
  EXPECT_EQ(copy.first->noise.get(), copy.named_generators().at(0).second);
  EXPECT_EQ(names(copy.named_parameters()), Names{"tied"});
  EXPECT_EQ(copy.parameters().at(0).node(), copy.first->gain.node());
}

TEST(DeepCopy, OfAChildOrASequenceKeepsTheirStructs) {
  Generator rng(3);
  const Sequential net(Linear(2, 3, rng), ReLU(), Sequential(Linear(3, 1, rng)));
  const Sequential copy = deep_copy(net);
  expect_same_bits(copy(ones({4, 2})).value(), net(ones({4, 2})).value());
  net.parameters().at(0).value().fill(0);
  EXPECT_NE(copy.parameters().at(0).value().to_vector().at(0), 0);
  EXPECT_EQ(to_string(copy), to_string(net));
  const Whole whole(rng);
  const Child<Part> part = deep_copy(whole.first);
  EXPECT_NE(part->gain.node(), whole.first->gain.node());
}

TEST(DeepCopy, CopiesNoGradients) {
  Generator rng(3);
  const Linear layer(2, 1, rng);
  layer(ones({1, 2})).backward();
  EXPECT_FALSE(deep_copy(layer).weight.grad().defined());
}

struct Camera : Linear {
  explicit Camera(Generator& rng) : Linear(1, 1, rng) {}
  Camera(Camera&&) = default;
  std::unique_ptr<int> lens = std::make_unique<int>(1);
};

TEST(DeepCopy, NamesAModuleThatCannotBeCopied) {
  Generator rng(3);
  const Sequential net{Camera(rng)};
  expect_throws_text<ConfigError>(
      [&] { deep_copy(net); }, "[deep_copy] Camera: cannot be copied; expected a module that can");
}

TEST(Module, ACopySharesEverything) {
  Generator rng(3);
  const Whole whole(rng), copy = whole;  // NOLINT: a copy is the point
  EXPECT_EQ(copy.first->gain.node(), whole.first->gain.node());
  EXPECT_EQ(copy.first->offset.node(), whole.first->offset.node());
  EXPECT_EQ(copy.first->noise.get(), whole.first->noise.get());
}

TEST(Module, ListsWhatIsSharedOnceButSavesItUnderEveryName) {
  Generator rng(3);
  const Whole whole(rng);
  EXPECT_EQ(names(whole.named_modules()), (Names{"", "first"}));
  EXPECT_EQ(names(whole.named_children()), (Names{"first", "again"}));
  EXPECT_EQ(names(whole.named_buffers()), (Names{"first.offset", "first.scratch"}));
  EXPECT_EQ(names(whole.named_generators()), Names{"first.noise"});
  EXPECT_EQ(names(whole.state_dict()),
            (Names{"tied", "first.gain", "first.offset", "again.gain", "again.offset"}));
}

TEST(Module, FindsPartsByTheirPath) {
  Generator rng(3);
  Sequential net(Sequential(Linear(2, 3, rng), ReLU()), Part(rng));
  EXPECT_EQ(net.get_submodule("0.1").type_name(), "ReLU");
  EXPECT_EQ(&net.get_submodule(""), &net);
  EXPECT_EQ(net.get_parameter("0.0.bias").shape(), (Shape{3}));
  EXPECT_EQ(net.get_buffer("1.scratch").shape(), (Shape{2}));
  expect_throws_text<ConfigError>(
      [&] { net.get_submodule("0.2"); },
      "[get_submodule] path: '0.2' has no '2'; expected one of '0', '1'");
  expect_throws_text<ConfigError>(
      [&] { net.get_parameter("0.0.wieght"); },
      "[get_parameter] path: '0.0.wieght' has no 'wieght'; expected one of 'weight', 'bias'");
  expect_throws_text<ConfigError>([&] { net.get_buffer("0.0.x"); },
                                  "[get_buffer] path: '0.0.x' has no 'x'; expected one of none");
}

TEST(Module, ConvertsParametersGradientsAndBuffersForAllWhoHaveThem) {
  Generator rng(3);
  const Whole whole(rng);
  sum(whole(ones({2}, kFloat64))).backward();
  whole.to(kBFloat16);
  EXPECT_EQ(whole.first->gain.dtype(), kBFloat16);
  EXPECT_EQ(whole.tied.grad().dtype(), kBFloat16);
  EXPECT_EQ(whole.first->offset.dtype(), kBFloat16);
  EXPECT_EQ(whole(ones({2}, kBFloat16)).dtype(), kBFloat16);
  expect_throws_text<DTypeError>([&] { whole.to(kInt64); },
                                 "[Module::to] dtype: int64; expected a floating dtype");
}

TEST(Module, AChangedDtypeIsNoticedByATapeThatHasSavedTheOldElements) {
  Generator rng(3);
  const Linear layer(2, 1, rng);
  const Variable y = layer(parameter(ones({1, 2})));
  layer.to(kFloat64);
  EXPECT_THROW(y.backward(), AutogradError);
}

TEST(Module, FreezesAndAppliesToAllParts) {
  Generator rng(3);
  Whole whole(rng);
  whole.set_requires_grad(false);
  EXPECT_FALSE(whole(ones({2}, kFloat64)).requires_grad());
  whole.set_requires_grad(true);
  EXPECT_TRUE(whole(ones({2}, kFloat64)).requires_grad());
  Names seen;
  whole.apply([&](Module& m) { seen.push_back(m.type_name()); });
  EXPECT_EQ(seen, (Names{"Part", "Whole"}));
}

TEST(Module, AnErrorNamesThePartItComesFrom) {
  Generator rng(3);
  const Sequential net(ReLU(), Sequential(Linear(2, 3, rng), Linear(4, 1, rng)));
  expect_throws_text<ShapeError>(
      [&] {
        net(ones({5, 2}));
      },
      "[Linear] x is [5, 3]; expected [..., 4] (in 1.1)");
  expect_throws_text<ShapeError>(
      [&] {
        net.get_submodule("1.1")(ones({5, 2}));
      },
      "[Linear] x is [5, 2]; expected [..., 4]");
  try {
    net(ones({5, 2}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.part(), "1.1");
  }
}

TEST(Module, WithAForwardOfItsOwnSaysSo) {
  struct Two : Module {
    using Module::forward;
    Variable forward(Operand a, Operand b) const { return add(std::move(a), std::move(b)); }
  };
  struct Outer : Module {
    Variable forward(Operand x) const override { return two(x.variable, x.variable); }
    Child<Two> two = child("two", Two());
  };
  EXPECT_EQ(Outer()(ones({1})).item(), 2);
  expect_throws_text<ConfigError>(
      [] { Two()(ones({1})); }, "[Two] forward: 1 tensor; expected the arguments of Two::forward");
}

TEST(Module, IsPrintedAsPyTorchDoes) {
  Generator rng(3);
  const Sequential net(Linear(2, 3, rng), Sequential(ReLU(), Linear(3, 1, rng, false)));
  std::ostringstream out;
  out << net;
  EXPECT_EQ(out.str(),
            "Sequential(\n"
            "  (0): Linear(in_features=2, out_features=3, bias=True)\n"
            "  (1): Sequential(\n"
            "    (0): ReLU()\n"
            "    (1): Linear(in_features=3, out_features=1, bias=False)\n"
            "  )\n"
            ")");
}

TEST(CallWatch, SeesCallsFromTheOutsideToTheInside) {
  struct Log : CallWatch {
    void enter(const Module& m, const std::string& name) override {
      text += "<" + name + ":" + m.type_name();
    }
    void leave(const Module&, const Variable& y) override { text += to_string(y.shape()) + ">"; }
    std::string text;
  };
  Generator rng(3);
  const Sequential net(ReLU(), Linear(2, 3, rng));
  Log log;
  net(ones({4, 2}));
  EXPECT_EQ(log.text, "<:Sequential<0:ReLU[4, 2]><1:Linear[4, 3]>[4, 3]>");
}

}  // namespace
}  // namespace gradus::nn
