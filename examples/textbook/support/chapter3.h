#pragma once
#include <cstdint>
#include <vector>

#include "data/dataset.h"
#include "tensor/random.h"

// The linear regression of chapter 3, from scratch and with the library's parts.
namespace gradus::textbook {

/// What the model starts from: N(0, sigma^2) with bias 0, or torch.nn.Linear's own default.
struct Start {
  double sigma = 0.01;
  bool torch_default = false;
};

struct RegressionSetting {
  double lr = 0.03;
  std::int64_t batch_size = 32;
  int epochs = 3;
  bool doubled_gradient = false;  ///< the MSE without the factor 1/2, as in the concise programs
  double weight_decay = 0;        ///< lambda, on the weights alone
  Start start = {};
  Device device = {};  ///< where it is trained
};

struct RegressionResult {
  std::vector<double> epoch_losses;       ///< half-MSE over the training set after each epoch
  std::vector<double> batch_losses;       ///< training loss of every step, as the book plots it
  std::vector<double> validation_losses;  ///< half-MSE over the validation set after each epoch
  std::vector<double> w;
  double b = 0;
};

/// Section 3.3: y = X w + 4.2 + noise, w = (2, -3.4), noise N(0, 0.01^2).
/// Returns n samples; the book takes 1000 for training and 1000 for validation.
data::TensorDataset regression_data(std::int64_t n, Generator& rng, DType dtype = kFloat32);
/// Section 3.7: y = 0.05 + sum of 0.01 x_i + N(0, 0.01^2), 200 inputs.
data::TensorDataset weight_decay_data(std::int64_t n, Generator& rng, DType dtype = kFloat32);

/// Section 3.4: parameters, model, loss, penalty and update by hand on the tape.
RegressionResult train_from_scratch(const data::TensorDataset& train,
                                    const data::TensorDataset& validation,
                                    const RegressionSetting& setting, Generator& rng);
/// Section 3.5: Linear, a loss and SGD; weight decay in the optimizer.
RegressionResult train_concise(const data::TensorDataset& train,
                               const data::TensorDataset& validation,
                               const RegressionSetting& setting, Generator& rng);

}  // namespace gradus::textbook
