#pragma once
// Changes of images for training. Shapes: x [C, H, W] or [N, C, H, W], floating; all images of a
// batch are changed alike, so change samples, not batches, where each shall differ.
#include <vector>

#include "tensor/random.h"

namespace gradus::data {

/// (x - mean_c) / std_c for each channel c. Throws ConfigError unless there is one mean and one
/// std > 0 per channel: "[normalize] std: 0; expected numbers > 0".
Tensor normalize(const Tensor& x, const std::vector<double>& mean, const std::vector<double>& std);

/// The mirror image with probability p, left and right exchanged.
Tensor random_flip(const Tensor& x, Generator& rng, double p = 0.5);

/// A part of size [height, width] from a random place of the image, around which `padding` zeros
/// were laid. Throws ShapeError:
///   "[random_crop] x is [1, 28, 28]; expected an image of at least 32 x 32 with its padding 0"
Tensor random_crop(const Tensor& x, std::int64_t height, std::int64_t width, Generator& rng,
                   std::int64_t padding = 0);

/// The image in another size, by bilinear interpolation between the centres of pixels, as
/// torch.nn.functional.interpolate(mode="bilinear", align_corners=False, antialias=False).
/// Throws ConfigError: "[resize] height, width: 0, 4; expected >= 1".
Tensor resize(const Tensor& x, std::int64_t height, std::int64_t width);

}  // namespace gradus::data
