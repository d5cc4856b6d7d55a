// Loads a model that PyTorch saved, .pt or .safetensors, and predicts as PyTorch does.
//   ./gradus run import_pytorch
// In PyTorch it was made by
//   model = nn.Sequential(nn.Linear(20, 32), nn.Tanh(), nn.Linear(32, 16), nn.ReLU(),
//                         nn.Linear(16, 5))
//   torch.save(model.state_dict(), "mlp.pt")
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "examples/support/training.h"
#include "nn/linear.h"
#include "nn/relu.h"
#include "nn/sequential.h"
#include "nn/state.h"
#include "nn/summary.h"
#include "nn/tanh.h"
#include "tensor/elementwise/abs.h"
#include "tensor/elementwise/sub.h"
#include "tensor/io/safetensors.h"
#include "tensor/reduce.h"
#include "tensor/softmax.h"

namespace {

using namespace gradus;

Tensor tensor_of(const NamedTensors& tensors, const std::string& name, const std::string& file) {
  for (const auto& [each, x] : tensors) {
    if (each == name) return x;
  }
  throw IoError("[import_pytorch] " + file + ": no tensor '" + name + "'; expected one");
}

void run(const TrainingOptions& o, const std::string& model, const std::string& expected) {
  Generator rng(o.seed);
  nn::Sequential net(nn::Linear(20, 32, rng), nn::Tanh(), nn::Linear(32, 16, rng), nn::ReLU(),
                     nn::Linear(16, 5, rng));
  const nn::LoadReport report = nn::load(net, model);
  std::cout << model << ": " << report.loaded.size() << " tensors loaded\n";
  for (const auto& [name, x] : net.state_dict()) {
    std::cout << "  " << name << " " << to_string(x.shape()) << "\n";
  }
  net.to(Device(o.device));
  net.eval();

  // What PyTorch was given, and its answer.
  const NamedTensors pytorch = load_safetensors(expected).tensors;
  const NoGradGuard no_grad;
  const Tensor logits =
      net(tensor_of(pytorch, "input", expected).to(Device(o.device))).value().to(kCpu);
  const Tensor p = softmax(logits, -1), classes = argmax(logits, -1);
  std::cout << "sample  class  probability\n";
  for (std::int64_t i = 0; i < logits.dim(0); ++i) {
    const auto c = static_cast<std::int64_t>(classes.at({i}));
    std::printf("%6d  %5d  %11.4f\n", static_cast<int>(i), static_cast<int>(c), p.at({i, c}));
  }
  std::fflush(stdout);
  const double difference = max(abs(logits - tensor_of(pytorch, "logits", expected))).item();
  std::printf("largest difference to PyTorch's logits: %.1e\n", difference);
  smoke_at_most(o, "difference", difference, 1e-5);
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line("A model of PyTorch, loaded and asked");
  TrainingOptions options;
  // `./gradus run` calls ROOT/bazel-bin/examples/import_pytorch, from whatever folder.
  const std::filesystem::path root =
      std::filesystem::path(argv[0]).parent_path().parent_path().parent_path();
  const std::string folder = root / "tests/golden/nn/fixtures/";
  std::string model = folder + "mlp.pt", expected = folder + "mlp_io.safetensors";
  line.option("--model", model, "state_dict of that network, .pt or .safetensors");
  line.option("--expected", expected, "a .safetensors file with 'input' and PyTorch's 'logits'");
  add_device_and_smoke(line, options);
  return line.run(argc, argv, [&] { run(options, model, expected); });
}
