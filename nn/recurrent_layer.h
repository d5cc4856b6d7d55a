#pragma once
#include <string>
#include <vector>

#include "autograd/ops/recurrent.h"
#include "nn/module.h"

namespace gradus::nn {

/// The activation of RNN and RNNCell.
enum class Nonlinearity { kTanh, kRelu };

/// Arguments of all recurrent layers, as their own options have them.
struct RecurrentArguments {
  const char* layer;  // its name, for errors
  RecurrentCell cell;
  std::int64_t input_size, hidden_size, num_layers = 1;
  bool bias = true, batch_first = false;
  double dropout = 0;
  bool bidirectional = false;
  std::int64_t proj_size = 0;
  DType dtype = kFloat32;
};

/// What RNN, LSTM and GRU have in common.
class RecurrentLayer : public Module {
 public:
  /// The matrices of one layer in one direction; biases are undefined without bias, weight_hr
  /// without proj_size.
  struct Direction {
    Parameter weight_ih, weight_hh, bias_ih, bias_hh, weight_hr;
  };
  /// Layer l in direction d (0 forward, 1 reverse).
  const Direction& direction(std::int64_t l, int d = 0) const {
    return directions_.at(l * (all_.bidirectional ? 2 : 1) + d);
  }

  std::string extra_repr() const override;

 protected:
  RecurrentLayer(const RecurrentArguments& arguments, Generator& rng);

  RecurrentResult run(const Operand& x, const Variable& h_0, const Variable& c_0,
                      const Tensor& lengths) const;

 private:
  struct Sizes {
    bool batched;
    std::int64_t steps, batch;
  };
  Sizes check(const Tensor& x, const Tensor& lengths) const;
  void check_state(const char* name, const Variable& state, std::int64_t size, const Tensor& x,
                   const Sizes& sizes) const;
  /// Of h and of the output in one direction.
  std::int64_t output_size() const {
    return all_.proj_size > 0 ? all_.proj_size : all_.hidden_size;
  }

  RecurrentArguments all_;
  std::vector<Direction> directions_;
  RandomStream dropped_;
};

/// U(-k, k) with k = 1 / sqrt(hidden_size), and the check of sizes, for layers and cells.
Tensor recurrent_weight(const Shape& shape, std::int64_t hidden_size, Generator& rng, DType dtype);
void check_recurrent_size(const char* layer, const char* name, std::int64_t size);

}  // namespace gradus::nn
