// An autoencoder squeezes handwritten digits through 16 numbers and draws them again (MNIST).
//   ./gradus run autoencoder --samples digits.svg
#include <iostream>

#include "examples/support/training.h"
#include "nn/linear.h"
#include "nn/losses/binary_cross_entropy.h"
#include "nn/losses/mse.h"
#include "nn/relu.h"
#include "nn/sequential.h"
#include "optim/optimizer.h"
#include "optim/rules/adam.h"
#include "tensor/assemble.h"
#include "tensor/elementwise/sigmoid.h"
#include "train/image_grid.h"

namespace {

using namespace gradus;

constexpr std::int64_t kPixels = 28 * 28, kCode = 16;

struct Autoencoder : nn::Module {
  Autoencoder(std::int64_t width, Generator& rng)
      : encoder(child("encoder", nn::Sequential(nn::Linear(kPixels, width, rng), nn::ReLU(),
                                                nn::Linear(width, 64, rng), nn::ReLU(),
                                                nn::Linear(64, kCode, rng)))),
        decoder(child("decoder", nn::Sequential(nn::Linear(kCode, 64, rng), nn::ReLU(),
                                                nn::Linear(64, width, rng), nn::ReLU(),
                                                nn::Linear(width, kPixels, rng)))) {}
  /// Logits of the pixels. Shapes: x [N, 784]  ->  [N, 784].
  Variable forward(Operand x) const override { return decoder(encoder(std::move(x))); }
  nn::Child<nn::Sequential> encoder, decoder;
};

Tensor flat(const Tensor& images) { return images.reshape({-1, kPixels}); }

double squared_error(const Autoencoder& net, const data::DataLoader& loader) {
  const NoGradGuard no_grad;
  double sum = 0, n = 0;
  for (const data::Batch& batch : loader.epoch(0)) {
    const auto size = static_cast<double>(batch.x.dim(0));
    sum += size * nn::mse_loss(sigmoid(net(flat(batch.x))), flat(batch.x)).item();
    n += size;
  }
  return sum / n;
}

// Ten images, what was made of them, and the same of ten more.
void draw_samples(const Autoencoder& net, const data::DataLoader& test, const std::string& file) {
  const NoGradGuard no_grad;
  const Tensor images = (*test.epoch(0).begin()).x.narrow(0, 0, 20);
  const Tensor again = sigmoid(net(flat(images))).value().reshape(images.shape());
  const std::vector<Tensor> rows = {images.narrow(0, 0, 10), again.narrow(0, 0, 10),
                                    images.narrow(0, 10, 10), again.narrow(0, 10, 10)};
  train::write_image_grid({.title = "Digits, and what 16 numbers keep of them",
                           .images = cat(rows, 0),
                           .ink = true,
                           .row_names = {"image", "again", "image", "again"}},
                          file);
}

void run(const TrainingOptions& o, const std::string& samples) {
  check_figure(o);
  check_picture(samples);
  Generator rng(o.seed);
  const auto train = image_loader(data::mnist, data::Split::kTrain, o);
  const auto test = image_loader(data::mnist, data::Split::kTest, o);

  Autoencoder net(size_of_run(o, 256, 256, 32), rng);
  net.to(Device(o.device));
  optim::Optimizer<optim::Adam> optimizer(net.named_parameters(), {.lr = o.lr});
  train::Run run(run_options(o, "test squared error", true), {"train loss", "test squared error"},
                 {.model = &net, .optimizer = &optimizer}, std::cout);
  while (run.next_epoch()) {
    for (const data::Batch& batch : run.batches(train)) {
      const Tensor x = flat(batch.x);
      const Variable loss = nn::binary_cross_entropy_with_logits(net(x), x);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      run.measure("train loss", loss.item(), static_cast<double>(x.dim(0)));
    }
    run.end_epoch([&] {
      return train::MetricsLog::Values{{"test squared error", squared_error(net, test)}};
    });
  }
  // The mean image alone has 0.067.
  smoke_at_most(run, o, "test squared error", o.device == "cuda_emulated" ? 0.1 : 0.062);
  draw(run, o, "An autoencoder of MNIST");
  if (!samples.empty()) draw_samples(net, test, samples);
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("An autoencoder of handwritten digits (MNIST)");
  TrainingOptions options{.epochs = 10, .batch = 128, .lr = 0.001};
  std::string samples;
  add_options(line, options);
  line.option("--samples", samples, "draw test images and what is made of them into this file");
  return line.run(argc, argv, [&] { run(options, samples); });
}
