// The launcher cuts work into pieces and gives them to threads: no number may depend on how.
#include <gtest/gtest.h>

#include <cmath>

#include "optim/optimizer.h"
#include "tensor/random.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;

constexpr int kSteps = 3;
// Around the size of a piece, and several pieces.
constexpr std::int64_t kSizes[] = {
    1, 3, kPieceSize - 1, kPieceSize, kPieceSize + 1, 2 * kPieceSize, 3 * kPieceSize + 17};
const std::map<std::string, double> kSettings = {{"lr", 0.05}, {"weight_decay", 0.1}};

Tensor numbers(std::int64_t n, std::uint64_t seed, DType dtype) {
  Generator rng(seed);
  return uniform({n}, -1, 1, rng, dtype);
}

// Parameters and state after some steps, with parameters of the given sizes cut from one tensor.
std::vector<Tensor> train(const std::string& rule, const std::vector<std::int64_t>& sizes,
                          DType dtype) {
  std::int64_t total = 0;
  for (const std::int64_t size : sizes) total += size;
  const Tensor all = numbers(total, 1, dtype);
  NamedParameters parameters;
  std::int64_t begin = 0;
  for (const std::int64_t size : sizes) {
    parameters.emplace_back(std::to_string(parameters.size()),
                            parameter(all.slice(0, {begin, begin + size}).clone()));
    begin += size;
  }
  const auto optimizer = make_optimizer(rule, parameters, kSettings);
  for (int step = 0; step < kSteps; ++step) {
    const Tensor g = numbers(total, 2 + step, dtype);
    begin = 0;
    for (const auto& [name, x] : parameters) {
      x.set_grad(g.slice(0, {begin, begin + x.numel()}).clone());
      begin += x.numel();
    }
    optimizer->step();
  }
  // Joined again, so that results of different cuts can be compared.
  const StateDict saved = optimizer->state_dict();
  std::map<std::string, std::vector<double>> joined;
  for (const auto& [name, x] : parameters) {
    const auto append = [&](const std::string& array, const Tensor& values) {
      const std::vector<double> more = values.to_vector();
      joined[array].insert(joined[array].end(), more.begin(), more.end());
    };
    append("theta", x.value());
    for (const auto& [key, values] : saved.tensors) {
      // Not what there is once per parameter.
      if (key.starts_with(name + "/") && values.shape().rank() > 0) {
        append(key.substr(name.size()), values);
      }
    }
  }
  std::vector<Tensor> result;
  for (const auto& [array, values] : joined) {
    result.push_back(from_values(values, {static_cast<std::int64_t>(values.size())}, dtype));
  }
  return result;
}

void expect_same(const std::vector<Tensor>& got, const std::vector<Tensor>& expected,
                 const std::string& what) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  for (std::size_t k = 0; k < got.size(); ++k) expect_same_bits(got[k], expected[k], what);
}

class EngineBits : public ::testing::TestWithParam<DType> {};

TEST_P(EngineBits, DoNotDependOnTheNumberOfThreads) {
  for (const std::string& rule : rule_names()) {
    for (const std::int64_t size : kSizes) {
      const auto on_threads = [&](int n) {
        const WithThreads threads(n);
        return train(rule, {size, 5, size}, GetParam());
      };
      const auto one = on_threads(1);
      for (const int n : {2, 7}) {
        expect_same(on_threads(n), one, rule + ", size " + std::to_string(size));
      }
    }
  }
}

TEST_P(EngineBits, DoNotDependOnHowTheElementsAreCutIntoTensors) {
  const WithThreads threads(2);
  for (const std::string& rule : rule_names()) {
    if (!make_optimizer(rule, {{"x", parameter(ones({1}))}})->is_elementwise()) continue;
    for (const std::int64_t size : kSizes) {
      const auto whole = train(rule, {size}, GetParam());
      const std::int64_t third = size / 3;
      expect_same(train(rule, {third, size - third}, GetParam()), whole, rule + ", in two");
      expect_same(train(rule, {0, 1, size - 1, 0}, GetParam()), whole, rule + ", one alone");
    }
    // Many small ones, together more than one piece.
    const std::vector<std::int64_t> small(700, 37);
    expect_same(train(rule, small, GetParam()), train(rule, {700 * 37}, GetParam()),
                rule + ", in 700");
  }
}

TEST_P(EngineBits, OneOptimizerIsTwo) {
  const DType dtype = GetParam();
  for (const std::string& rule : rule_names()) {
    const Variable a = parameter(numbers(50, 1, dtype)), b = parameter(numbers(70, 2, dtype));
    const Variable c = parameter(a.value().clone()), d = parameter(b.value().clone());
    const auto together = make_optimizer(rule, {{"a", a}, {"b", b}}, kSettings);
    const auto first = make_optimizer(rule, {{"c", c}}, kSettings);
    const auto second = make_optimizer(rule, {{"d", d}}, kSettings);
    for (int step = 0; step < kSteps; ++step) {
      a.set_grad(numbers(50, 10 + step, dtype));
      b.set_grad(numbers(70, 20 + step, dtype));
      c.set_grad(a.grad().value().clone());
      d.set_grad(b.grad().value().clone());
      together->step();
      first->step();
      second->step();
    }
    expect_same_bits(c.value(), a.value(), rule);
    expect_same_bits(d.value(), b.value(), rule);
  }
}

TEST_P(EngineBits, AStridedGradientIsTheSameNumbers) {
  const DType dtype = GetParam();
  for (const std::string& rule : rule_names()) {
    const Variable strided = parameter(numbers(12, 1, dtype).reshape({3, 4}));
    const Variable plain = parameter(strided.value().clone());
    const auto a = make_optimizer(rule, {{"a", strided}}, kSettings);
    const auto b = make_optimizer(rule, {{"b", plain}}, kSettings);
    for (int step = 0; step < kSteps; ++step) {
      const Tensor g = step % 2 == 0 ? numbers(12, 2 + step, dtype).reshape({4, 3}).transpose()
                                     : numbers(1, 2 + step, dtype).reshape({1, 1}).expand({3, 4});
      ASSERT_FALSE(g.is_contiguous());
      strided.set_grad(g);
      plain.set_grad(g.clone());
      const Tensor before = g.clone();
      a->step();
      b->step();
      expect_same_bits(g, before, rule + ", gradient");
    }
    expect_same_bits(strided.value(), plain.value(), rule);
  }
}

TEST_P(EngineBits, EmptyTensorsCountStepsAndNothingElse) {
  const DType dtype = GetParam();
  for (const std::string& rule : rule_names()) {
    const Variable empty = parameter(zeros({0, 3}, dtype)), other = parameter(ones({2}, dtype));
    const auto optimizer = make_optimizer(rule, {{"empty", empty}, {"other", other}});
    for (int step = 0; step < 2; ++step) {
      empty.set_grad(zeros({0, 3}, dtype));
      other.set_grad(ones({2}, dtype));
      optimizer->step();
    }
    const StateDict saved = optimizer->state_dict();
    EXPECT_EQ(saved.tensors.at("empty/step").item(), 2) << rule;
    for (const auto& [name, x] : saved.tensors) {
      if (name.starts_with("empty/") && x.shape().rank() > 0 && optimizer->is_elementwise()) {
        EXPECT_EQ(x.shape(), (Shape{0, 3})) << rule << " " << name;
      }
    }
    optimizer->load_state_dict(saved);
  }
}

TEST_P(EngineBits, AGradientThatSharesMemoryWithItsParameterIsReadBeforeTheStep) {
  const DType dtype = GetParam();
  for (const std::string& rule : rule_names()) {
    const Variable shared = parameter(numbers(20, 1, dtype));
    const Variable plain = parameter(shared.value().clone());
    shared.set_grad(shared.value());
    plain.set_grad(plain.value().clone());
    make_optimizer(rule, {{"x", shared}}, kSettings)->step();
    make_optimizer(rule, {{"x", plain}}, kSettings)->step();
    expect_same_bits(shared.value(), plain.value(), rule);
  }
}

TEST(EngineDtypes, MixedInOneOptimizerTakeTheirOwnPrecision) {
  for (const std::string& rule : rule_names()) {
    const Variable f32 = parameter(numbers(20, 1, kFloat32)),
                   f64 = parameter(numbers(20, 1, kFloat64));
    const Variable alone32 = parameter(f32.value().clone()),
                   alone64 = parameter(f64.value().clone());
    const auto mixed = make_optimizer(rule, {{"f32", f32}, {"f64", f64}}, kSettings);
    const auto only32 = make_optimizer(rule, {{"x", alone32}}, kSettings);
    const auto only64 = make_optimizer(rule, {{"x", alone64}}, kSettings);
    for (int step = 0; step < kSteps; ++step) {
      for (const Variable& x : {f32, f64, alone32, alone64}) {
        x.set_grad(numbers(20, 2 + step, x.dtype()));
      }
      mixed->step();
      only32->step();
      only64->step();
    }
    expect_same_bits(f32.value(), alone32.value(), rule);
    expect_same_bits(f64.value(), alone64.value(), rule);
  }
}

INSTANTIATE_TEST_SUITE_P(, EngineBits, ::testing::Values(kFloat32, kFloat64),
                         [](const auto& test) { return std::string(name(test.param)); });

}  // namespace
}  // namespace gradus::testing
