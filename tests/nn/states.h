#pragma once
// Modules and states for the tests of nn/state.h.
#include <string>
#include <vector>

#include "nn/linear.h"
#include "nn/relu.h"
#include "nn/sequential.h"
#include "nn/state.h"
#include "nn/tanh.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tests/support/compare.h"

namespace gradus::nn {

using Names = std::vector<std::string>;

inline Sequential mlp(std::uint64_t seed = 1, DType dtype = kFloat32) {
  Generator rng(seed);
  return Sequential(Linear(20, 32, rng, true, dtype), Tanh(), Linear(32, 16, rng, true, dtype),
                    ReLU(), Linear(16, 5, rng, true, dtype));
}

// All that a state may hold: a part twice, a tie, counts, flags, and what is not saved.
struct Part : Module {
  Variable forward(Operand x) const override { return mul(std::move(x), gain); }
  Parameter gain = parameter("gain", tensor({2, 3}));
  Buffer count = buffer("count", full({}, (std::int64_t{1} << 53) + 1, kInt64));
  Buffer mask = buffer("mask", tensor({1, 0}, kBool));
  Buffer scratch = buffer("scratch", ones({1}), false);
};
struct Whole : Module {
  Variable forward(Operand x) const override { return add(part(std::move(x)), tied); }
  Child<Part> part = child("part", Part());
  Parameter tied = parameter("tied", part->gain);
};

inline NamedTensors with(NamedTensors state, const std::string& name, const Tensor& x) {
  for (auto& [key, value] : state) {
    if (key == name) value = x;
  }
  return state;
}
inline NamedTensors copies(const Module& module) {
  NamedTensors state = module.state_dict();
  for (auto& [name, x] : state) x = x.clone();
  return state;
}
inline NamedTensors renamed(const Module& module, const std::string& prefix) {
  NamedTensors state = copies(module);
  for (auto& [name, x] : state) name = prefix + name;
  return state;
}
inline void expect_same_state(const NamedTensors& got, const NamedTensors& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].first, expected[i].first);
    testing::expect_same_bits(got[i].second, expected[i].second, got[i].first);
  }
}

}  // namespace gradus::nn
