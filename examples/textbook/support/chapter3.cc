#include "examples/textbook/support/chapter3.h"

#include "autograd/ops_all.h"
#include "data/batches.h"
#include "data/synthetic.h"
#include "nn/linear.h"
#include "nn/losses/half_mse.h"
#include "nn/losses/mse.h"
#include "optim/rules/sgd.h"
#include "tensor/elementwise_all.h"

namespace gradus::textbook {
namespace {

// half-MSE of y = X w + b, in float64 so that the printed loss is that of the parameters.
double half_mse(const data::TensorDataset& data, const Tensor& w, const Tensor& b) {
  const Tensor x = data.features.to(kFloat64), y = data.targets.to(kFloat64);
  return 0.5 * mean(square(matmul(x, w.to(kFloat64)) + b.to(kFloat64) - y)).item();
}

void finish_epoch(RegressionResult& result, const data::TensorDataset& train,
                  const data::TensorDataset& validation, const Tensor& w, const Tensor& b) {
  result.epoch_losses.push_back(half_mse(train, w.to(kCpu), b.to(kCpu)));
  result.validation_losses.push_back(half_mse(validation, w.to(kCpu), b.to(kCpu)));
  result.w = w.to(kCpu).to_vector();
  result.b = b.item();
}

Tensor starting_weights(const Shape& shape, const Start& start, Generator& rng, DType dtype) {
  const double k = 1 / std::sqrt(static_cast<double>(std::max(shape[0], shape[1])));
  return start.torch_default ? uniform(shape, -k, k, rng, dtype)
                             : normal(shape, 0, start.sigma, rng, dtype);
}

}  // namespace

data::TensorDataset regression_data(std::int64_t n, Generator& rng, DType dtype) {
  return data::synthetic_regression(tensor({2, -3.4}, dtype), 4.2, n, 0.01, rng);
}

data::TensorDataset weight_decay_data(std::int64_t n, Generator& rng, DType dtype) {
  return data::synthetic_regression(full({200}, 0.01, dtype), 0.05, n, 0.01, rng);
}

RegressionResult train_from_scratch(const data::TensorDataset& train,
                                    const data::TensorDataset& validation,
                                    const RegressionSetting& setting, Generator& rng) {
  const DType dtype = train.features.dtype();
  const Tensor start = starting_weights({train.features.dim(1), 1}, setting.start, rng, dtype);
  const Variable w = parameter(start.to(setting.device));
  const Variable b = parameter(zeros({1}, dtype, setting.device));
  const data::Batches batches(train, setting.batch_size, data::Order::shuffle(rng));

  RegressionResult result;
  for (int epoch = 0; epoch < setting.epochs; ++epoch) {
    for (const auto& batch : batches.epoch(epoch)) {
      const Tensor x = batch.x.to(setting.device), y = batch.y.to(setting.device);
      const Variable prediction = matmul(x, w) + b;
      Variable loss = mean(square(prediction - y) / 2);
      if (setting.doubled_gradient) loss = 2 * loss;
      if (setting.weight_decay > 0) loss = loss + setting.weight_decay * sum(square(w)) / 2;
      loss.backward();
      for (const Variable& p : {w, b}) {
        p.value().copy_from(p.value() - setting.lr * p.grad().value());
        p.zero_grad();
      }
      result.batch_losses.push_back(loss.item());
    }
    finish_epoch(result, train, validation, w.value(), b.value());
  }
  return result;
}

RegressionResult train_concise(const data::TensorDataset& train,
                               const data::TensorDataset& validation,
                               const RegressionSetting& setting, Generator& rng) {
  const DType dtype = train.features.dtype();
  nn::Linear net(train.features.dim(1), 1, rng, true, dtype);  // torch's default start
  if (!setting.start.torch_default) {
    net.weight.value().copy_from(starting_weights(net.weight.shape(), setting.start, rng, dtype));
    net.bias.value().fill(0);
  }
  net.to(setting.device);
  optim::Optimizer<optim::SGD> optimizer({{"bias", net.bias}}, {.lr = setting.lr});
  optimizer.add_group("weights", {{"weight", net.weight}},
                      {.lr = setting.lr, .weight_decay = setting.weight_decay});
  const data::Batches batches(train, setting.batch_size, data::Order::shuffle(rng));

  RegressionResult result;
  for (int epoch = 0; epoch < setting.epochs; ++epoch) {
    for (const auto& batch : batches.epoch(epoch)) {
      const Tensor x = batch.x.to(setting.device), y = batch.y.to(setting.device);
      const Variable prediction = net(x);
      const Variable loss =
          setting.doubled_gradient ? nn::mse_loss(prediction, y) : nn::half_mse_loss(prediction, y);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      result.batch_losses.push_back(loss.item());
    }
    finish_epoch(result, train, validation, net.weight.value().transpose(), net.bias.value());
  }
  return result;
}

}  // namespace gradus::textbook
