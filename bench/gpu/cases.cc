#include "bench/gpu/cases.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/linear.h"
#include "optim/optimizer.h"
#include "tensor/cuda/available.h"
#include "tensor/cuda/runtime.h"
#include "tensor/cuda/stream.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/exp.h"
#include "tensor/elementwise/gelu.h"
#include "tensor/elementwise/relu.h"
#include "tensor/layer_norm.h"
#include "tensor/matmul.h"
#include "tensor/random.h"
#include "tensor/softmax.h"

namespace gradus::bench {
namespace {

using nlohmann::json;

class Bench {
 public:
  Bench(Device device, bool small) : device_(device), small_(small) {}

  /// Sizes for a GPU, or small ones.
  std::int64_t size(std::int64_t large, std::int64_t small) const { return small_ ? small : large; }
  Tensor uniform(const Shape& shape, DType dtype = kFloat32) {
    return gradus::uniform(shape, -1, 1, generator_, kFloat32, device_).to(dtype);
  }

  /// The median of seven means of wall time, each over at least 20 ms, behind three steps that make
  /// state and fill caches. What cannot run is named with its error.
  double run(const std::string& name, const std::function<void()>& step) {
    json entry = {{"name", name}};
    double seconds = 0;
    try {
      const auto repeat = [&](std::int64_t count) {
        synchronize(device_);
        const auto start = std::chrono::steady_clock::now();
        for (std::int64_t i = 0; i < count; ++i) step();
        synchronize(device_);
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
        return taken.count();
      };
      repeat(3);
      const double least = small_ ? 1e-3 : 20e-3;
      std::int64_t count = 1;
      while (repeat(count) < least) count *= 2;
      std::vector<double> means;
      for (int i = 0; i < 7; ++i) means.push_back(repeat(count) / static_cast<double>(count));
      std::nth_element(means.begin(), means.begin() + 3, means.end());
      seconds = means[3];
      entry["seconds"] = seconds;
    } catch (const std::exception& error) {
      entry["error"] = error.what();
    }
    cases_.push_back(std::move(entry));
    return seconds;
  }
  /// The same for a step that moves so many bytes.
  void moves(const std::string& name, double bytes, const std::function<void()>& step) {
    const double seconds = run(name, step);
    if (seconds == 0 || small_) return;
    cases_.back()["gigabytes_per_second"] = 1e-9 * bytes / seconds;
    if (copy_ == 0) copy_ = bytes / seconds;  // the first case is the copy
    cases_.back()["percent_of_copy"] = 100 * bytes / seconds / copy_;
  }
  void computes(const std::string& name, double operations, const std::function<void()>& step) {
    const double seconds = run(name, step);
    if (seconds != 0 && !small_) cases_.back()["teraflops"] = 1e-12 * operations / seconds;
  }

  Device device() const { return device_; }
  json cases() const { return cases_; }

 private:
  Device device_;
  bool small_;
  Generator generator_{1};
  double copy_ = 0;
  json cases_ = json::array();
};

void elements_and_rows(Bench& bench) {
  const std::int64_t n = bench.size(std::int64_t{1} << 27, 1 << 12);
  const double bytes = 4.0 * static_cast<double>(n);
  {
    const Tensor x = bench.uniform({n}), y = bench.uniform({n});
    bench.moves("copy", 2 * bytes, [&] {
      gpu::copy_on_device(bench.device(), y.raw_device_data(), x.raw_device_data(), 4 * n);
    });
    bench.moves("add", 3 * bytes, [&] { x + y; });
    bench.moves("relu", 2 * bytes, [&] { relu(x); });
    bench.moves("exp", 2 * bytes, [&] { exp(x); });
    bench.moves("gelu", 2 * bytes, [&] { gelu(x); });
    bench.moves("add strided", 3 * bytes, [&] {
      x.reshape({n / 64, 64}).transpose(0, 1) + y.reshape({n / 64, 64}).transpose(0, 1);
    });
  }
  for (const std::int64_t columns : {bench.size(1024, 64), bench.size(8192, 128)}) {
    const Tensor x = bench.uniform({n / columns, columns});
    const std::string name = std::to_string(columns);
    bench.moves("softmax " + name, 2 * bytes, [&] { softmax(x, -1); });
    const Tensor weight = bench.uniform({columns}), bias = bench.uniform({columns});
    bench.moves("layer_norm " + name, 2 * bytes, [&] { layer_norm(x, {-1}, weight, bias, 1e-5); });
  }
}

void products(Bench& bench) {
  const std::int64_t n = bench.size(4096, 32);
  const double operations =
      2.0 * static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n);
  for (const DType dtype : {kFloat32, kFloat64, kBFloat16, kFloat16}) {
    const Tensor x = bench.uniform({n, n}, dtype), y = bench.uniform({n, n}, dtype);
    bench.computes("matmul " + std::string(name(dtype)), operations, [&] { matmul(x, y); });
  }
}

// 1e8 parameters in 300 tensors; theta, both moments there and back, the gradient once.
void optimizer(Bench& bench) {
  const std::int64_t tensors = bench.size(300, 10), total = bench.size(100'000'000, 2'000);
  optim::NamedParameters parameters;
  double elements = 0;
  for (std::int64_t i = 0; i < tensors; ++i) {
    const std::int64_t n = total / tensors / 2 + i * (total / tensors) / (tensors - 1);
    parameters.emplace_back(std::to_string(i), parameter(bench.uniform({n})));
    parameters.back().second.set_grad(bench.uniform({n}));
    elements += static_cast<double>(n);
  }
  const auto adamw = optim::make_optimizer("AdamW", parameters);
  bench.moves("AdamW", 28 * elements, [&] { adamw->step(); });
}

// An MLP so small that the time goes into launches.
void small_mlp(Bench& bench) {
  Generator generator(1);
  const Tensor x = uniform({64, 784}, 0, 1, generator).to(bench.device());
  const Tensor t = randint(0, 10, {64}, generator).to(bench.device());
  optim::NamedParameters parameters;
  for (const Shape& shape : {Shape{128, 784}, Shape{128}, Shape{10, 128}, Shape{10}}) {
    parameters.emplace_back(std::to_string(parameters.size()),
                            parameter(uniform(shape, -0.05, 0.05, generator).to(bench.device())));
  }
  const auto& p = parameters;
  const auto adam = optim::make_optimizer("Adam", parameters);
  bench.run("mlp_step", [&] {
    const Variable hidden = relu(linear(x, p[0].second, p[1].second));
    cross_entropy(linear(hidden, p[2].second, p[3].second), t).backward();
    adam->step();
    for (const auto& [name, each] : p) each.zero_grad();
  });
}

}  // namespace

std::string run_cases(Device device, bool small) {
  Bench bench(device, small);
  json report = {{"device", to_string(device)}};
  if (device == kCuda) report["card"] = cuda::description(device.index());
  if (small) report["note"] = "small sizes: no speeds, only that all cases run";
  using Part = std::pair<const char*, void (*)(Bench&)>;
  for (const auto& [name, part] : {Part{"elements and rows", elements_and_rows},
                                   {"products", products},
                                   {"optimizer", optimizer},
                                   {"small mlp", small_mlp}}) {
    try {
      part(bench);
    } catch (const std::exception& error) {
      report["failed"][name] = error.what();
    }
  }
  report["cases"] = bench.cases();
  const gpu::AllocatorStats stats = gpu::allocator_stats(device);
  report["allocator"] = {{"peak_allocated", stats.peak_allocated},
                         {"peak_reserved", stats.peak_reserved},
                         {"device_requests", stats.device_requests},
                         {"reuses", stats.reuses}};
  return report.dump(2);
}

}  // namespace gradus::bench
