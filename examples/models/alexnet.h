#pragma once
#include "nn/conv2d.h"
#include "nn/dropout.h"
#include "nn/flatten.h"
#include "nn/linear.h"
#include "nn/max_pool2d.h"
#include "nn/module.h"
#include "nn/relu.h"
#include "nn/sequential.h"

namespace gradus::models {

struct AlexNetOptions {
  std::int64_t in_channels = 1, classes = 10;
  /// Height and width of the images. Below 65 the windows of the first layer, 11 x 11 with stride
  /// 4, would leave too little for the others: there they are 3 x 3 with stride 1. At least 15.
  std::int64_t image_size = 224;
  std::int64_t hidden = 4096;  ///< outputs of the first two linear layers
  double dropout = 0.5;
  DType dtype = kFloat32;
};

/// AlexNet as textbooks have it, for images of one channel: five convolutions, three linear layers.
/// Shapes: x [N, in_channels, image_size, image_size]  ->  logits [N, classes]. 46,764,746
/// parameters by default. Throws ConfigError: "[AlexNet] image_size: 14; expected >= 15"
/// Source: Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural
/// networks" (2012). Differs: as the textbook, one group and no normalization of responses.
struct AlexNet : nn::Module {
  explicit AlexNet(Generator& rng, const AlexNetOptions& o = {})
      : features(child("features", convolutions(rng, o))),
        classifier(child("classifier", layers(rng, o))) {}

  Variable forward(Operand x) const override { return classifier(features(std::move(x))); }

  /// Height and width of what the convolutions leave.
  static std::int64_t left_of(std::int64_t image_size) {
    std::int64_t n = image_size < kSmall ? image_size : (image_size + 2 - 11) / 4 + 1;
    for (int pooling = 0; pooling < 3; ++pooling) n = (n - 3) / 2 + 1;
    return n;
  }

  nn::Child<nn::Sequential> features, classifier;

 private:
  static constexpr std::int64_t kSmall = 65;

  static nn::Sequential convolutions(Generator& rng, const AlexNetOptions& o) {
    if (o.image_size < 15) {
      throw ConfigError("[AlexNet] image_size: " + std::to_string(o.image_size) +
                        "; expected >= 15");
    }
    const bool small = o.image_size < kSmall;
    const nn::ConvLayerOptions first{.stride = small ? 1 : 4, .padding = 1, .dtype = o.dtype};
    const nn::ConvLayerOptions wide{.padding = 2, .dtype = o.dtype};
    const nn::ConvLayerOptions next{.padding = 1, .dtype = o.dtype};
    const nn::MaxPool2d pool(3, {.stride = 2});
    return nn::Sequential(nn::Conv2d(o.in_channels, 96, small ? 3 : 11, rng, first), nn::ReLU(),
                          pool, nn::Conv2d(96, 256, 5, rng, wide), nn::ReLU(), pool,
                          nn::Conv2d(256, 384, 3, rng, next), nn::ReLU(),
                          nn::Conv2d(384, 384, 3, rng, next), nn::ReLU(),
                          nn::Conv2d(384, 256, 3, rng, next), nn::ReLU(), pool);
  }
  static nn::Sequential layers(Generator& rng, const AlexNetOptions& o) {
    const std::int64_t left = left_of(o.image_size);
    return nn::Sequential(
        nn::Flatten(), nn::Linear(256 * left * left, o.hidden, rng, true, o.dtype), nn::ReLU(),
        nn::Dropout(rng, o.dropout), nn::Linear(o.hidden, o.hidden, rng, true, o.dtype), nn::ReLU(),
        nn::Dropout(rng, o.dropout), nn::Linear(o.hidden, o.classes, rng, true, o.dtype));
  }
};

}  // namespace gradus::models
