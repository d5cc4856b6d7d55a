// One training step of LeNet: 64 images of 28 x 28, cross entropy, SGD, float32; as the book has it
// (sigmoid, means of windows) and as it would be made today (relu, largest elements). And of a
// residual block of 64 channels on 8 images of 32 x 32. The numbers are random.
#include <vector>

#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/sum.h"
#include "bench/hand/pairs.h"
#include "nn/avg_pool2d.h"
#include "nn/batch_norm2d.h"
#include "nn/conv2d.h"
#include "nn/flatten.h"
#include "nn/linear.h"
#include "nn/max_pool2d.h"
#include "nn/relu.h"
#include "nn/sequential.h"
#include "nn/sigmoid.h"
#include "optim/rules/sgd.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/relu.h"
#include "tensor/random.h"

namespace gradus::bench {
namespace {

using nn::Linear;
using nn::Sequential;

template <class Activation, class Pool>
Sequential lenet(Generator& rng) {
  return Sequential(nn::Conv2d(1, 6, 5, rng, {.padding = 2}), Activation(), Pool(2),
                    nn::Conv2d(6, 16, 5, rng), Activation(), Pool(2), nn::Flatten(),
                    Linear(400, 120, rng), Activation(), Linear(120, 84, rng), Activation(),
                    Linear(84, 10, rng));
}

struct Block : nn::Module {
  explicit Block(Generator& rng)
      : conv1(child("conv1", nn::Conv2d(64, 64, 3, rng, {.padding = 1, .bias = false}))),
        bn1(child("bn1", nn::BatchNorm2d(64))),
        conv2(child("conv2", nn::Conv2d(64, 64, 3, rng, {.padding = 1, .bias = false}))),
        bn2(child("bn2", nn::BatchNorm2d(64))) {}
  Variable forward(Operand x) const override {
    const Variable y = relu(bn1(conv1(x)));
    return relu(bn2(conv2(y)) + x.variable);
  }
  nn::Child<nn::Conv2d> conv1;
  nn::Child<nn::BatchNorm2d> bn1;
  nn::Child<nn::Conv2d> conv2;
  nn::Child<nn::BatchNorm2d> bn2;
};

// A step that minimizes what `loss` makes of the network's result.
template <class Loss>
void register_step(const std::string& name, std::shared_ptr<nn::Module> net, const Variable& x,
                   Loss loss) {
  const auto sgd = std::make_shared<optim::Optimizer<optim::SGD>>(net->named_parameters(),
                                                                  optim::SGD{.lr = 0.01});
  register_ours(name, [=] {
    sgd->zero_grad();
    loss((*net)(x)).backward();
    sgd->step();
  });
}

const bool registered = [] {
  Generator rng(1);
  const Tensor images = normal({64, 1, 28, 28}, 0, 1, rng), classes = randint(0, 10, {64}, rng);
  const auto entropy = [=](const Variable& logits) { return cross_entropy(logits, classes); };
  register_step("lenet_step/book",
                std::make_shared<Sequential>(lenet<nn::Sigmoid, nn::AvgPool2d>(rng)), images,
                entropy);
  register_step("lenet_step/relu",
                std::make_shared<Sequential>(lenet<nn::ReLU, nn::MaxPool2d>(rng)), images, entropy);
  const Variable x = parameter(normal({8, 64, 32, 32}, 0, 1, rng));
  register_step("residual_step", std::make_shared<Block>(rng), x,
                [](const Variable& y) { return mean(y); });

  const auto norm = std::make_shared<nn::BatchNorm2d>(64);
  register_ours("batch_norm", [=] { benchmark::DoNotOptimize((*norm)(x).node()); });
  const Tensor dy = normal({8, 64, 32, 32}, 0, 1, rng);
  register_ours("batch_norm_both", [=] {
    x.zero_grad();
    (*norm)(x).backward(dy);
  });
  return true;
}();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
