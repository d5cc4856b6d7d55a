#include "tensor/products.h"

#include <gtest/gtest.h>

#include <map>

#include "tensor/construct.h"
#include "tensor/matmul.h"
#include "tensor/random.h"
#include "tests/support/cases.h"
#include "tests/support/compare.h"
#include "tests/support/every_device.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

using Products = EveryDevice;

TEST_P(Products, OuterIsThatOfPyTorch) {
  check_cases("outer", [](const Case& c) { return outer(c.in[0], c.in[1]); });
}

TEST_P(Products, DotIsThatOfPyTorch) {
  check_cases("dot", [](const Case& c) { return dot(c.in[0], c.in[1]); });
}

TEST_P(Products, TensordotIsThatOfPyTorch) {
  check_cases("tensordot", [](const Case& c) {
    if (c.has("n")) return tensordot(c.in[0], c.in[1], static_cast<int>(c.integer("n")));
    return tensordot(c.in[0], c.in[1], c.axes("a_axes"), c.axes("b_axes"));
  });
}

TEST_P(Products, EinsumIsThatOfPyTorch) {
  check_cases("einsum", [](const Case& c) { return einsum(c.text("equation"), c.in); });
}

// The sum over all values of all letters, one after the other; no ellipsis.
Tensor slow_einsum(const std::string& inputs, const std::string& output,
                   const std::vector<Tensor>& operands) {
  std::map<char, std::int64_t> size, index;
  std::vector<std::string> terms{""};
  for (char c : inputs) {
    if (c == ',') {
      terms.emplace_back();
    } else {
      terms.back() += c;
    }
  }
  for (std::size_t k = 0; k < terms.size(); ++k) {
    for (std::size_t i = 0; i < terms[k].size(); ++i) {
      std::int64_t& n = size[terms[k][i]];
      const std::int64_t own = operands[k].shape()[static_cast<int>(i)];
      if (n == 0 || own != 1) n = own;
    }
  }
  const auto position = [&](const std::string& labels, const Shape& shape) {
    std::int64_t at = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const std::int64_t n = shape[static_cast<int>(i)];
      at = at * n + (n == 1 ? 0 : index[labels[i]]);
    }
    return static_cast<std::size_t>(at);
  };
  Shape shape;
  for (char c : output) shape.push_back(size[c]);
  std::vector<std::vector<double>> values;
  for (const Tensor& x : operands) values.push_back(x.to_vector());
  std::vector<double> y(static_cast<std::size_t>(numel(shape)));
  for (bool more = true; more;) {
    double product = 1;
    for (std::size_t k = 0; k < terms.size(); ++k) {
      product *= values[k][position(terms[k], operands[k].shape())];
    }
    y[position(output, shape)] += product;
    more = false;
    for (auto& [label, n] : size) {
      if (++index[label] < n) {
        more = true;
        break;
      }
      index[label] = 0;
    }
  }
  return from_values(y, shape, kFloat64);
}

TEST_P(Products, EinsumOfRandomEquationsIsTheSumOverAllLetters) {
  Generator generator(3);
  const auto draw = [&](std::int64_t n) {
    return static_cast<std::int64_t>(randint(0, n, Shape{}, generator, kInt64).item());
  };
  int several = 0;
  for (int round = 0; round < 1500; ++round) {
    std::map<char, std::int64_t> size;
    for (char c = 'a'; c <= 'f'; ++c) size[c] = 1 + draw(3);
    const std::int64_t count = 1 + draw(4);
    std::string inputs;
    std::vector<Tensor> operands;
    for (std::int64_t k = 0; k < count; ++k) {
      if (k > 0) inputs += ',';
      Shape shape;
      std::string term;
      for (std::int64_t axes = draw(4); axes > 0; --axes) {
        const char c = static_cast<char>('a' + draw(6));
        const bool one = draw(8) == 0 && term.find(c) == std::string::npos;
        const std::size_t seen = term.find(c);
        shape.push_back(seen != std::string::npos ? shape[static_cast<int>(seen)]
                                                  : (one ? 1 : size[c]));
        term += c;
      }
      inputs += term;
      operands.push_back(normal(shape, 0, 1, generator, kFloat64));
    }
    std::string output;
    for (char c : inputs) {
      if (c != ',' && output.find(c) == std::string::npos && draw(2) == 0) output += c;
    }
    several += count > 2;
    const std::string equation = inputs + "->" + output;
    const Tensor expected = slow_einsum(inputs, output, operands);
    // At most 3^6 products of four normal numbers, each rounded a few times.
    expect_close(einsum(equation, operands), expected, 0, 1e-10, equation);
  }
  EXPECT_GT(several, 300);
}

TEST_P(Products, EinsumOfOneOperandWithoutSumsIsAView) {
  const Tensor x = arange(12).reshape({3, 4}), square = arange(9).reshape({3, 3});
  EXPECT_TRUE(einsum("ij->ji", {x}).shares_storage_with(x));
  expect_same_bits(einsum("ij->ji", {x}), x.transpose());
  const Tensor diagonal = einsum("ii->i", {square});
  EXPECT_TRUE(diagonal.shares_storage_with(square));
  expect_same_bits(diagonal, tensor({0, 4, 8}, kInt64));
  diagonal.fill(7);
  EXPECT_EQ(square.at({1, 1}), 7);
  EXPECT_FALSE(einsum("ij->j", {x}).shares_storage_with(x));
}

TEST_P(Products, HalvesAreRoundedOnceAtTheEnd) {
  // 1 + 2^-11 needs more than the 11 bits of a float16; the product with 2^11 is a half again.
  const Tensor a = tensor({1, 0x1p-11}, kFloat16), b = tensor({1, 1}, kFloat16);
  const Tensor c = full({2}, 2048, kFloat16);
  EXPECT_EQ(einsum("i,i,->", {a, b, c.select(0, 0)}).item(), 2048);  // 2049 to even
  EXPECT_EQ(einsum("i,i,,->", {a, b, c.select(0, 0), tensor(2, kFloat16)}).item(), 4096);
  EXPECT_EQ(einsum("i,i,,->", {a, b, tensor(8, kFloat16), tensor(0.25, kFloat16)}).item(), 2);
  EXPECT_EQ(dot(full({3}, 300, kFloat16), full({3}, 100, kFloat16)).item(), HUGE_VAL);
}

TEST_P(Products, WholeNumbersWrapAndSumsOfBoolCount) {
  const Tensor x = tensor({200, 100, 16}, kUInt8);
  expect_same_bits(dot(x, tensor({1, 1, 16}, kUInt8)), tensor((300 + 256) % 256, kUInt8));
  const Tensor yes = ones({3}, kBool), no = zeros({3}, kBool);
  expect_same_bits(outer(yes, no), zeros({3, 3}, kBool));
  expect_same_bits(dot(yes, yes), tensor(3, kInt64));
  expect_same_bits(einsum("i,j", {yes, yes}), ones({3, 3}, kBool));
}

TEST_P(Products, AChainIsContractedFromItsSmallEnd) {
  // From the left the products would have 4 * 10^10 elements before the vector comes.
  const Tensor v = ones({200000});
  expect_close(einsum("i,j,j->i", {v, v, v}), full({200000}, 200000), 0, 0);
}

TEST_P(Products, DoNotDependOnTheNumberOfThreads) {
  Generator generator(4);
  const Tensor a = normal({3, 150, 70}, 0, 1, generator), b = normal({3, 70, 90}, 0, 1, generator);
  same_on_all_threads([&] { return einsum("bij,bjk->ki", {a, b}); });
  same_on_all_threads([&] { return tensordot(a, b, {0, 2}, {0, 1}); });
  same_on_all_threads([&] { return dot(a.reshape({-1}), a.reshape({-1})); });
}

GRADUS_ON_EVERY_DEVICE(Products);

}  // namespace
}  // namespace gradus::testing
