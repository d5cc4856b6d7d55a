// The gradient of a step of a recurrent layer, as its forward in recurrent.cu.cc; a file of its
// own, since together they take nvcc too long.

#include "tensor/cuda/map.h"
#include "tensor/cuda/recurrent.h"
#include "tensor/recurrent_cells.h"

namespace gradus::GRADUS_GPU {

// Number j of H in sequence n, as in the file of forward.
template <class T>
struct UnitBackward {
  const T *gates, *kept;
  T y, h, c, dy;  // h and c before the step; all that has arrived for y
  T *dh, *dc, *dx, *dr;
  std::int64_t hidden;
};

template <class Cell>
struct SimpleBackward {
  static constexpr int kGates = 1;
  template <class T>
  __device__ static void backward(const UnitBackward<T>& at) {
    *at.dx = Cell::template backward<T>(at.y, at.dy);
    *at.dh = 0;
  }
};

struct LstmBackward {
  static constexpr int kGates = 4;
  template <class T>
  __device__ static void backward(const UnitBackward<T>& at) {
    const T* g = at.gates;
    const std::int64_t n = at.hidden;
    const auto d =
        cells::Lstm::backward<T>(g[0], g[n], g[2 * n], g[3 * n], at.c, *at.kept, at.dy, *at.dc);
    const T of_a[] = {d.i, d.f, d.g, d.o};
    for (int k = 0; k < 4; ++k) at.dx[k * n] = of_a[k];
    *at.dc = d.c;
    *at.dh = 0;
  }
};

struct GruBackward {
  static constexpr int kGates = 3;
  template <class T>
  __device__ static void backward(const UnitBackward<T>& at) {
    const T* g = at.gates;
    const std::int64_t n = at.hidden;
    const auto d = cells::Gru::backward<T>(g[0], g[n], g[2 * n], *at.kept, at.h, at.dy);
    const T of_x[] = {d.r, d.z, d.x_n}, of_h[] = {d.r, d.z, d.h_n};
    for (int k = 0; k < 3; ++k) {
      at.dx[k * n] = of_x[k];
      at.dr[k * n] = of_h[k];
    }
    *at.dh = d.h;
  }
};

template <class Unit, class T>
__global__ void backward_of_step(gpu::RecurrentStep step, const std::int64_t* lengths,
                                 const T* gates, const T* kept, const T* y, const T* h0,
                                 const T* c0, const T* dy, const T* through, T* dh, T* dc, T* dx,
                                 T* dr, T* previous) {
  const std::int64_t units = step.batch * step.hidden, width = Unit::kGates * step.hidden;
  for (std::int64_t i = first_position(); i < units; i += all_threads()) {
    const std::int64_t n = i / step.hidden, j = i % step.hidden;
    const std::int64_t at = step.t * units + i, row = step.t * step.batch * width + n * width + j;
    const std::int64_t length = lengths == nullptr ? step.steps : lengths[n];
    if (step.t >= length) {  // behind the end the state stays as it is
      dh[i] += through[i];
      for (int k = 0; k < Unit::kGates; ++k) {
        dx[row + k * step.hidden] = 0;
        dr[row + k * step.hidden] = 0;
      }
      previous[at] = 0;
      continue;
    }
    const bool starts = step.t == (step.reverse ? length - 1 : 0);
    const std::int64_t before = (step.reverse ? step.t + 1 : step.t - 1) * units + i;
    const T h_before = starts ? h0[i] : y[before];
    T c_before = 0;
    if (c0 != nullptr) c_before = starts ? c0[i] : kept[before];
    previous[at] = h_before;
    Unit::backward(UnitBackward<T>{
        gates == nullptr ? nullptr : gates + row, kept == nullptr ? nullptr : kept + at, y[at],
        h_before, c_before, dy[at] + through[i] + dh[i], dh + i, dc == nullptr ? nullptr : dc + i,
        dx + row, dr + row, step.hidden});
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void recurrent_backward_step(const RecurrentStep& step, const std::int64_t* lengths, const T* gates,
                             const T* kept, const T* y, const T* h0, const T* c0, const T* dy,
                             const T* through, T* dh, T* dc, T* dx, T* dr, T* previous,
                             void* stream) {
  const std::int64_t n = step.batch * step.hidden;
  if (n == 0) return;
  with_cell<SimpleBackward<cells::Tanh>, SimpleBackward<cells::Relu>, LstmBackward, GruBackward>(
      step.cell, [&]<class Unit>(std::type_identity<Unit>) {
        GRADUS_LAUNCH((backward_of_step<Unit, T>), launch_for(n, stream), step, lengths, gates,
                      kept, y, h0, c0, dy, through, dh, dc, dx, dr, previous);
      });
}

#define GRADUS_INSTANTIATE(T)                                                                      \
  template void recurrent_backward_step<ThisDevice, T>(                                            \
      const RecurrentStep&, const std::int64_t*, const T*, const T*, const T*, const T*, const T*, \
      const T*, const T*, T*, T*, T*, T*, T*, void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);

}  // namespace gradus::gpu
