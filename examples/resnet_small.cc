// A small ResNet on Fashion-MNIST: convolutions with a way around them, images shifted and
// mirrored.
//   ./gradus run resnet_small --figure resnet.svg --matrix confusion.svg
#include <iostream>

#include "data/compose.h"
#include "data/images.h"
#include "examples/models/resnet.h"
#include "examples/support/training.h"
#include "nn/losses/cross_entropy.h"
#include "nn/metrics/accuracy.h"
#include "nn/metrics/confusion_matrix.h"
#include "optim/optimizer.h"
#include "optim/rules/nesterov.h"
#include "optim/schedules/one_cycle.h"
#include "train/heat_map.h"

namespace {

using namespace gradus;

// The images for training, each time a little elsewhere and half of them mirrored.
data::DataLoader varied_images(const TrainingOptions& o) {
  data::TensorDataset images = data::fashion_mnist(data::Split::kTrain, o.data);
  images = images.head(size_of_run(o, images.size(), 2048, 128));
  const auto varied =
      data::transform(data::share(std::move(images)), [](data::Sample s, Generator& rng) {
        s.x = data::random_crop(data::random_flip(s.x, rng), 28, 28, rng, 2);
        return s;
      });
  return data::DataLoader(varied, {.batch_size = size_of_run(o, o.batch, 32, 16),
                                   .shuffle = true,
                                   .workers = o.workers,
                                   .seed = o.seed,
                                   .device = Device(o.device)});
}

void draw_confusion(const nn::Module& net, const data::DataLoader& test, const std::string& file) {
  const NoGradGuard no_grad;
  nn::ConfusionMatrix confusion(10);
  for (const data::Batch& batch : test.epoch(0)) confusion.update(net(batch.x), batch.y);
  const std::vector<std::string> names = {"T-shirt", "trouser", "pullover", "dress", "coat",
                                          "sandal",  "shirt",   "sneaker",  "bag",   "boot"};
  train::write_heat_map({.title = "Fashion-MNIST, test images",
                         .values = confusion.compute(),
                         .x_label = "prediction",
                         .y_label = "class",
                         .column_names = names,
                         .row_names = names,
                         .numbers = true},
                        file);
}

void run(const TrainingOptions& o, const std::string& matrix) {
  check_figure(o);
  check_picture(matrix);
  Generator rng(o.seed);
  const auto train = varied_images(o);
  const auto test = image_loader(data::fashion_mnist, data::Split::kTest, o);

  models::ResNet net(rng,
                     {.in_channels = 1, .blocks = {1, 1, 1}, .width = size_of_run(o, 16, 8, 4)});
  net.to(Device(o.device));
  optim::Optimizer<optim::Nesterov> optimizer(net.named_parameters(),
                                              {.lr = o.lr, .weight_decay = 5e-4});
  const train::RunOptions options = run_options(o, "test accuracy");
  const auto steps = static_cast<double>(options.epochs * train.size());
  optimizer.schedule("lr", optim::schedules::OneCycle{.max = o.lr, .steps = steps});

  train::Run run(options, {"train loss", "train accuracy", "test accuracy"},
                 {.model = &net, .optimizer = &optimizer}, std::cout);
  while (run.next_epoch()) {
    for (const data::Batch& batch : run.batches(train)) {
      const Variable logits = net(batch.x);
      const Variable loss = nn::cross_entropy(logits, batch.y);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      const auto n = static_cast<double>(batch.x.dim(0));
      run.measure("train loss", loss.item(), n);
      run.measure("train accuracy", nn::accuracy(logits, batch.y), n);
    }
    run.end_epoch([&] {
      return train::MetricsLog::Values{{"test accuracy", test_accuracy(net, test)}};
    });
  }
  smoke_at_most(run, o, "train loss", o.device == "cuda_emulated" ? 2.25 : 1.5);
  draw(run, o, "A small ResNet on Fashion-MNIST");
  net.eval();
  if (!matrix.empty()) draw_confusion(net, test, matrix);
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("Clothes with a small ResNet (Fashion-MNIST)");
  TrainingOptions options{.epochs = 4, .batch = 128, .lr = 0.2};
  std::string matrix;
  add_options(line, options);
  line.option("--matrix", matrix, "draw the confusion matrix into this .svg or .png file");
  return line.run(argc, argv, [&] { run(options, matrix); });
}
