#pragma once
#include <string>

#include "nn/recurrent_layer.h"

namespace gradus::nn {

/// What RNNCell, LSTMCell and GRUCell have in common.
class OneStep : public Module {
 public:
  std::string extra_repr() const override;

  Parameter weight_ih, weight_hh;  ///< [G H, in], [G H, H]
  Parameter bias_ih, bias_hh;      ///< [G H]; undefined when there are none

 protected:
  OneStep(const char* layer, RecurrentCell cell, std::int64_t input_size, std::int64_t hidden_size,
          Generator& rng, bool bias, DType dtype);

  /// The next h and c; zeros for those that are undefined.
  RecurrentResult run(const Operand& x, const Variable& h, const Variable& c) const;

 private:
  void check_state(const char* name, const Variable& state, const Tensor& x) const;

  const char* layer_;
  RecurrentCell cell_;
};

}  // namespace gradus::nn
