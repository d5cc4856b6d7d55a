// Every element-wise rule and derivative on the emulated device against the CPU: from the same
// formula, so the same bits where only + - * / and sqrt and comparisons are used.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "tensor/elementwise/sub.h"
#include "tensor/random.h"
#include "tests/cuda/rules.h"
#include "tests/support/compare.h"
#include "tests/support/on_device.h"
#include "tests/support/rules.h"

namespace gradus::testing {

std::vector<DeviceRule>& device_rules() {
  static std::vector<DeviceRule> rules;
  return rules;
}

namespace {

// The CPU computes these with glibc's vector functions, which are right to 4 ulp, the emulated
// device with its scalar ones; a derivative may subtract nearly equal results of them.
const std::set<std::string> kRounded = {
    "acos",       "acosh", "asin",      "asinh",   "atan",      "atan2",     "atanh",
    "celu",       "cos",   "cosh",      "digamma", "elu",       "erf",       "erfc",
    "exp",        "exp2",  "expm1",     "gelu",    "gelu_tanh", "hypot",     "lgamma",
    "log",        "log10", "log1p",     "log2",    "log_loss",  "logaddexp", "logistic_loss",
    "logsigmoid", "mish",  "polygamma", "pow",     "selu",      "sigmoid",   "silu",
    "sin",        "sinh",  "softplus",  "tan",     "tanh",      "xlogy"};

class Operand {
 public:
  explicit Operand(const Tensor& x)
      : memory_(static_cast<const std::byte*>(x.raw_data()),
                static_cast<std::size_t>(x.numel()) * size_of(x.dtype())) {}
  const void* data() const { return memory_.data(); }

 private:
  DeviceArray<std::byte> memory_;
};

// Runs it on copies of the operands, which have no gaps; the result has their shape.
Tensor run_on_device(RunRule rule, const std::vector<Tensor>& operands, DType result) {
  std::vector<std::unique_ptr<Operand>> copies;
  gpu::ElementCall call;
  call.dtype = operands[0].dtype();
  call.n = operands[0].numel();
  for (const Tensor& x : operands) {
    copies.push_back(std::make_unique<Operand>(x));
    call.operand[copies.size() - 1] = copies.back()->data();
  }
  DeviceArray<std::byte> y(static_cast<std::size_t>(call.n) * size_of(result));
  call.result = y.data();
  rule(call);
  Tensor copy = Tensor::empty(operands[0].shape(), result);
  simt::copy_to_host(copy.raw_data(), y.data(), static_cast<std::size_t>(call.n) * size_of(result));
  return copy;
}

// IEEE leaves the sign of a NaN open.
void expect_same_numbers(const Tensor& got, const Tensor& expected) {
  ASSERT_EQ(name(got.dtype()), name(expected.dtype()));
  const std::vector<double> a = got.to_vector(), b = expected.to_vector();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    ASSERT_TRUE(a[i] == b[i] && std::signbit(a[i]) == std::signbit(b[i]))
        << "element " << i << ": got " << to_text(a[i]) << ", expected " << to_text(b[i]);
  }
}

void expect_equal(const std::string& name, const Tensor& got, const Tensor& expected) {
  if (!kRounded.contains(name)) return expect_same_numbers(got, expected);
  const double tolerance = expected.dtype() == kFloat64 ? 1e-13 : 1e-5;
  expect_close(got, expected, tolerance, tolerance, name);
}

// Smooth places, and for rules without functions of glibc also the edges.
Tensor numbers(const std::string& rule, DType dtype, std::uint64_t seed) {
  Generator generator(seed);
  const Range range = smooth_range(rule);
  const Tensor x = uniform({1500}, range.low, range.high, generator, dtype);
  if (kRounded.contains(rule)) return x;
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const std::vector<double> edges = {0.0, -0.0, 1,     -1,   0.5,   -0.5,
                                     2.5, 1e30, -1e30, kInf, -kInf, std::nan("")};
  for (std::size_t i = 0; i < 300; ++i) {
    x.narrow(0, static_cast<std::int64_t>(i), 1).fill(edges[(i / (seed % 5 + 1)) % edges.size()]);
  }
  return x;
}
Tensor whole_numbers(std::uint64_t seed) {
  Generator generator(seed);
  // From 1 on in the second operand, by which some rules divide.
  return randint(seed == 2 ? 1 : -9, 10, {1500}, generator);
}

struct Reference {
  std::function<Tensor(const std::vector<Tensor>&)> forward;
  std::vector<std::function<Tensor(const std::vector<Tensor>&)>> backward;
};

// The function of the CPU with this name.
Reference reference(const DeviceRule& rule) {
  using List = std::vector<Tensor>;
  Reference found;
  for (const UnaryRule& each : rules().unary) {
    if (each.name != rule.name) continue;
    found.forward = [f = each.tensor](const List& x) { return f(x[0]); };
    found.backward = {[f = each.backward](const List& x) { return f(x[0], x[1], x[2]); }};
  }
  for (const BinaryRule& each : rules().binary) {
    if (each.name != rule.name) continue;
    found.forward = [f = each.tensor](const List& x) { return f(x[0], x[1]); };
    for (const auto f : {each.backward_a, each.backward_b}) {
      found.backward.push_back([f](const List& x) { return f(x[0], x[1], x[2], x[3]); });
    }
  }
  for (const TernaryRule& each : rules().ternary) {
    if (each.name != rule.name) continue;
    found.forward = [f = each.tensor](const List& x) { return f(x[0], x[1], x[2]); };
    for (const auto f : {each.backward_a, each.backward_b, each.backward_c}) {
      found.backward.push_back([f](const List& x) { return f(x[0], x[1], x[2], x[3], x[4]); });
    }
  }
  for (const PredicateRule& each : rules().predicate) {
    if (each.name == rule.name)
      found.forward = [f = each.tensor](const List& x) { return f(x[0]); };
  }
  for (const ComparisonRule& each : rules().comparison) {
    if (each.name != rule.name) continue;
    found.forward = [f = each.tensor](const List& x) { return f(x[0], x[1]); };
  }
  for (const IntegralRule& each : rules().integral) {
    if (each.name != rule.name) continue;
    found.forward = [f = each.tensor](const List& x) { return f(x[0], x[1]); };
  }
  return found;
}

void check_rule(const DeviceRule& rule, DType dtype) {
  SCOPED_TRACE(std::string(name(dtype)));
  const Reference cpu = reference(rule);
  ASSERT_TRUE(cpu.forward) << rule.name;
  std::vector<Tensor> operands;
  for (int k = 0; k < rule.operands; ++k) {
    operands.push_back(is_floating(dtype) ? numbers(rule.name, dtype, 1 + k)
                                          : whole_numbers(1 + k).to(dtype, Cast::kWrap));
  }
  const Tensor y = cpu.forward(operands);
  in_all_schedules(
      [&] { expect_equal(rule.name, run_on_device(rule.forward, operands, y.dtype()), y); });
  if (!is_floating(dtype)) return;
  ASSERT_EQ(rule.backward.size(), cpu.backward.size());
  operands.push_back(y);
  operands.push_back(numbers(kRounded.contains(rule.name) ? "exp" : "abs", dtype, 9));
  for (std::size_t k = 0; k < rule.backward.size(); ++k) {
    SCOPED_TRACE("derivative " + std::to_string(k));
    const Tensor dx = cpu.backward[k](operands);
    expect_equal(rule.name, run_on_device(rule.backward[k], operands, dtype), dx);
  }
}

TEST(ElementKernels, AreThereForEveryRule) {
  const Rules& all = rules();
  EXPECT_EQ(device_rules().size(), all.unary.size() + all.binary.size() + all.ternary.size() +
                                       all.predicate.size() + all.comparison.size() +
                                       all.integral.size());
  EXPECT_GT(device_rules().size(), 60u);
}

TEST(ElementKernels, GiveWhatTheCpuGives) {
  for (const DeviceRule& rule : device_rules()) {
    SCOPED_TRACE(rule.name);
    if (rule.domain == Domain::kIntegral) {
      check_rule(rule, kInt64);
      continue;
    }
    check_rule(rule, kFloat32);
    check_rule(rule, kFloat64);
    if (rule.domain != Domain::kFloating) check_rule(rule, kInt64);
  }
}

const DeviceRule& rule_named(const std::string& name) {
  for (const DeviceRule& rule : device_rules()) {
    if (rule.name == name) return rule;
  }
  throw std::runtime_error("no rule " + name);
}

TEST(ElementKernels, WalkOperandsWithGapsAndRepeatedOnes) {
  Generator generator(5);
  const Tensor a = uniform({30, 7, 20}, -1, 1, generator), b = uniform({7}, -1, 1, generator);
  // a transposed to [20, 7, 30], b repeated along the outer axes.
  gpu::ElementCall call;
  call.n = a.numel();
  call.walk.rank = 3;
  const std::int64_t sizes[] = {20, 7, 30}, steps_a[] = {1, 20, 140}, steps_b[] = {0, 1, 0};
  for (int axis = 0; axis < 3; ++axis) {
    call.walk.size[axis] = sizes[axis];
    call.walk.step[0][axis] = steps_a[axis];
    call.walk.step[1][axis] = steps_b[axis];
  }
  const Tensor expected = a.permute({2, 1, 0}) - b.reshape({1, 7, 1});
  in_all_schedules([&] {
    const Operand x(a), y(b);
    DeviceArray<float> result(static_cast<std::size_t>(call.n));
    call.operand[0] = x.data();
    call.operand[1] = y.data();
    call.result = result.data();
    rule_named("sub").forward(call);
    const Tensor got = Tensor::empty({20, 7, 30}, kFloat32);
    simt::copy_to_host(got.raw_data(), result.data(), static_cast<std::size_t>(call.n) * 4);
    expect_same_bits(got, expected);
  });
}

TEST(ElementKernels, TakeAnyNumberOfElements) {
  for (const std::int64_t n : {0, 1, 255, 1023, 1024, 1025, 100000}) {
    Generator generator(3);
    const Tensor x = uniform({n}, -1, 1, generator);
    expect_same_bits(run_on_device(rule_named("relu").forward, {x}, kFloat32),
                     reference(rule_named("relu")).forward({x}));
  }
}

TEST(ElementKernels, HostMemoryIsRefused) {
  const Tensor x = zeros({4});
  gpu::ElementCall call;
  call.n = 4;
  call.operand[0] = x.raw_data();
  call.result = x.raw_data();
  EXPECT_NE(device_error([&] { rule_named("relu").forward(call); }).find("argument 4: "),
            std::string::npos);
}

}  // namespace
}  // namespace gradus::testing
