#include "data/images.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "tensor/assemble.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"
#include "tensor/indexing.h"

namespace gradus::data {
namespace {

using std::to_string;

void check_image(const char* op, const Tensor& x) {
  check_defined(op, "x", x);
  const std::string name = "[" + std::string(op) + "] x is ";
  if (x.rank() != 3 && x.rank() != 4) {
    throw ShapeError(name + to_string(x.shape()) + "; expected [C, H, W] or [N, C, H, W]");
  }
  if (!is_floating(x.dtype())) {
    throw DTypeError(name + std::string(gradus::name(x.dtype())) + "; expected a floating dtype");
  }
}

// The image with `size` pixels along an axis: each new one lies between two old ones.
Tensor resize_axis(const Tensor& x, int axis, std::int64_t size) {
  const std::int64_t n = x.dim(axis);
  if (n == size) return x;
  const double scale = static_cast<double>(n) / static_cast<double>(size);
  const Tensor low = Tensor::empty({size}, kInt64), high = Tensor::empty({size}, kInt64);
  Shape along = Shape::filled(x.rank(), 1);
  along[axis] = size;
  const Tensor weight = Tensor::empty({size}, kFloat64);
  for (std::int64_t i = 0; i < size; ++i) {
    const double at = std::max((static_cast<double>(i) + 0.5) * scale - 0.5, 0.0);
    const auto left = std::min(static_cast<std::int64_t>(at), n - 1);
    low.data<std::int64_t>()[i] = left;
    high.data<std::int64_t>()[i] = std::min(left + 1, n - 1);
    weight.data<double>()[i] = at - static_cast<double>(left);
  }
  const Tensor w = weight.to(x.dtype()).to(x.device()).reshape(along);
  return index_select(x, axis, low.to(x.device())) * (1.0 - w) +
         index_select(x, axis, high.to(x.device())) * w;
}

}  // namespace

Tensor normalize(const Tensor& x, const std::vector<double>& mean, const std::vector<double>& std) {
  check_image("normalize", x);
  const auto channels = static_cast<std::size_t>(x.dim(-3));
  if (mean.size() != channels || std.size() != channels) {
    throw ConfigError("[normalize] mean, std: " + to_string(mean.size()) + " and " +
                      to_string(std.size()) + " numbers; expected " + to_string(channels) +
                      ", one per channel");
  }
  for (const double s : std) {
    if (!(s > 0)) throw ConfigError("[normalize] std: " + to_text(s) + "; expected numbers > 0");
  }
  const auto per_channel = [&](const std::vector<double>& values) {
    return from_values(std::span<const double>(values), {x.dim(-3), 1, 1}, x.dtype())
        .to(x.device());
  };
  return (x - per_channel(mean)) / per_channel(std);
}

Tensor random_flip(const Tensor& x, Generator& rng, double p) {
  check_image("random_flip", x);
  return bernoulli({}, p, rng, kFloat64).item() == 1 ? x.flip({-1}).contiguous() : x;
}

Tensor random_crop(const Tensor& x, std::int64_t height, std::int64_t width, Generator& rng,
                   std::int64_t padding) {
  check_image("random_crop", x);
  if (padding < 0) {
    throw ConfigError("[random_crop] padding: " + to_string(padding) + "; expected >= 0");
  }
  const std::int64_t rows = x.dim(-2) + 2 * padding - height,
                     columns = x.dim(-1) + 2 * padding - width;
  if (height < 1 || width < 1 || rows < 0 || columns < 0) {
    throw ShapeError("[random_crop] x is " + to_string(x.shape()) +
                     "; expected an image of at least " + to_string(height) + " x " +
                     to_string(width) + " with its padding " + to_string(padding));
  }
  const auto top = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(rows) + 1));
  const auto left = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(columns) + 1));
  const Tensor around = padding == 0 ? x : pad(x, {padding, padding, padding, padding});
  return around.narrow(-2, top, height).narrow(-1, left, width).contiguous();
}

Tensor resize(const Tensor& x, std::int64_t height, std::int64_t width) {
  check_image("resize", x);
  if (height < 1 || width < 1) {
    throw ConfigError("[resize] height, width: " + to_string(height) + ", " + to_string(width) +
                      "; expected >= 1");
  }
  if (x.dim(-2) < 1 || x.dim(-1) < 1) {
    throw ShapeError("[resize] x is " + to_string(x.shape()) + "; expected pixels");
  }
  return resize_axis(resize_axis(x, x.rank() - 2, height), x.rank() - 1, width).contiguous();
}

}  // namespace gradus::data
