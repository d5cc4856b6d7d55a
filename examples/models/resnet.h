#pragma once
#include <string>
#include <vector>

#include "autograd/ops/reshape.h"
#include "nn/adaptive_avg_pool2d.h"
#include "nn/batch_norm2d.h"
#include "nn/conv2d.h"
#include "nn/linear.h"
#include "nn/max_pool2d.h"
#include "nn/module.h"
#include "nn/sequential.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/relu.h"

namespace gradus::models {

/// Two convolutions beside a way around them, y = relu(f(x) + x); where f changes the shape, the
/// way around has a convolution of 1 x 1.
/// Shapes: x [N, in, H, W]  ->  y [N, out, ceil(H / stride), ceil(W / stride)].
struct BasicBlock : nn::Module {
  BasicBlock(std::int64_t in, std::int64_t out, std::int64_t stride, Generator& rng,
             DType dtype = kFloat32)
      : conv1(child("conv1", conv(in, out, 3, stride, rng, dtype))),
        bn1(child("bn1", nn::BatchNorm2d(out, {.dtype = dtype}))),
        conv2(child("conv2", conv(out, out, 3, 1, rng, dtype))),
        bn2(child("bn2", nn::BatchNorm2d(out, {.dtype = dtype}))) {
    if (stride == 1 && in == out) return;
    downsample = child("downsample", nn::Sequential(conv(in, out, 1, stride, rng, dtype),
                                                    nn::BatchNorm2d(out, {.dtype = dtype})));
  }

  Variable forward(Operand x) const override {
    const Variable y = bn2(conv2(relu(bn1(conv1(x)))));
    return relu(y + (downsample ? downsample(x) : x.variable));
  }

  /// Without bias, which the normalization behind it would take away again.
  static nn::Conv2d conv(std::int64_t in, std::int64_t out, std::int64_t kernel,
                         std::int64_t stride, Generator& rng, DType dtype) {
    return nn::Conv2d(in, out, kernel, rng,
                      {.stride = stride, .padding = kernel / 2, .bias = false, .dtype = dtype});
  }

  nn::Child<nn::Conv2d> conv1;
  nn::Child<nn::BatchNorm2d> bn1;
  nn::Child<nn::Conv2d> conv2;
  nn::Child<nn::BatchNorm2d> bn2;
  nn::Child<nn::Sequential> downsample;  ///< undefined where the shapes are equal
};

struct ResNetOptions {
  std::int64_t in_channels = 3, classes = 10;
  std::vector<int> blocks = {2, 2, 2, 2};  ///< in each stage; these are ResNet-18's
  std::int64_t width = 64;                 ///< channels of the first stage; each has twice as many
  /// A first convolution of 3 x 3, for images of 32 x 32; else 7 x 7 with stride 2, then pooling.
  bool small_images = true;
  DType dtype = kFloat32;
};

/// Stages of residual blocks, each at half the height and width of the one before.
/// Shapes: x [N, in_channels, H, W]  ->  logits [N, classes]. 11,173,962 parameters by default,
/// 11,689,512 for small_images = false and 1000 classes, which is ResNet-18 with torchvision's
/// names. Throws ConfigError: "[ResNet] blocks: 0 in stage 2; expected >= 1" Source: He, Zhang,
/// Ren, Sun, "Deep residual learning for image recognition" (2015), arXiv:1512.03385.
struct ResNet : nn::Module {
  explicit ResNet(Generator& rng, const ResNetOptions& o = {})
      : conv1(child("conv1", first(rng, o))),
        bn1(child("bn1", nn::BatchNorm2d(o.width, {.dtype = o.dtype}))) {
    if (!o.small_images) maxpool = child("maxpool", nn::MaxPool2d(3, {.stride = 2, .padding = 1}));
    std::int64_t channels = o.width;
    for (std::size_t i = 0; i < o.blocks.size(); ++i) {
      const std::string number = std::to_string(i + 1);
      if (o.blocks[i] < 1) {
        throw ConfigError("[ResNet] blocks: " + std::to_string(o.blocks[i]) + " in stage " +
                          number + "; expected >= 1");
      }
      const std::int64_t out = o.width << i;
      nn::Sequential stage;
      for (int j = 0; j < o.blocks[i]; ++j) {
        stage.append(BasicBlock(channels, out, i > 0 && j == 0 ? 2 : 1, rng, o.dtype));
        channels = out;
      }
      stages.push_back(child("layer" + number, std::move(stage)));
    }
    avgpool = child("avgpool", nn::AdaptiveAvgPool2d(1));
    fc = child("fc", nn::Linear(channels, o.classes, rng, true, o.dtype));
  }

  Variable forward(Operand x) const override {
    Variable y = relu(bn1(conv1(std::move(x))));
    if (maxpool) y = maxpool(y);
    for (const auto& stage : stages) y = stage(y);
    y = avgpool(y);
    return fc(reshape(y, {y.dim(0), y.dim(1)}));
  }

  nn::Child<nn::Conv2d> conv1;
  nn::Child<nn::BatchNorm2d> bn1;
  nn::Child<nn::MaxPool2d> maxpool;  ///< undefined for small images
  std::vector<nn::Child<nn::Sequential>> stages;
  nn::Child<nn::AdaptiveAvgPool2d> avgpool;
  nn::Child<nn::Linear> fc;

 private:
  static nn::Conv2d first(Generator& rng, const ResNetOptions& o) {
    if (o.small_images) return BasicBlock::conv(o.in_channels, o.width, 3, 1, rng, o.dtype);
    return BasicBlock::conv(o.in_channels, o.width, 7, 2, rng, o.dtype);
  }
};

}  // namespace gradus::models
