#pragma once
#include <string>

#include "nn/avg_pool2d.h"
#include "nn/conv2d.h"
#include "nn/flatten.h"
#include "nn/linear.h"
#include "nn/max_pool2d.h"
#include "nn/module.h"
#include "nn/relu.h"
#include "nn/sigmoid.h"

namespace gradus::models {

struct LeNetOptions {
  std::int64_t in_channels = 1, classes = 10;
  bool modern = false;  ///< relu and the largest elements instead of sigmoid and means
  DType dtype = kFloat32;
};

/// LeNet-5 as textbooks have it: two convolutions, each with an activation and pooling, then three
/// linear layers.
/// Shapes: x [N, C, 28, 28]  ->  logits [N, classes]. 61,706 parameters for 1 channel, 10 classes.
/// Throws ShapeError, which names the layer: another size of images shows at fc1.
/// Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
/// recognition" (1998). Differs: as the textbook, no Gaussian output layer and no trained pooling.
struct LeNet : nn::Module {
  explicit LeNet(Generator& rng, const LeNetOptions& o = {})
      : conv1(
            child("conv1", nn::Conv2d(o.in_channels, 6, 5, rng, {.padding = 2, .dtype = o.dtype}))),
        pool1(pool("pool1", o.modern)),
        conv2(child("conv2", nn::Conv2d(6, 16, 5, rng, {.dtype = o.dtype}))),
        pool2(pool("pool2", o.modern)),
        flatten(child("flatten", nn::Flatten())),
        fc1(child("fc1", nn::Linear(16 * 5 * 5, 120, rng, true, o.dtype))),
        fc2(child("fc2", nn::Linear(120, 84, rng, true, o.dtype))),
        fc3(child("fc3", nn::Linear(84, o.classes, rng, true, o.dtype))),
        modern_(o.modern) {}

  Variable forward(Operand x) const override {
    Variable y = pool1(activation(conv1(std::move(x))));
    y = pool2(activation(conv2(y)));
    y = activation(fc1(flatten(y)));
    return fc3(activation(fc2(y)));
  }

  nn::Child<nn::Conv2d> conv1;
  nn::Child<nn::Module> pool1;
  nn::Child<nn::Conv2d> conv2;
  nn::Child<nn::Module> pool2;
  nn::Child<nn::Flatten> flatten;
  nn::Child<nn::Linear> fc1, fc2, fc3;

 private:
  Variable activation(const Variable& x) const { return modern_ ? relu(x) : sigmoid(x); }
  nn::Child<nn::Module> pool(const std::string& name, bool modern) {
    if (modern) return nn::Child<nn::MaxPool2d>(child(name, nn::MaxPool2d(2)));
    return nn::Child<nn::AvgPool2d>(child(name, nn::AvgPool2d(2)));
  }

  bool modern_;
};

}  // namespace gradus::models
