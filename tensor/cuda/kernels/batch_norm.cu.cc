// Batch normalization and its gradient, in double, a block for each channel.
#include "tensor/cuda/batch_norm.h"

#include "tensor/cuda/rows.h"

namespace gradus::GRADUS_GPU {

constexpr int kMostThreads = 512, kMostWarps = kMostThreads / 32;

// The elements of the block's channel: `images` runs of `size`.
struct ChannelOfBlock {
  std::int64_t size, channels, count;

  // f(where) of those that the thread takes. Divides once, not for each element.
  template <class F>
  __device__ void each(F f) const {
    if (count == 0) return;
    const std::int64_t all = blockDim.x, images_on = all / size, places_on = all % size;
    std::int64_t image = threadIdx.x / size, place = threadIdx.x % size;
    for (std::int64_t i = threadIdx.x; i < count; i += all) {
      f((image * channels + blockIdx.x) * size + place);
      image += images_on;
      place += places_on;
      if (place >= size) {
        place -= size;
        ++image;
      }
    }
  }
};

// part [kMostWarps], a piece for each sum of a kernel.
template <class F>
__device__ double sum_over_channel(const ChannelOfBlock& channel, double* part, F f) {
  double sum = 0;
  channel.each([&](std::int64_t at) { sum += f(at); });
  return block_reduce<Plus>(sum, part);
}

// In two passes, as in moments_of_row. Of infinite elements the differences are NaN, and the mean
// is not; a variance of NaN stays.
template <class T>
__global__ void batch_norm_channel(std::int64_t images, std::int64_t channels, std::int64_t size,
                                   const T* x, const double* weight, const double* bias, double eps,
                                   T* y, double* means, double* vars) {
  GRADUS_SHARED(double, part, [3 * kMostWarps]);
  const ChannelOfBlock channel{size, channels, images * size};
  const double count = static_cast<double>(channel.count);
  const double first =
      sum_over_channel(channel, part, [&](std::int64_t i) -> double { return x[i]; }) / count;
  const double shift =
      sum_over_channel(channel, part + kMostWarps, [&](std::int64_t i) { return x[i] - first; }) /
      count;
  const double squares = sum_over_channel(channel, part + 2 * kMostWarps, [&](std::int64_t i) {
    return (x[i] - first) * (x[i] - first);
  });
  const double spread = squares / count - shift * shift;
  const double mean = shift != shift ? first : first + shift, var = spread < 0 ? 0 : spread;
  const std::int64_t c = blockIdx.x;
  if (threadIdx.x == 0) {
    means[c] = mean;
    vars[c] = var;
  }
  const double scale = 1 / sqrt(var + eps) * (weight != nullptr ? weight[c] : 1.0);
  const double offset = bias != nullptr ? bias[c] : 0.0;
  channel.each([&](std::int64_t at) { y[at] = static_cast<T>((x[at] - mean) * scale + offset); });
}

template <class T>
__global__ void batch_norm_gradient(std::int64_t images, std::int64_t channels, std::int64_t size,
                                    const T* dy, const T* x, const double* means,
                                    const double* vars, const double* weight, double eps, T* dx,
                                    double* dweight, double* dbias) {
  GRADUS_SHARED(double, part, [2 * kMostWarps]);
  const ChannelOfBlock channel{size, channels, images * size};
  const std::int64_t c = blockIdx.x;
  const double count = static_cast<double>(channel.count);
  const double mean = means[c], scale = 1 / sqrt(vars[c] + eps);
  const double sum =
      sum_over_channel(channel, part, [&](std::int64_t i) -> double { return dy[i]; });
  const double product = sum_over_channel(channel, part + kMostWarps,
                                          [&](std::int64_t i) { return dy[i] * (x[i] - mean); });
  if (threadIdx.x == 0) {
    dbias[c] = sum;
    dweight[c] = product * scale;
  }
  if (dx == nullptr) return;  // the whole block
  const double mean_dy = sum / count, slope = product / count * scale * scale;
  const double factor = scale * (weight != nullptr ? weight[c] : 1.0);
  channel.each([&](std::int64_t at) {
    dx[at] = static_cast<T>((dy[at] - mean_dy - (x[at] - mean) * slope) * factor);
  });
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

// A block for each channel, of more threads where a channel is long.
static simt::Launch launch_channels(std::int64_t channels, std::int64_t count, void* stream) {
  const unsigned threads = count > 8 * kRowThreads ? kMostThreads : kRowThreads;
  return {.grid = {static_cast<unsigned>(channels)}, .block = {threads}, .stream = stream};
}

template <class Device, class T>
void batch_norm(std::int64_t images, std::int64_t channels, std::int64_t size, const T* x,
                const double* weight, const double* bias, double eps, T* y, double* mean,
                double* var, void* stream) {
  if (channels == 0) return;
  const simt::Launch launch = launch_channels(channels, images * size, stream);
  GRADUS_LAUNCH(batch_norm_channel<T>, launch, images, channels, size, x, weight, bias, eps, y,
                mean, var);
}

template <class Device, class T>
void batch_norm_backward(std::int64_t images, std::int64_t channels, std::int64_t size, const T* dy,
                         const T* x, const double* mean, const double* var, const double* weight,
                         double eps, T* dx, double* dweight, double* dbias, void* stream) {
  if (channels == 0) return;
  const simt::Launch launch = launch_channels(channels, images * size, stream);
  GRADUS_LAUNCH(batch_norm_gradient<T>, launch, images, channels, size, dy, x, mean, var, weight,
                eps, dx, dweight, dbias);
}

#define GRADUS_INSTANTIATE(T)                                                                     \
  template void batch_norm<ThisDevice, T>(std::int64_t, std::int64_t, std::int64_t, const T*,     \
                                          const double*, const double*, double, T*, double*,      \
                                          double*, void*);                                        \
  template void batch_norm_backward<ThisDevice, T>(                                               \
      std::int64_t, std::int64_t, std::int64_t, const T*, const T*, const double*, const double*, \
      const double*, double, T*, double*, double*, void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);

}  // namespace gradus::gpu
