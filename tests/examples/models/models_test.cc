// The models of examples/models against the same modules of PyTorch.
#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops/sum.h"
#include "examples/models/alexnet.h"
#include "examples/models/lenet.h"
#include "examples/models/resnet.h"
#include "tests/support/compare.h"
#include "tests/support/golden.h"

namespace gradus::models {
namespace {

using testing::expect_throws_text;

const nlohmann::json& entry_of(const std::string& name) {
  static const nlohmann::json all = testing::golden("examples/models");
  return all.at(name);
}

// Printing, names and shapes of the state, number of parameters.
void expect_same_parts(const nn::Module& model, const nlohmann::json& entry) {
  EXPECT_EQ(to_string(model), entry["repr"].get<std::string>());
  nlohmann::json state = nlohmann::json::array();
  for (const auto& [name, value] : model.state_dict()) {
    nlohmann::json shape = nlohmann::json::array();
    for (const std::int64_t n : value.shape()) shape.push_back(n);
    state.push_back({name, shape});
  }
  EXPECT_EQ(state, entry["state"]);
  std::int64_t count = 0;
  for (const Variable& p : model.parameters()) count += p.numel();
  EXPECT_EQ(count, entry["parameters"].get<std::int64_t>());
}

// The numbers of fill() in make_models.py.
void fill(const nn::Module& model) {
  std::int64_t k = -1;
  for (const auto& [name, x] : model.state_dict()) {
    ++k;
    if (!is_floating(x.dtype())) continue;
    const double scale = 2 / std::sqrt(static_cast<double>(x.numel() / x.dim(0)));
    std::vector<double> numbers;
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const double v = static_cast<double>((i * 37 + k * 11) % 101) / 101 - 0.5;
      numbers.push_back(v * scale + (name.ends_with("running_var") ? 1 : 0));
    }
    x.copy_from(from_values(numbers, x.shape(), kFloat64));
  }
}

Tensor image_of(const nlohmann::json& entry) {
  Shape shape;
  for (const std::int64_t n : entry["image"]) shape.push_back(n);
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < numel(shape); ++i) {
    numbers.push_back(static_cast<double>((i * 53) % 97) / 97 - 0.5);
  }
  return from_values(numbers, shape, kFloat64);
}

void expect_same_logits(nn::Module& model, const nlohmann::json& entry, bool train = false) {
  expect_same_parts(model, entry);
  fill(model);
  model.train(train);
  const Variable logits = model(image_of(entry));
  // Sums of some hundred products of size 1 in another order, layer after layer.
  testing::expect_close(logits.value(), testing::golden_tensor(entry["logits"]), 1e-11, 1e-11);
  sum(logits).backward();
  for (const auto& [name, parameter] : model.named_parameters()) {
    EXPECT_TRUE(parameter.grad().defined()) << name;
  }
}

TEST(LeNet, GivesTheLogitsOfPyTorch) {
  Generator rng(1);
  LeNet book(rng, {.dtype = kFloat64});
  expect_same_logits(book, entry_of("lenet book"));
  LeNet modern(rng, {.in_channels = 3, .classes = 5, .modern = true, .dtype = kFloat64});
  expect_same_logits(modern, entry_of("lenet modern"));
}

TEST(LeNet, NamesTheLayerThatImagesOfAnotherSizeDoNotFit) {
  Generator rng(1);
  const LeNet net(rng);
  expect_throws_text<ShapeError>(
      [&] {
        net(zeros({2, 1, 32, 32}));
      },
      "[Linear] x is [2, 576]; expected [..., 400] (in fc1)");
  expect_throws_text<ShapeError>(
      [&] {
        net(zeros({2, 3, 28, 28}));
      },
      "[Conv2d] x is [2, 3, 28, 28]; expected [N, 1, H, W] or [1, H, W] (in conv1)");
  EXPECT_EQ(net(zeros({0, 1, 28, 28})).shape(), (Shape{0, 10}));
}

TEST(ResNet, GivesTheLogitsOfPyTorch) {
  Generator rng(1);
  ResNetOptions o{.in_channels = 2, .classes = 3, .blocks = {1, 2}, .width = 3, .dtype = kFloat64};
  ResNet eval(rng, o), train(rng, o);
  expect_same_logits(eval, entry_of("resnet small"));
  expect_same_logits(train, entry_of("resnet small train"), true);
  o.small_images = false;
  ResNet pooled(rng, o);
  expect_same_logits(pooled, entry_of("resnet small pooled"));
}

TEST(ResNet, HasThePartsOfResNet18) {
  Generator rng(1);
  expect_same_parts(ResNet(rng), entry_of("resnet18"));
  expect_same_parts(ResNet(rng, {.classes = 1000, .small_images = false}),
                    entry_of("resnet18 imagenet"));
  expect_throws_text<ConfigError>(
      [&] {
        ResNet(rng, {.blocks = {1, 0}});
      },
      "[ResNet] blocks: 0 in stage 2; expected >= 1");
}

TEST(AlexNet, HasThePartsOfPyTorchs) {
  Generator rng(1);
  expect_same_parts(AlexNet(rng, {.dtype = kFloat16}), entry_of("alexnet 224"));
  expect_same_parts(AlexNet(rng, {.image_size = 28, .dtype = kFloat16}), entry_of("alexnet 28"));
  expect_throws_text<ConfigError>([&] { AlexNet(rng, {.image_size = 14}); },
                                  "[AlexNet] image_size: 14; expected >= 15");
}

TEST(AlexNet, TakesImagesOfItsSize) {
  Generator rng(1);
  for (const std::int64_t size : {28, 65}) {
    AlexNet net(rng, {.classes = 3, .image_size = size, .hidden = 8});
    net.eval();
    EXPECT_EQ(net(zeros({1, 1, size, size})).shape(), (Shape{1, 3}));
  }
}

}  // namespace
}  // namespace gradus::models
