// A variational autoencoder that invents handwritten digits (MNIST).
//   ./gradus run vae --samples invented.svg
#include <cmath>
#include <iostream>

#include "autograd/ops/split.h"
#include "autograd/ops/sum.h"
#include "examples/support/training.h"
#include "nn/linear.h"
#include "nn/losses/binary_cross_entropy.h"
#include "nn/relu.h"
#include "nn/sequential.h"
#include "optim/optimizer.h"
#include "optim/rules/adam.h"
#include "tensor/elementwise_all.h"
#include "train/image_grid.h"

namespace {

using namespace gradus;

constexpr std::int64_t kPixels = 28 * 28, kCode = 16;

/// The bound of Kingma, Welling 2013, arXiv:1312.6114, appendix B: a code z ~ N(mu, sigma^2) of
/// each image, from which the pixels are drawn, and codes that shall be like N(0, 1).
struct Vae : nn::Module {
  Vae(std::int64_t width, Generator& rng)
      : encoder(child("encoder", nn::Sequential(nn::Linear(kPixels, width, rng), nn::ReLU(),
                                                nn::Linear(width, 2 * kCode, rng)))),
        decoder(child("decoder", nn::Sequential(nn::Linear(kCode, width, rng), nn::ReLU(),
                                                nn::Linear(width, kPixels, rng)))),
        noise(random_stream("noise", rng)) {}

  /// Nats that an image costs, the mean over x [N, 784]: pixels given z, and z given N(0, 1).
  Variable loss(const Tensor& x) const {
    const std::vector<Variable> halves = chunk(encoder(x), 2, 1);
    const Variable &mu = halves[0], &log_variance = halves[1];
    const Tensor eps = normal(mu.shape(), 0, 1, *noise, kFloat32, x.device());
    const Variable z = mu + exp(0.5 * log_variance) * eps;
    const auto n = static_cast<double>(x.dim(0));
    const Variable pixels =
        nn::binary_cross_entropy_with_logits(decoder(z), x, {.reduction = Reduction::kSum});
    const Variable code = 0.5 * sum(square(mu) + exp(log_variance) - log_variance - 1);
    return (pixels + code) / n;
  }
  /// Images [n, 28, 28] of codes drawn from N(0, 1).
  Tensor invented(std::int64_t n, Generator& rng) const {
    const Device device = decoder->parameters()[0].device();
    const Tensor z = normal({n, kCode}, 0, 1, rng, kFloat32, device);
    return sigmoid(decoder(z)).value().reshape({n, 28, 28});
  }

  nn::Child<nn::Sequential> encoder, decoder;
  nn::RandomStream noise;
};

double mean_loss(const Vae& net, const data::DataLoader& loader) {
  const NoGradGuard no_grad;
  double sum = 0, n = 0;
  for (const data::Batch& batch : loader.epoch(0)) {
    const auto size = static_cast<double>(batch.x.dim(0));
    sum += size * net.loss(batch.x.reshape({-1, kPixels})).item();
    n += size;
  }
  return sum / n;
}

void run(const TrainingOptions& o, const std::string& samples) {
  check_figure(o);
  check_picture(samples);
  Generator rng(o.seed);
  const auto train = image_loader(data::mnist, data::Split::kTrain, o);
  const auto test = image_loader(data::mnist, data::Split::kTest, o);

  Vae net(size_of_run(o, 400, 400, 32), rng);
  net.to(Device(o.device));
  optim::Optimizer<optim::Adam> optimizer(net.named_parameters(), {.lr = o.lr});
  train::Run run(run_options(o, "test loss", true), {"train loss", "test loss"},
                 {.model = &net, .optimizer = &optimizer}, std::cout);
  while (run.next_epoch()) {
    for (const data::Batch& batch : run.batches(train)) {
      const Variable loss = net.loss(batch.x.reshape({-1, kPixels}));
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      run.measure("train loss", loss.item(), static_cast<double>(batch.x.dim(0)));
    }
    run.end_epoch([&] { return train::MetricsLog::Values{{"test loss", mean_loss(net, test)}}; });
  }
  // Pixels that are all alike likely cost 784 log 2 = 543 nats, the mean image 206.
  smoke_at_most(run, o, "test loss", o.device == "cuda_emulated" ? 300 : 190);
  draw(run, o, "A variational autoencoder of MNIST, nats per image");
  if (!samples.empty()) {
    const NoGradGuard no_grad;
    Generator drawn(o.seed + 1);
    train::write_image_grid({.title = "Digits that nobody wrote",
                             .images = net.invented(60, drawn),
                             .columns = 12,
                             .ink = true},
                            samples);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("A variational autoencoder of handwritten digits (MNIST)");
  TrainingOptions options{.epochs = 10, .batch = 128, .lr = 0.001};
  std::string samples;
  add_options(line, options);
  line.option("--samples", samples, "draw invented digits into this .svg or .png file");
  return line.run(argc, argv, [&] { run(options, samples); });
}
