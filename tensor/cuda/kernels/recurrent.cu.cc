// Steps of recurrent layers: a thread for each hidden unit of each sequence. The formulas are those
// of tensor/recurrent_cells.h, in the order of the CPU.
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
template <class T>
struct UnitBackward {
  const T *gates, *kept;
  T y, h, c, dy;  // h and c before the step; all that has arrived for y
  T *dh, *dc, *dx, *dr;
  std::int64_t hidden;
};

template <class Cell>
struct SimpleUnit {
  static constexpr int kGates = 1;
  template <class T>
  __device__ static void forward(const UnitForward<T>& at) {
    *at.h = Cell::template forward<T>(at.sum(0));
  }
  template <class T>
  __device__ static void backward(const UnitBackward<T>& at) {
    *at.dx = Cell::template backward<T>(at.y, at.dy);
    *at.dh = 0;
  }
};

struct LstmUnit {
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

struct GruUnit {
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

template <class F>
void with_unit(RecurrentCell cell, F f) {
  switch (cell) {
    case RecurrentCell::kTanh:
      return f(std::type_identity<SimpleUnit<cells::Tanh>>{});
    case RecurrentCell::kRelu:
      return f(std::type_identity<SimpleUnit<cells::Relu>>{});
    case RecurrentCell::kLstm:
      return f(std::type_identity<LstmUnit>{});
    case RecurrentCell::kGru:
      return f(std::type_identity<GruUnit>{});
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
  with_unit(step.cell, [&]<class Unit>(std::type_identity<Unit>) {
    GRADUS_LAUNCH((forward_of_step<Unit, T>), launch_for(n, stream), step, lengths, through, bias,
                  gates, kept, h, c, y);
  });
}

template <class Device, class T>
void recurrent_backward_step(const RecurrentStep& step, const std::int64_t* lengths, const T* gates,
                             const T* kept, const T* y, const T* h0, const T* c0, const T* dy,
                             const T* through, T* dh, T* dc, T* dx, T* dr, T* previous,
                             void* stream) {
  const std::int64_t n = step.batch * step.hidden;
  if (n == 0) return;
  with_unit(step.cell, [&]<class Unit>(std::type_identity<Unit>) {
    GRADUS_LAUNCH((backward_of_step<Unit, T>), launch_for(n, stream), step, lengths, gates, kept, y,
                  h0, c0, dy, through, dh, dc, dx, dr, previous);
  });
}

#define GRADUS_INSTANTIATE(T)                                                                      \
  template void recurrent_forward_step<ThisDevice, T>(                                             \
      const RecurrentStep&, const std::int64_t*, const T*, const T*, T*, T*, T*, T*, T*, void*);   \
  template void recurrent_backward_step<ThisDevice, T>(                                            \
      const RecurrentStep&, const std::int64_t*, const T*, const T*, const T*, const T*, const T*, \
      const T*, const T*, T*, T*, T*, T*, T*, void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);

}  // namespace gradus::gpu
