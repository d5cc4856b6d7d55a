// The tape on devices: the same gradients as on the CPU, and a network that learns the same.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/decompositions.h"
#include "autograd/ops/embedding.h"
#include "autograd/ops/extremes.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/index.h"
#include "autograd/ops/index_select.h"
#include "autograd/ops/layer_norm.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/logsumexp.h"
#include "autograd/ops/masked_fill.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/max.h"
#include "autograd/ops/mean_squared_error.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reshape.h"
#include "autograd/ops/scan.h"
#include "autograd/ops/slice.h"
#include "autograd/ops/softmax.h"
#include "autograd/ops/sort.h"
#include "autograd/ops/sum.h"
#include "autograd/ops/take.h"
#include "autograd/ops/to_device.h"
#include "autograd/ops/transpose.h"
#include "autograd/ops/var.h"
#include "autograd/ops/where.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/exp.h"
#include "tensor/elementwise/greater.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/relu.h"
#include "tensor/elementwise/sub.h"
#include "tensor/elementwise/tanh.h"
#include "tests/support/compare.h"
#include "tests/support/every_device.h"
#include "tests/support/gradients.h"

namespace gradus::testing {
namespace {

using Function = std::function<Variable(const Variable&, const Variable&)>;

// Gradients of sum(f(a, b)^2) for both, on a device.
std::vector<Tensor> gradients(const Function& f, const Tensor& a, const Tensor& b, Device device) {
  const Variable x = parameter(a.to(device)), y = parameter(b.to(device));
  const Variable z = f(x, y);
  EXPECT_EQ(z.device(), device);
  sum(z * z).backward();
  std::vector<Tensor> all = {z.value()};
  for (const Variable& v : {x, y}) {
    if (!v.grad().defined()) continue;
    all.push_back(v.grad().value());
    EXPECT_EQ(v.grad().device(), device);
  }
  return all;
}

TEST(TapeOnDevices, AMoveIsDifferentiated) {
  expect_gradients("to_device",
                   [](std::span<const Variable> in) {
                     return to_device(tanh(to_device(in[0] * in[0], tested_device())), kCpu);
                   },
                   {gap_parameter({2, 3}, -1, 1, 1)});
}

TEST(TapeOnDevices, GradientsAreThoseOfTheCPU) {
  Generator generator(1);
  const Tensor a = normal({4, 6}, 0, 1, generator, kFloat64);
  const Tensor b = normal({4, 6}, 0, 1, generator, kFloat64);
  const Tensor index = tensor({{2, 0, 2, 1, 5, 3}, {0, 1, 1, 1, 2, 2}}, kInt64);
  const auto on = [](const Tensor& t, const Variable& x) { return t.to(x.device()); };
  const std::vector<std::pair<std::string, Function>> functions = {
      {"elements", [](auto& x, auto& y) { return tanh(x * y) / (exp(y) + 2) - relu(x); }},
      {"broadcast",
       [](auto& x, auto& y) {
         return x * slice(y, 0, {0, 1}) + 0.5;
       }},
      {"matmul", [](auto& x, auto& y) { return matmul(x, transpose(y)); }},
      {"linear", [](auto& x, auto& y) { return linear(x, y, sum(y, 1)); }},
      {"sum", [](auto& x, auto& y) { return sum(x, 0) + mean(y, 0, true); }},
      {"max", [](auto& x, auto& y) { return max(x * y, 1); }},
      {"softmax", [](auto& x, auto& y) { return softmax(x, 1) * log_softmax(y, 0); }},
      {"layer_norm",
       [](auto& x, auto& y) { return layer_norm(x, -1, sum(y, 0), Variable(), 1e-5); }},
      {"gather", [&](auto& x, auto& y) { return gather(x, 1, on(index, x)) + sum(y); }},
      {"scatter_add",
       [&](auto& x, auto& y) {
         return scatter_add(x, 1, on(index, x), slice(y, 0, {1, 3}));
       }},
      {"index_select",
       [&](auto& x, auto& y) { return index_select(x * y, 1, on(index.select(0, 0), x)); }},
      {"embedding",
       [&](auto& x, auto& y) { return embedding(x, on(index.select(0, 1), x)) * sum(y); }},
      {"reshape",
       [](auto& x, auto& y) {
         return reshape(transpose(x), {3, 8}) * sum(y, {});
       }},
      {"cross_entropy",
       [&](auto& x, auto& y) {
         return cross_entropy(x + y, on(tensor({1, 0, 5, 2}, kInt64), x));
       }},
      {"mean_squared_error", [](auto& x, auto& y) { return mean_squared_error(x, y, 1); }}};
  for (const auto& [what, f] : functions) {
    const std::vector<Tensor> expected = gradients(f, a, b, kCpu);
    const std::vector<Tensor> got = gradients(f, a, b, tested_device());
    ASSERT_EQ(got.size(), expected.size()) << what;
    // exp and tanh differ in their last bits.
    for (std::size_t i = 0; i < got.size(); ++i) {
      expect_close(got[i], expected[i], 1e-12, 1e-12, what + ", " + std::to_string(i));
    }
  }
}

TEST(TapeOnDevices, SecondDerivativesToo) {
  for (const Device device : {kCpu, tested_device()}) {
    const Variable x = parameter(tensor({1, 2, 3}, kFloat64).to(device));
    const std::vector<Variable> y = {sum(x * x * x)}, inputs = {x};
    sum(grad(y, inputs, {}, {.create_graph = true})[0]).backward();
    EXPECT_EQ(x.grad().value().to_vector(), (std::vector<double>{6, 12, 18}));
  }
}

// Gradients, and with create_graph those of their squares: indices, orders, decompositions.
TEST(TapeOnDevices, FirstAndSecondGradientsAreThoseOfTheCPU) {
  const Variable a = gap_parameter({3, 4}, -1, 2, 1), s = gap_parameter({2, 3, 3}, -1, 2, 2);
  const Tensor one = eye(3, kFloat64) * 6, at = tensor({2, 0, 2}, kInt64);
  const Tensor places = tensor({{1, 0, 1, 2}, {0, 0, 2, 1}}, kInt64);
  using F = std::function<Variable(const Variable&)>;
  const auto moved = [](const Tensor& t, const Variable& x) { return t.to(x.device()); };
  const std::vector<std::pair<std::string, F>> of_a = {
      {"index",
       [&](auto& x) {
         return x.index({moved(at, x), Slice()});
       }},
      {"index_put",
       [&](auto& x) {
         return index_put(x, {moved(at, x), 1}, sum(x, 1));
       }},
      {"index_add", [&](auto& x) { return index_add(x, 0, moved(at, x), x * x, 0.5); }},
      {"index_fill", [&](auto& x) { return index_fill(x, 0, moved(at, x), 3); }},
      {"take", [&](auto& x) { return take(x, moved(places, x)); }},
      {"take_along_axis", [&](auto& x) { return take_along_axis(x, moved(places, x), 0); }},
      {"scatter", [&](auto& x) { return scatter(x, 0, moved(places, x), exp(x)); }},
      {"masked_select", [](auto& x) { return masked_select(x, greater(x.value(), 0.5)); }},
      {"masked_fill", [](auto& x) { return masked_fill(x, greater(x.value(), 0.5), 2); }},
      {"where", [](auto& x) { return where(greater(x.value(), 0.5), x * x, x); }},
      {"cumsum", [](auto& x) { return cumsum(x, 1); }},
      {"cumprod", [](auto& x) { return cumprod(x, 0); }},
      {"logcumsumexp", [](auto& x) { return logcumsumexp(x, 1); }},
      {"cummax", [](auto& x) { return cummax(x, 1).values; }},
      {"cummin", [](auto& x) { return cummin(x, 0).values; }},
      {"diff", [](auto& x) { return diff(x, 2, 1); }},
      {"var", [](auto& x) { return var(x, {1}); }},
      {"std", [](auto& x) { return std(x); }},
      {"norm", [](auto& x) { return norm(x, 2, {0}) + norm(x, 3) + norm(x, 1); }},
      {"norm inf", [](auto& x) { return norm(x, INFINITY, {1}); }},
      {"logsumexp", [](auto& x) { return logsumexp(x, {0}); }},
      {"sort", [](auto& x) { return sort(x, 0).values; }},
      {"topk", [](auto& x) { return topk(x, 2).values; }},
      {"kthvalue", [](auto& x) { return kthvalue(x, 2, 1).values; }},
      {"median", [](auto& x) { return median(x, {1}); }},
      {"pinv", [](auto& x) { return linalg::pinv(x); }},
      {"qr", [](auto& x) { return linalg::qr(transpose(x)).R; }},
      {"svd", [](auto& x) { return linalg::svd(x).S; }},
      {"lstsq", [](auto& x) {
         return linalg::lstsq(x, slice(x, 1, {0, 1})).solution;
       }}};
  const auto on = [&](const Variable& x) { return moved(one, x); };
  const std::vector<std::pair<std::string, F>> of_s = {
      {"solve", [](auto& x) { return linalg::solve(x, x * x); }},
      {"inverse", [](auto& x) { return linalg::inverse(x); }},
      {"det", [](auto& x) { return linalg::det(x); }},
      {"slogdet", [](auto& x) { return linalg::slogdet(x).logabsdet; }},
      {"cholesky", [&](auto& x) { return linalg::cholesky(matmul(x, transpose(x)) + on(x)); }},
      {"eigh", [&](auto& x) { return linalg::eigh(x + transpose(x) + on(x)).eigenvectors; }},
      {"svd", [](auto& x) { return linalg::svd(x).U; }}};
  const auto derivatives = [](const F& f, const Tensor& at, Device device) {
    const Variable x = parameter(at.to(device)), y = f(x), loss = sum(y * y);
    const std::vector<Variable> inputs = {x};
    const Variable g = grad({&loss, 1}, inputs, {}, {.create_graph = true})[0];
    const Variable total = sum(g * g);
    const Variable h = grad({&total, 1}, inputs, {}, {}, true)[0];
    EXPECT_EQ(y.device(), device);
    EXPECT_EQ(g.device(), device);
    return std::vector<Tensor>{y.value(), g.value(), h.defined() ? h.value() : x.value()};
  };
  for (const auto& [table, at] : {std::pair{of_a, a.value()}, {of_s, s.value()}}) {
    for (const auto& [what, f] : table) {
      SCOPED_TRACE(what);
      const std::vector<Tensor> expected = derivatives(f, at, kCpu);
      const std::vector<Tensor> got = derivatives(f, at, tested_device());
      // exp and pow differ in their last bits.
      for (int i = 0; i < 3; ++i) expect_close(got[i], expected[i], 1e-10, 1e-10);
    }
  }
}

TEST(TapeOnDevices, GradientsGoWhereTheirVariableIs) {
  const Variable here = parameter(tensor({1, 2})), number = parameter(tensor(3));
  const Variable there = to_device(here, tested_device());
  sum(there * there * number).backward();  // a 0-d parameter of the CPU
  EXPECT_EQ(here.grad().device(), kCpu);
  EXPECT_EQ(here.grad().value().to_vector(), (std::vector<double>{6, 12}));
  EXPECT_EQ(number.grad().device(), kCpu);
  EXPECT_EQ(number.grad().item(), 5);
}

// A 6-8-3 network by gradient descent written out; only + - * / and comparisons, so the same bits.
TEST(TapeOnDevices, ANetworkLearnsTheSameBits) {
  const auto losses = [](Device device) {
    Generator generator(3);
    const Variable x = normal({10, 6}, 0, 1, generator).to(device);
    const Variable t = normal({10, 3}, 0, 1, generator).to(device);
    Variable w = parameter(normal({6, 8}, 0, 0.5, generator).to(device));
    Variable v = parameter(normal({8, 3}, 0, 0.5, generator).to(device));
    std::vector<double> all;
    for (int step = 0; step < 5; ++step) {
      const Variable loss = mean_squared_error(matmul(relu(matmul(x, w)), v), t, 1);
      loss.backward();
      all.push_back(loss.item());
      for (Variable* p : {&w, &v}) {
        *p = parameter(p->value() - p->grad().value() * 0.1);
      }
    }
    return all;
  };
  const std::vector<double> cpu = losses(kCpu);
  EXPECT_EQ(losses(tested_device()), cpu);
  EXPECT_LT(cpu.back(), cpu.front());
}

}  // namespace
}  // namespace gradus::testing
