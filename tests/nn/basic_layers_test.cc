// Layers that change shapes, look up, or combine two inputs; lists of layers.
#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops/sum.h"
#include "nn/bilinear.h"
#include "nn/embedding.h"
#include "nn/flatten.h"
#include "nn/identity.h"
#include "nn/linear.h"
#include "nn/module_dict.h"
#include "nn/module_list.h"
#include "nn/relu.h"
#include "nn/sequential.h"
#include "nn/unflatten.h"
#include "tensor/elementwise/abs.h"
#include "tensor/elementwise/square.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/module_cases.h"

namespace gradus::nn {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::made;
using testing::ModuleCase;
using List = std::vector<double>;
using Names = std::vector<std::string>;

EmbeddingOptions embedding_options(const ModuleCase& c) {
  EmbeddingOptions options{.dtype = c.dtype};
  if (c.has("padding_idx")) options.padding_idx = c.integer("padding_idx");
  if (c.has("max_norm")) options.max_norm = c.number("max_norm");
  if (c.has("norm_type")) options.norm_type = c.number("norm_type");
  return options;
}

TEST(BasicLayers, AreThoseOfPyTorch) {
  testing::check_module("shapes", [](const ModuleCase& c) {
    if (c.text("layer") == "Identity") return made(Identity());
    if (c.text("layer") == "Unflatten") {
      return made(Unflatten(static_cast<int>(c.integer("dim")), c.shape("unflattened_size")));
    }
    return made(
        Flatten(static_cast<int>(c.integer("start_dim")), static_cast<int>(c.integer("end_dim"))));
  });
  testing::check_module("bilinear", [](const ModuleCase& c) {
    return made(Bilinear(c.integer("in1_features"), c.integer("in2_features"),
                         c.integer("out_features"), c.rng, c.flag("bias"), c.dtype),
                [](const Bilinear& layer, const std::vector<Variable>& in) {
                  return layer.forward(in[0], in[1]);
                });
  });
  testing::check_module("embedding", [](const ModuleCase& c) {
    return made(Embedding(4, 3, c.rng, embedding_options(c)));
  });
}

TEST(BasicLayers, ArePrintedAsInPyTorch) {
  Generator rng(1);
  EXPECT_EQ(to_string(Flatten()), "Flatten(start_dim=1, end_dim=-1)");
  EXPECT_EQ(to_string(Unflatten(1, {2, 3})), "Unflatten(dim=1, unflattened_size=(2, 3))");
  EXPECT_EQ(to_string(Unflatten(1, {6})), "Unflatten(dim=1, unflattened_size=(6,))");
  EXPECT_EQ(to_string(Identity()), "Identity()");
  EXPECT_EQ(to_string(Bilinear(2, 3, 4, rng)),
            "Bilinear(in1_features=2, in2_features=3, out_features=4, bias=True)");
  EXPECT_EQ(to_string(Embedding(3, 4, rng)), "Embedding(3, 4)");
  EXPECT_EQ(to_string(Embedding(3, 4, rng, {.padding_idx = -1, .max_norm = 2, .norm_type = 1})),
            "Embedding(3, 4, padding_idx=2, max_norm=2.0, norm_type=1.0)");
}

TEST(BasicLayers, NameWhatIsWrongWithTheInput) {
  Generator rng(1);
  const Bilinear bilinear(3, 2, 4, rng);
  const auto expect = [&](const Shape& a, const Shape& b, const std::string& got) {
    expect_throws_text<ShapeError>(
        [&] { bilinear.forward(zeros(a), zeros(b)); },
        "[Bilinear] " + got + "; expected [..., 3] and [..., 2], the rest equal");
  };
  expect({4, 3}, {4, 5}, "x1 is [4, 3] and x2 is [4, 5]");
  expect({4, 3}, {5, 2}, "x1 is [4, 3] and x2 is [5, 2]");
  expect({3}, {4, 2}, "x1 is [3] and x2 is [4, 2]");
  expect({}, {2}, "x1 is [] and x2 is [2]");
  expect_throws_text<ConfigError>(
      [&] {
        bilinear(zeros({4, 3}));
      },
      "[Bilinear] forward: 1 tensor; expected the arguments of Bilinear::forward");
  expect_throws_text<ConfigError>(
      [] {
        Flatten(2, 1)(zeros({4, 3, 2}));
      },
      "[Flatten] start_dim: 2; expected at most end_dim, axis 1 of [4, 3, 2]");
  EXPECT_THROW(Flatten()(zeros({4})), IndexError);
  expect_throws_text<ShapeError>(
      [] {
        Sequential(Identity(), Unflatten(1, {4, 2}))(zeros({4, 6}));
      },
      "[Unflatten] x is [4, 6]: axis 1; expected the product of unflattened_size, [4, 2] (in 1)");
  EXPECT_THROW(Unflatten(1, {4, -1})(zeros({4, 6})), ShapeError);
  EXPECT_THROW(Unflatten(1, {0, -1})(zeros({4, 0})), ShapeError);
  const Sequential words(Embedding(10, 4, rng));
  expect_throws_text<IndexError>(
      [&] {
        words(tensor({{1, 10}}, kInt64));
      },
      "[embedding] indices: 10 at [0, 1]; expected 0..9, the rows of weight [10, 4] (in 0)");
  EXPECT_THROW(words(zeros({2})), DTypeError);
}

TEST(BasicLayers, RefuseArgumentsOutOfRange) {
  Generator rng(1);
  expect_throws_text<ConfigError>([&] { Bilinear(0, 2, 2, rng); },
                                  "[Bilinear] in1_features: 0; expected >= 1");
  expect_throws_text<ConfigError>([&] { Bilinear(2, -1, 2, rng); },
                                  "[Bilinear] in2_features: -1; expected >= 1");
  expect_throws_text<ConfigError>([&] { Bilinear(2, 2, 0, rng); },
                                  "[Bilinear] out_features: 0; expected >= 1");
  expect_throws_text<ConfigError>([&] { Embedding(0, 2, rng); },
                                  "[Embedding] num_embeddings: 0; expected >= 1");
  expect_throws_text<ConfigError>([&] { Embedding(2, 0, rng); },
                                  "[Embedding] embedding_dim: 0; expected >= 1");
  expect_throws_text<ConfigError>([&] { Embedding(2, 2, rng, {.max_norm = -1}); },
                                  "[Embedding] max_norm: -1; expected a number > 0");
  expect_throws_text<ConfigError>([&] { Embedding(2, 2, rng, {.norm_type = 0}); },
                                  "[Embedding] norm_type: 0; expected a number > 0");
  expect_throws_text<IndexError>(
      [&] { Embedding(10, 3, rng, {.padding_idx = 10}); },
      "[Embedding] padding_idx: 10; expected -10..9, a row of weight [10, 3]");
  expect_throws_text<ShapeError>(
      [] { Embedding::from_pretrained(zeros({3})); },
      "[Embedding] weight is [3]; expected [num_embeddings, embedding_dim]");
  const std::string sizes = "; expected one size at least, all >= 0, or one of them -1";
  expect_throws_text<ConfigError>([] { Unflatten(0, {}); },
                                  "[Unflatten] unflattened_size: []" + sizes);
  expect_throws_text<ConfigError>(
      [] {
        Unflatten(0, {-1, 2, -1});
      },
      "[Unflatten] unflattened_size: [-1, 2, -1]" + sizes);
  expect_throws_text<ConfigError>([] { Unflatten(0, {-2}); },
                                  "[Unflatten] unflattened_size: [-2]" + sizes);
}

TEST(Bilinear, StartsUniformlyInTheRangeOfTorch) {
  Generator rng(3);
  const Bilinear layer(16, 20, 30, rng);
  EXPECT_EQ(layer.weight.shape(), (Shape{30, 16, 20}));
  const List w = layer.weight.value().to_vector();
  double squares = 0;
  for (double v : w) {
    EXPECT_LE(std::fabs(v), 0.25);  // 1 / sqrt(16)
    squares += v * v;
  }
  // k^2 / 3, 4 standard errors.
  EXPECT_NEAR(squares / 9600, 0.0625 / 3, 4 * 0.0625 * std::sqrt(4 / 45.0 / 9600));
}

TEST(Embedding, StartsNormalButForThePadding) {
  Generator rng(3);
  const Embedding layer(1000, 10, rng, {.padding_idx = 5});
  EXPECT_EQ(max(abs(layer.weight.value().select(0, 5))).item(), 0);
  // Of 9990 numbers: 4 standard errors.
  EXPECT_NEAR(mean(square(layer.weight.value())).item() * 1000 / 999, 1, 4 * std::sqrt(2.0 / 9990));
}

TEST(Embedding, OfAGivenTableSharesIt) {
  const Tensor table = tensor({{1, 2}, {3, 4}});
  const Embedding frozen = Embedding::from_pretrained(table);
  EXPECT_FALSE(frozen.weight.requires_grad());
  EXPECT_TRUE(frozen.weight.value().shares_storage_with(table));
  EXPECT_EQ(frozen(tensor({1}, kInt64)).value().to_vector(), (List{3, 4}));
  const Embedding learned = Embedding::from_pretrained(table, false, {.padding_idx = 0});
  EXPECT_TRUE(learned.weight.requires_grad());
  sum(learned(tensor({0, 1, 1}, kInt64))).backward();
  EXPECT_EQ(learned.weight.grad().value().to_vector(), (List{0, 0, 2, 2}));
  EXPECT_EQ(table.to_vector(), (List{1, 2, 3, 4}));
}

TEST(Embedding, LeavesRowsThatAreNotLookedUpAsLongAsTheyAre) {
  const Embedding layer =
      Embedding::from_pretrained(tensor({{3, 4}, {0.3, 0.4}, {30, 40}}), false, {.max_norm = 1});
  layer(tensor({0, 1, 0}, kInt64));
  const List w = layer.weight.value().to_vector();
  EXPECT_NEAR(std::hypot(w[0], w[1]), 1, 1e-6);
  EXPECT_EQ(List(w.begin() + 2, w.end()), (List{0.3f, 0.4f, 30, 40}));
  // A bad index changes nothing.
  EXPECT_THROW(layer(tensor({2, 3}, kInt64)), IndexError);
  EXPECT_EQ(layer.weight.value().to_vector(), w);
}

TEST(Sequential, TakesNamesAsAnOrderedDict) {
  Generator rng(1);
  const Sequential net({{"hidden", Linear(2, 3, rng)}, {"act", ReLU()}});
  EXPECT_EQ(to_string(net),
            "Sequential(\n"
            "  (hidden): Linear(in_features=2, out_features=3, bias=True)\n"
            "  (act): ReLU()\n"
            ")");
  EXPECT_EQ(net.get_parameter("hidden.weight").shape(), (Shape{3, 2}));
  EXPECT_EQ(net(ones({4, 2})).shape(), (Shape{4, 3}));
  expect_throws_text<ShapeError>(
      [&] {
        net(ones({4, 5}));
      },
      "[Linear] x is [4, 5]; expected [..., 2] (in hidden)");
  EXPECT_THROW(Sequential({{"a.b", ReLU()}}), ConfigError);
  EXPECT_THROW(Sequential({{"a", ReLU()}, {"a", ReLU()}}), ConfigError);
}

TEST(Sequential, GrowsAndSharesItsLayers) {
  Generator rng(1);
  Sequential net;
  net.append(Linear(2, 2, rng)).append(ReLU());
  net.append(net[0]);
  EXPECT_EQ(&*net[0], &*net[-1]);
  EXPECT_EQ(net.parameters().size(), 2u);
  EXPECT_EQ(net(ones({1, 2})).shape(), (Shape{1, 2}));
  const Sequential copy = deep_copy(net);
  EXPECT_EQ(&*copy[0], &*copy[2]);
  EXPECT_NE(&*copy[0], &*net[0]);
}

TEST(ModuleList, IsCalledByItsOwner) {
  struct Stack : Module {
    explicit Stack(Generator& rng) {
      for (int i = 0; i < 3; ++i) layers->append(Linear(2, 2, rng));
    }
    Variable forward(Operand x) const override {
      for (const auto& layer : *layers) x.variable = layer(x);
      return x.variable;
    }
    Child<ModuleList<Linear>> layers = child("layers", ModuleList<Linear>());
  };
  Generator rng(1);
  const Stack stack(rng);
  EXPECT_EQ(stack(ones({4, 2})).shape(), (Shape{4, 2}));
  EXPECT_EQ(stack.parameters().size(), 6u);
  EXPECT_EQ(stack.layers->at(-1).weight.node(), stack.get_parameter("layers.2.weight").node());
  EXPECT_EQ(to_string(stack),
            "Stack(\n"
            "  (layers): ModuleList(\n"
            "    (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)\n"
            "  )\n"
            ")");
  expect_throws_text<ShapeError>(
      [&] {
        stack(ones({4, 3}));
      },
      "[Linear] x is [4, 3]; expected [..., 2] (in layers.0)");
  struct Names : CallWatch {
    void enter(const Module&, const std::string& name) override { all.push_back(name); }
    void leave(const Module&, const Variable&) override {}
    std::vector<std::string> all;
  };
  {
    Names seen;
    stack(ones({1, 2}));
    EXPECT_EQ(seen.all, (std::vector<std::string>{"", "layers.0", "layers.1", "layers.2"}));
  }
  const Stack copy = deep_copy(stack);
  copy.parameters()[0].value().fill(0);
  EXPECT_NE(stack.parameters()[0].value().to_vector()[0], 0);
}

TEST(ModuleList, OfAnythingIsPrintedInRuns) {
  Generator rng(1);
  const ModuleList list{ReLU(), ReLU(), Identity(), ReLU()};
  EXPECT_EQ(to_string(list),
            "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Identity()\n  (3): ReLU()\n)");
  EXPECT_EQ(to_string(ModuleList<>()), "ModuleList()");
  expect_throws_text<IndexError>([&] { list.at(4); },
                                 "[ModuleList] index: 4; expected -4..3 for 4 modules");
  expect_throws_text<IndexError>([] { ModuleList<>().at(-1); },
                                 "[ModuleList] index: -1; expected none for 0 modules");
  EXPECT_THROW(list(ones({1})), ConfigError);
}

TEST(ModuleDict, FindsModulesByName) {
  Generator rng(1);
  ModuleDict<> heads({{"name", Linear(2, 5, rng)}, {"age", ReLU()}});
  heads.add_module("sex", Identity());
  EXPECT_EQ(heads.size(), 3u);
  EXPECT_TRUE(heads.contains("age"));
  EXPECT_FALSE(heads.contains("0"));
  EXPECT_EQ(heads["name"](ones({3, 2})).shape(), (Shape{3, 5}));
  Names names;
  for (const auto& head : heads) names.push_back(head.name());
  EXPECT_EQ(names, (Names{"name", "age", "sex"}));
  EXPECT_EQ(heads.named_parameters()[0].first, "name.weight");
  expect_throws_text<ConfigError>(
      [&] { heads["agee"]; }, "[ModuleDict] name: 'agee'; expected one of 'name', 'age', 'sex'");
  expect_throws_text<ConfigError>([] { ModuleDict<>()["a"]; },
                                  "[ModuleDict] name: 'a'; expected none, it is empty");
}

}  // namespace
}  // namespace gradus::nn
