// Transposes a matrix, tile by tile.
#include "tensor/cuda/transpose.h"

#include "tensor/cuda/kernel.h"

namespace gradus::GRADUS_GPU {

constexpr int kTile = 32, kLines = 8;

// Reads rows and writes rows; the tile turns them over. Its rows are one element longer than wide,
// so that the 32 elements of a column lie in 32 different banks of the shared memory. One block for
// each tile, counted along the rows first.
template <class T>
__global__ void transpose_tile(std::int64_t rows, std::int64_t columns, std::int64_t tiles_across,
                               const T* x, T* y) {
  GRADUS_SHARED(T, tile, [kTile][kTile + 1]);
  const int across = threadIdx.x;
  const std::int64_t first_row = blockIdx.x / tiles_across * kTile;
  const std::int64_t first_column = blockIdx.x % tiles_across * kTile;
  for (int line = threadIdx.y; line < kTile; line += kLines) {
    const std::int64_t row = first_row + line, column = first_column + across;
    if (row < rows && column < columns) tile[line][across] = x[row * columns + column];
  }
  __syncthreads();
  for (int line = threadIdx.y; line < kTile; line += kLines) {
    const std::int64_t row = first_column + line, column = first_row + across;
    if (row < columns && column < rows) y[row * rows + column] = tile[across][line];
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void transpose(std::int64_t rows, std::int64_t columns, const T* x, T* y, void* stream) {
  if (rows == 0 || columns == 0) return;
  const std::int64_t down = (rows + kTile - 1) / kTile, across = (columns + kTile - 1) / kTile;
  const simt::Launch launch{
      .grid = {static_cast<unsigned>(down * across)}, .block = {kTile, kLines}, .stream = stream};
  GRADUS_LAUNCH(transpose_tile<T>, launch, rows, columns, across, x, y);
}

#define GRADUS_INSTANTIATE(T) \
  template void transpose<ThisDevice, T>(std::int64_t, std::int64_t, const T*, T*, void*)
GRADUS_INSTANTIATE(std::uint8_t);
GRADUS_INSTANTIATE(std::uint16_t);
GRADUS_INSTANTIATE(std::uint32_t);
GRADUS_INSTANTIATE(std::uint64_t);

}  // namespace gradus::gpu
