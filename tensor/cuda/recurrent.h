#pragma once
// Launchers; defined for both devices of tensor/cuda/device_kinds.h by kernels/recurrent.cu.cc and
// kernels/recurrent_backward.cu.cc. One step of a recurrent layer beside its matrix product; shapes
// and letters as in tensor/recurrent.h.
#include <cstdint>
#include <type_traits>

#include "tensor/cuda/device_kinds.h"
#include "tensor/recurrent.h"

namespace gradus::gpu {

/// Which step of which walk. Arrays over steps begin at step 0, so that the step before is found.
struct RecurrentStep {
  RecurrentCell cell;
  std::int64_t t, steps, batch, hidden;
  bool reverse;
};

/// f(std::type_identity<X>{}) with the X of these that stands for the cell.
template <class Tanh, class Relu, class Lstm, class Gru, class F>
void with_cell(RecurrentCell cell, F f) {
  switch (cell) {
    case RecurrentCell::kTanh:
      return f(std::type_identity<Tanh>{});
    case RecurrentCell::kRelu:
      return f(std::type_identity<Relu>{});
    case RecurrentCell::kLstm:
      return f(std::type_identity<Lstm>{});
    case RecurrentCell::kGru:
      return f(std::type_identity<Gru>{});
  }
}

/// From a = gates[t] + through + bias to the gates, in their place, the next h and c, in theirs,
/// and y[t]; behind the end of a sequence y is 0 and the rest stays. through: W_hh h [N, G H].
/// bias [G H + H]: of x, then of W_hh h alone (GRU). lengths, c and kept may be null.
template <class Device, class T>
void recurrent_forward_step(const RecurrentStep& step, const std::int64_t* lengths,
                            const T* through, const T* bias, T* gates, T* kept, T* h, T* c, T* y,
                            void* stream);

/// From dy[t], dh + through and dc to dx[t], dr[t], previous[t] = h before the step, and dh, dc of
/// the state before, in place. h0, c0: the first state. through: dr of the step behind W_hh.
/// gates, kept, c0, dc may be null where the cell has none; dr may be dx.
template <class Device, class T>
void recurrent_backward_step(const RecurrentStep& step, const std::int64_t* lengths, const T* gates,
                             const T* kept, const T* y, const T* h0, const T* c0, const T* dy,
                             const T* through, T* dh, T* dc, T* dx, T* dr, T* previous,
                             void* stream);

}  // namespace gradus::gpu
