// A step of a recurrent layer: a thread for each hidden unit of each sequence. The formulas are
// those of tensor/recurrent_cells.h, in the order of the CPU.
#include "tensor/cuda/recurrent.h"

#include "tensor/cuda/map.h"
#include "tensor/recurrent_cells.h"

namespace gradus::GRADUS_GPU {

// Number j of H in sequence n: where its parts are, H numbers apart.
template <class T>
struct UnitForward {
  const T *through, *b;
  T *a, *kept, *h, *c;
  std::int64_t hidden;
  __device__ T sum(int k) const { return a[k * hidden] + through[k * hidden] + b[k * hidden]; }
};
template <class Cell>
struct SimpleForward {
  static constexpr int kGates = 1;
  template <class T>
  __device__ static void forward(const UnitForward<T>& at) {
    *at.h = Cell::template forward<T>(at.sum(0));
  }
};

struct LstmForward {
  static constexpr int kGates = 4;
  template <class T>
  __device__ static void forward(const UnitForward<T>& at) {
    const auto y = cells::Lstm::forward<T>(at.sum(0), at.sum(1), at.sum(2), at.sum(3), *at.c);
    const T gates[] = {y.i, y.f, y.g, y.o};
    for (int k = 0; k < 4; ++k) at.a[k * at.hidden] = gates[k];
    *at.c = y.c;
    *at.h = y.h;
    if (at.kept != nullptr) *at.kept = y.c;
  }
};

struct GruForward {
  static constexpr int kGates = 3;
  template <class T>
  __device__ static void forward(const UnitForward<T>& at) {
    const std::int64_t n = at.hidden;
    const T of_h = at.through[2 * n] + at.b[3 * n];
    const auto y =
        cells::Gru::forward<T>(at.sum(0), at.sum(1), at.a[2 * n] + at.b[2 * n], of_h, *at.h);
    const T gates[] = {y.r, y.z, y.n};
    for (int k = 0; k < 3; ++k) at.a[k * n] = gates[k];
    *at.h = y.h;
    if (at.kept != nullptr) *at.kept = of_h;
  }
};

template <class Unit, class T>
__global__ void forward_of_step(gpu::RecurrentStep step, const std::int64_t* lengths,
                                const T* through, const T* bias, T* gates, T* kept, T* h, T* c,
                                T* y) {
  const std::int64_t units = step.batch * step.hidden, width = Unit::kGates * step.hidden;
  for (std::int64_t i = first_position(); i < units; i += all_threads()) {
    const std::int64_t n = i / step.hidden, j = i % step.hidden;
    T* out = y + step.t * units + i;
    if (lengths != nullptr && step.t >= lengths[n]) {
      *out = 0;
      continue;
    }
    const std::int64_t row = n * width + j;
    Unit::forward(UnitForward<T>{through + row, bias + j, gates + step.t * step.batch * width + row,
                                 kept == nullptr ? nullptr : kept + step.t * units + i, h + i,
                                 c == nullptr ? nullptr : c + i, step.hidden});
    *out = h[i];
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void recurrent_forward_step(const RecurrentStep& step, const std::int64_t* lengths,
                            const T* through, const T* bias, T* gates, T* kept, T* h, T* c, T* y,
                            void* stream) {
  const std::int64_t n = step.batch * step.hidden;
  if (n == 0) return;
  with_cell<SimpleForward<cells::Tanh>, SimpleForward<cells::Relu>, LstmForward, GruForward>(
      step.cell, [&]<class Unit>(std::type_identity<Unit>) {
        GRADUS_LAUNCH((forward_of_step<Unit, T>), launch_for(n, stream), step, lengths, through,
                      bias, gates, kept, h, c, y);
      });
}

#define GRADUS_INSTANTIATE(T)                          \
  template void recurrent_forward_step<ThisDevice, T>( \
      const RecurrentStep&, const std::int64_t*, const T*, const T*, T*, T*, T*, T*, T*, void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);

}  // namespace gradus::gpu
