// Sums of functions of the elements of rows.
#include "tensor/cuda/map_sum.h"

#include "tensor/cuda/rows.h"
#include "tensor/cuda/tree.h"

namespace gradus::GRADUS_GPU {

constexpr int kPart = 256;

template <class T>
__device__ double mapped(gpu::Mapped how, double p, double c, T element) {
  const double x = static_cast<double>(element);
  switch (how) {
    case gpu::Mapped::kAsItIs:
      return x;
    case gpu::Mapped::kSquaredDistance:
      return (x - c) * (x - c);
    case gpu::Mapped::kMagnitude:
      return x > 0 ? x : 0 - x;
    case gpu::Mapped::kSquare:
      return x * x;
    case gpu::Mapped::kPower:
      return pow(x > 0 ? x : 0 - x, p);
    default:
      return static_cast<double>(exp(element - static_cast<T>(c)));
  }
}

// A warp for each part of 256 elements, counted along the rows first.
template <class T>
__global__ void map_sum_parts(gpu::Mapped how, double p, std::int64_t all, std::int64_t parts,
                              std::int64_t n, const T* x, const double* c, double* y) {
  const std::int64_t part = short_row();
  if (part >= all) return;  // the whole warp
  const std::int64_t row = part / parts, begin = part % parts * kPart;
  const int count = static_cast<int>(n - begin < kPart ? n - begin : kPart);
  const int lane = this_warp().thread, lanes = count < warpSize ? count : warpSize;
  const T* from = x + row * n + begin;
  const double own = c != nullptr ? c[row] : 0;
  double sum = 0;
  if (lane < lanes) {
    sum = mapped(how, p, own, from[lane]);
    for (int i = lane + warpSize; i < count; i += warpSize) sum += mapped(how, p, own, from[i]);
  }
  for (int half = warpSize / 2; half > 0; half /= 2) {
    const double right = __shfl_down_sync(0xffffffffu, sum, half);
    if (lane < half && lane + half < lanes) sum += right;
  }
  if (lane == 0) y[part] = sum;
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void map_sum_rows(Mapped how, double p, std::int64_t rows, std::int64_t n, const T* x,
                  const double* c, double* y, double* scratch, void* stream) {
  if (rows == 0 || n == 0) return;
  std::int64_t parts = (n + kPart - 1) / kPart;
  double* to = parts == 1 ? y : scratch;
  const std::int64_t all = rows * parts;
  const simt::Launch warps{.grid = {static_cast<unsigned>((all + kRowWarps - 1) / kRowWarps)},
                           .block = {kRowThreads},
                           .stream = stream};
  GRADUS_LAUNCH(map_sum_parts<T>, warps, how, p, all, parts, n, x, c, to);
  double* other = scratch + all;
  while (parts > 1) {
    const std::int64_t groups = (parts + kPiece - 1) / kPiece;
    const double* from = to;
    to = groups == 1 ? y : other;
    other = const_cast<double*>(from);
    const simt::Launch blocks{
        .grid = {static_cast<unsigned>(rows * groups)}, .block = {kPairs}, .stream = stream};
    GRADUS_LAUNCH((reduce_pairs<Plus, double>), blocks, parts, groups, from, to);
    parts = groups;
  }
}

#define GRADUS_INSTANTIATE(T)                                                                     \
  template void map_sum_rows<ThisDevice, T>(Mapped, double, std::int64_t, std::int64_t, const T*, \
                                            const double*, double*, double*, void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);

}  // namespace gradus::gpu
