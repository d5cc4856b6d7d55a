#pragma once
// The cells of recurrent layers. forward() is written for T = float and double, which the kernels
// of tensor/cpu run along the hidden units, and for T = Variable, which records it for higher
// derivatives. backward() is made of the rules of tensor/elementwise. Letters are those of the
// layers in nn/: a_ are sums before an activation.
#include <type_traits>

#include "tensor/elementwise/relu.h"
#include "tensor/elementwise/sigmoid.h"
#include "tensor/elementwise/tanh.h"

namespace gradus::cells {

/// h = tanh(a).
struct Tanh {
  static constexpr int kGates = 1;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a) {
    return tanh(a);
  }
  template <class T>
  GRADUS_HOST_DEVICE static T backward(T h, T dh) {
    return ops::Tanh::backward(T(0), h, dh);
  }
};

/// h = max(a, 0). Its slope at a is that at h.
struct Relu {
  static constexpr int kGates = 1;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a) {
    if constexpr (std::is_floating_point_v<T>) {
      return ops::Relu::forward(a);
    } else {
      return relu(a);
    }
  }
  template <class T>
  GRADUS_HOST_DEVICE static T backward(T h, T dh) {
    return ops::Relu::backward(h, h, dh);
  }
};

/// i, f, o = sigmoid(a_i, a_f, a_o), g = tanh(a_g), c' = f c + i g, h' = o tanh(c').
/// Source: Hochreiter and Schmidhuber 1997, "Long short-term memory",
/// doi:10.1162/neco.1997.9.8.1735, with the forget gate of Gers et al. 2000.
struct Lstm {
  static constexpr int kGates = 4;

  template <class T>
  struct Step {
    T i, f, g, o, c, h;
  };
  template <class T>
  GRADUS_HOST_DEVICE static Step<T> forward(T a_i, T a_f, T a_g, T a_o, T c) {
    const T i = sigmoid(a_i), f = sigmoid(a_f), g = tanh(a_g), o = sigmoid(a_o);
    const T next = f * c + i * g;
    return {i, f, g, o, next, o * tanh(next)};
  }

  /// Of a_i, a_f, a_g, a_o and c, from those of h' and c'.
  template <class T>
  struct Gradients {
    T i, f, g, o, c;
  };
  template <class T>
  GRADUS_HOST_DEVICE static Gradients<T> backward(T i, T f, T g, T o, T c, T next, T dh, T dnext) {
    const T tanh_c = tanh(next), none(0);
    const T dc = dnext + ops::Tanh::backward(none, tanh_c, dh * o);
    return {ops::Sigmoid::backward(none, i, dc * g), ops::Sigmoid::backward(none, f, dc * c),
            ops::Tanh::backward(none, g, dc * i), ops::Sigmoid::backward(none, o, dh * tanh_c),
            dc * f};
  }
};

/// r, z = sigmoid(a_r, a_z), n = tanh(x_n + r h_n), h' = (1 - z) n + z h, where x_n is the input's
/// part of the sum and h_n that of the hidden state.
/// Source: Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder",
/// arXiv:1406.1078, eq. 5-8.
/// Differs: r stands behind the product with the matrix, as in PyTorch and cuDNN.
struct Gru {
  static constexpr int kGates = 3;

  template <class T>
  struct Step {
    T r, z, n, h;
  };
  template <class T>
  GRADUS_HOST_DEVICE static Step<T> forward(T a_r, T a_z, T x_n, T h_n, T h) {
    const T r = sigmoid(a_r), z = sigmoid(a_z), n = tanh(x_n + r * h_n);
    return {r, z, n, n + z * (h - n)};
  }

  /// Of a_r, a_z, x_n, h_n and h.
  template <class T>
  struct Gradients {
    T r, z, x_n, h_n, h;
  };
  template <class T>
  GRADUS_HOST_DEVICE static Gradients<T> backward(T r, T z, T n, T h_n, T h, T dh) {
    const T none(0), dx_n = ops::Tanh::backward(none, n, dh * (T(1) - z));
    return {ops::Sigmoid::backward(none, r, dx_n * h_n),
            ops::Sigmoid::backward(none, z, dh * (h - n)), dx_n, dx_n * r, dh * z};
  }
};

}  // namespace gradus::cells
