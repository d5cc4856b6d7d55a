// Convolutions as LeNet and ResNet have them, forward and both gradients, and pooling. No plain
// form stands beside them; PyTorch is the peer.
#include "tensor/conv.h"

#include "bench/hand/pairs.h"
#include "tensor/pool_windows.h"
#include "tensor/random.h"

namespace gradus::bench {
namespace {

Tensor normal_of(const Shape& shape) {
  static Generator generator(1);
  return normal(shape, 0, 1, generator);
}

void register_conv(const std::string& name, const Shape& image, const Shape& kernel,
                   const ConvOptions& options) {
  const Tensor x = normal_of(image), w = normal_of(kernel), b = normal_of({kernel[0]});
  const Tensor dy = normal_of(conv2d(x, w, b, options).shape());
  ConvTransposeOptions back{options.stride, options.padding, PerAxis(), options.groups,
                            options.dilation};
  for (int i = 2; i < 4; ++i) {
    const WindowAxis axis{kernel[i], options.stride[0], options.padding[0], options.dilation[0]};
    back.output_padding.push_back(image[i] - axis.size(dy.dim(i)));
  }
  const auto use = [](const Tensor& y) { benchmark::DoNotOptimize(y.raw_data()); };
  register_ours("conv/" + name, [=] { use(conv2d(x, w, b, options)); });
  register_ours("conv_dx/" + name, [=] { use(conv_transpose2d(dy, w, {}, back)); });
  register_ours("conv_dw/" + name, [=] {
    use(conv2d_weight(x, dy, {kernel[2], kernel[3]}, options));
  });
}

const bool registered = [] {
  register_conv("lenet1", {64, 1, 28, 28}, {6, 1, 5, 5}, {.padding = 2});
  register_conv("lenet2", {64, 6, 14, 14}, {16, 6, 5, 5}, {});
  register_conv("resnet", {8, 64, 32, 32}, {64, 64, 3, 3}, {.padding = 1});
  register_conv("strided", {8, 64, 32, 32}, {128, 64, 3, 3}, {.stride = 2, .padding = 1});
  register_conv("depthwise", {8, 64, 32, 32}, {64, 1, 3, 3}, {.padding = 1, .groups = 64});
  register_conv("pointwise", {8, 64, 32, 32}, {64, 64, 1, 1}, {});

  const Tensor x = normal_of({64, 6, 28, 28}), dy = normal_of({64, 6, 14, 14});
  const Tensor indices = max_pool2d_with_indices(x, 2).indices;
  const PoolWindows windows = avg_windows("avg_pool2d", 2, x, 2, {});
  const auto use = [](const Tensor& y) { benchmark::DoNotOptimize(y.raw_data()); };
  register_ours("max_pool/lenet1", [=] { use(max_pool2d_with_indices(x, 2).values); });
  register_ours("max_pool_dx/lenet1", [=] { use(place_in_channels(dy, indices, 2, x.shape())); });
  register_ours("avg_pool/lenet1", [=] { use(avg_pool2d(x, 2)); });
  register_ours("avg_pool_dx/lenet1", [=] { use(spread_windows(dy, windows)); });
  return true;
}();

}  // namespace
}  // namespace gradus::bench

BENCHMARK_MAIN();
