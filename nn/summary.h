#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "nn/module.h"

namespace gradus::nn {

/// One module of a summary. Parameters and multiply-adds are its own and those of all below it.
struct SummaryRow {
  std::string path;                ///< "encoder.0", as in named_modules(); "" is the whole
  std::string layer;               ///< the name of its struct
  int depth = 0;                   ///< 0 for the whole
  std::int64_t calls = 0;          ///< how often it was called
  std::optional<Shape> output;     ///< of its last call; none if that gave no tensor
  std::int64_t parameters = 0;     ///< numbers to learn, shared ones once
  std::int64_t multiply_adds = 0;  ///< of all its calls, see tensor/work.h
  std::int64_t output_bytes = 0;   ///< results of all its calls
};

/// What a model consists of, and what one call of it takes.
struct Summary {
  std::vector<SummaryRow> rows;            ///< in the order of named_modules()
  std::int64_t trainable = 0, frozen = 0;  ///< parameters, shared ones once
  std::int64_t multiply_adds = 0;
  std::int64_t parameter_bytes = 0;
  std::int64_t buffer_bytes = 0;
  std::int64_t gradient_bytes = 0;    ///< of the trainable parameters, once there are gradients
  std::int64_t activation_bytes = 0;  ///< results of all modules that call no others
  /// Structs of modules that were called and are no children, though they own something: their
  /// parameters get neither trained nor saved. Declare them as Child<...>.
  std::vector<std::string> not_registered;
};

/// The table, then the totals:
///   Layer        Output   Parameters  Multiply-adds  Output bytes
///   Sequential   [1, 10]          ...
///     0: Linear  [1, 256]         ...
std::string to_string(const Summary& summary);

/// Calls the module once with zeros of this shape, the batch included: summary(net, {1, 1, 28,
/// 28}). dtype kInt64 gives the index 0 everywhere, for embeddings. The call is one in eval mode
/// and without a tape; afterwards the module is as before: the training flags, buffers and streams
/// of random numbers. Throws what the module throws.
Summary summary(Module& module, const Shape& input, DType dtype = kFloat32);
/// The same for whatever `call` does with the module: summary(net, [&] { net.forward(x, mask); }).
Summary summary(Module& module, const std::function<void()>& call);
/// The same with a tensor of the user's. (A template, so that {5} is a shape.)
template <class T>
requires std::is_same_v<T, Tensor> Summary summary(Module& module, const T& input) {
  return summary(module, [&] { std::as_const(module)(input); });
}

}  // namespace gradus::nn
