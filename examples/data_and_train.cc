// The examples of data/README.md and train/README.md, one function each.
//   ./gradus run data_and_train loop
#include <iostream>
#include <string>

#include "data/idx.h"
#include "data/toys.h"
#include "nn/linear.h"
#include "nn/losses/cross_entropy.h"
#include "nn/sequential.h"
#include "nn/tanh.h"
#include "optim/optimizer.h"
#include "optim/rules/adam.h"
#include "train/run.h"

using namespace gradus;

void batches() {
  const data::DataLoader loader(data::fashion_mnist(data::Split::kTrain),
                                {.batch_size = 256, .shuffle = true, .workers = 2});
  for (const data::Batch& batch : loader.epoch(0)) {
    std::cout << batch.x.shape() << " " << batch.y.shape() << "\n";
    break;
  }
}

void loop() {
  Generator rng(1);
  nn::Sequential net(nn::Linear(2, 64, rng), nn::Tanh(), nn::Linear(64, 3, rng));
  optim::Optimizer<optim::Adam> optimizer(net.named_parameters(), {.lr = 0.01});
  const data::DataLoader loader(data::spirals(300, 3, 0.1, rng),
                                {.batch_size = 30, .shuffle = true});

  train::Run run({.epochs = 20, .every = 5}, {"loss"}, {.model = &net, .optimizer = &optimizer},
                 std::cout);
  while (run.next_epoch()) {
    for (const data::Batch& batch : run.batches(loader)) {
      const Variable loss = nn::cross_entropy(net(batch.x), batch.y);
      run.step(loss);
      run.measure("loss", loss.item());
    }
    run.end_epoch();
  }
  std::cout << plot_text(run.figure("Three spirals"), 60, 12);
}

int main(int argc, char** argv) {
  const std::string asked = argc > 1 ? argv[1] : "";
  try {
    if (asked.empty() || asked == "batches") batches();
    if (asked.empty() || asked == "loop") loop();
  } catch (const Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
