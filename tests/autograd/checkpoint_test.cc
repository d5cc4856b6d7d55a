// The same bits as without a checkpoint, with less memory; and every way to use one wrongly.
#include "autograd/checkpoint.h"

#include <gtest/gtest.h>

#include "autograd/node.h"
#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tensor/memory.h"
#include "tensor/random.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

Variable layer(const Variable& x, const Variable& w) { return tanh(matmul(x, w) + exp(-x)); }

struct Problem {
  Generator random{5};
  Variable x = parameter(normal({4, 4}, 0, 1, random)), w = parameter(normal({4, 4}, 0, 1, random)),
           v = parameter(normal({4, 4}, 0, 1, random));
};

TEST(Checkpoint, GivesTheSameBitsForInputsAndForWhatTheFunctionHolds) {
  const Problem p;
  const auto f = [&](const Variable& x, const Variable& w) { return layer(layer(x, w), p.v); };
  const Variable plain = f(p.x, p.w), saved = checkpoint(f, p.x, p.w);
  EXPECT_EQ(saved.node()->where().line(), static_cast<unsigned>(__LINE__ - 1));
  expect_same_bits(saved.value(), plain.value());
  sum(square(plain)).backward();
  const Tensor dx = p.x.grad().value(), dw = p.w.grad().value(), dv = p.v.grad().value();
  for (const Variable& leaf : {p.x, p.w, p.v}) leaf.zero_grad();
  sum(square(saved)).backward();
  expect_same_bits(p.x.grad().value(), dx);
  expect_same_bits(p.w.grad().value(), dw);
  expect_same_bits(p.v.grad().value(), dv);
  EXPECT_THROW(sum(saved).backward(), AutogradError) << "freed";
}

TEST(Checkpoint, WorksWithGradRetainGraphAndHigherDerivatives) {
  const Problem p;
  const auto f = [&](const Variable& x) { return layer(layer(x, p.w), p.v); };
  const auto second = [&](const Variable& y) {
    const Variable g = grad(sum(square(y)), p.x, {.create_graph = true});
    return std::pair(g.value(), grad(sum(square(g)), p.w).value());
  };
  const auto [g1, h1] = second(f(p.x));
  const auto [g2, h2] = second(checkpoint(f, p.x));
  expect_same_bits(g2, g1);
  // The second walk passes f in two parts, once as the gradient of y and once as what its gradient
  // was computed from; without a checkpoint these are added first. float32 rounds both ways.
  expect_close(h2, h1, 1e-4, 1e-5);
  const Variable y = sum(checkpoint(f, p.x));
  const Tensor once = grad(y, p.v, {.retain_graph = true}).value();
  expect_same_bits(grad(y, p.v).value(), once);
}

TEST(Checkpoint, MayNest) {
  const Problem p;
  const auto inner = [&](const Variable& x) { return layer(layer(x, p.w), p.w); };
  const auto outer = [&](const Variable& x) {
    return checkpoint(inner, layer(checkpoint(inner, x), p.v));
  };
  const auto plain = [&](const Variable& x) { return inner(layer(inner(x), p.v)); };
  const Variable a = sum(plain(p.x)), b = sum(checkpoint(outer, p.x));
  expect_same_bits(b.value(), a.value());
  expect_same_bits(grad(b, p.w).value(), grad(a, p.w).value());
}

TEST(Checkpoint, DrawsTheSameRandomNumbersAgain) {
  const auto run = [](bool saved) {
    Problem p;
    Generator noise(3);
    const auto inner = [&](const Variable& x) {
      Generator local(9);  // gone when backward draws again
      return x * bernoulli({4, 4}, 0.5, local);
    };
    const auto dropout = [&](const Variable& x) {
      const Variable y = layer(x, p.w) * bernoulli({4, 4}, 0.5, noise);
      const Tensor order = permutation(4, noise);
      return index_select(saved ? checkpoint(inner, y) : inner(y), 0, order);
    };
    const Variable y = saved ? checkpoint(dropout, p.x) : dropout(p.x);
    const Tensor between = uniform({2}, 0, 1, noise);
    sum(square(y)).backward();
    const Tensor after = uniform({2}, 0, 1, noise);
    return std::vector<Tensor>{y.value(), between, p.x.grad().value(), p.w.grad().value(), after};
  };
  const auto plain = run(false), saved = run(true);
  for (std::size_t i = 0; i < plain.size(); ++i) expect_same_bits(saved[i], plain[i]);
}

TEST(Checkpoint, KeepsTheInputsAlone) {
  const Variable x = parameter(ones({1000}));
  const auto f = [](Variable y) {
    for (int i = 0; i < 50; ++i) y = sin(y);
    return y;
  };
  const auto held = [&](auto&& forward) {
    const std::int64_t before = memory_stats().current_bytes;
    const Variable y = forward();
    return memory_stats().current_bytes - before;
  };
  EXPECT_GE(held([&] { return f(x); }), 50 * 4000);
  EXPECT_LE(held([&] { return checkpoint(f, x); }), 2 * 4000);
}

TEST(Checkpoint, PeakMemoryGrowsWithTheRootOfTheDepth) {
  const Variable x = parameter(ones({1000}));
  const auto block = [](Variable y) {
    for (int i = 0; i < 10; ++i) y = sin(y);
    return y;
  };
  const auto peak = [&](bool saved) {
    x.zero_grad();
    reset_peak_memory();
    const std::int64_t before = memory_stats().current_bytes;
    Variable y = x;
    for (int i = 0; i < 10; ++i) y = saved ? checkpoint(block, y) : block(y);
    sum(y).backward();
    return memory_stats().peak_bytes - before;
  };
  EXPECT_GE(peak(false), 100 * 4000);
  EXPECT_LE(peak(true), 30 * 4000);
}

TEST(Checkpoint, OfNothingToDifferentiateIsTheFunctionAlone) {
  const auto twice = [](const Variable& x) { return x * 2; };
  EXPECT_FALSE(checkpoint(twice, tensor({1, 2})).requires_grad());
  const Variable x = parameter(tensor({1, 2}));
  const Variable same = checkpoint([](const Variable& y) { return y; }, x);
  sum(same).backward();
  EXPECT_EQ(x.grad().value().to_vector(), (std::vector<double>{1, 1}));
  const NoGradGuard off;
  EXPECT_FALSE(checkpoint(twice, x).requires_grad());
}

TEST(Checkpoint, RecordsTheLinesOfTheFunctionWhenItRunsAgain) {
  const Variable x = parameter(tensor({1, 2}));
  int line = 0;
  const auto f = [&](const Variable& y) {
    line = __LINE__ + 1;
    const Variable z = exp(y);
    z.value().fill(1);
    return z * 2;
  };
  const Variable y = checkpoint(f, x);
  expect_throws_text<AutogradError>(
      [&] { sum(y).backward(); },
      "[backward] exp recorded at " + std::string(__FILE__) + ":" + std::to_string(line) +
          ": the result was changed in place at " + __FILE__ + ":" + std::to_string(line + 1) +
          "; expected the elements that forward left for backward; change a clone(), or call "
          "backward() before");
}

std::string place(int line) {
  return "[backward] checkpoint recorded at " + std::string(__FILE__) + ":" + std::to_string(line) +
         ": ";
}

TEST(Checkpoint, NoticesChangesOfInputsAndOfWhatTheFunctionHolds) {
  const std::string rest =
      "; expected the elements that forward left for backward; change a clone(), or call "
      "backward() before";
  const Problem p;
  const auto f = [&](const Variable& x) { return layer(x, p.w); };
  for (int input : {0, 1}) {
    const Variable y = checkpoint(f, p.x);
    const int line = __LINE__ - 1;
    (input == 0 ? p.x : p.w).value().fill(1);
    expect_throws_text<AutogradError>([&] { sum(y).backward(); },
                                      place(line) + "input " + std::to_string(input) +
                                          " was changed in place at " + __FILE__ + ":" +
                                          std::to_string(line + 2) + rest);
  }
}

// The edge that reads w may be met before or behind the one that does not.
TEST(Checkpoint, NoticesChangesOfWhatIsReadInOneOfTwoPlaces) {
  const Variable x = parameter(ones({2})), w = parameter(ones({2}));
  for (bool first : {true, false}) {
    const auto f = [&](const Variable& v) { return first ? (v + w) * (v * w) : (v * w) * (v + w); };
    const Variable y = sum(checkpoint(f, x));
    w.value().fill(2);
    EXPECT_THROW(y.backward(), AutogradError) << first;
  }
}

TEST(Checkpoint, FreesTheFunctionWithTheTape) {
  const Variable x = parameter(ones({2}));
  const Tensor held = ones({2});
  const Variable y = checkpoint([held](const Variable& v) { return v * held; }, x);
  EXPECT_FALSE(held.owns_storage_alone());
  sum(y).backward();
  EXPECT_TRUE(held.owns_storage_alone()) << "although the result is still held";
}

TEST(Checkpoint, NoticesAFunctionThatDoesSomethingElseTheSecondTime) {
  const Variable x = parameter(tensor({1, 2}));
  int calls = 0;
  const auto grows = [&](const Variable& y) { return ++calls == 1 ? y * 2 : sum(y); };
  const Variable a = checkpoint(grows, x);
  const int line = __LINE__ - 1;
  expect_throws_text<AutogradError>(
      [&] { sum(a).backward(); },
      place(line) +
          "computed again, f gave float32 []; expected float32 [2] as before; f must not "
          "depend on what changes");
  Generator random(1);
  calls = 0;
  const auto draws = [&](const Variable& y) {
    return ++calls == 1 ? y * uniform({2}, 0, 1, random) : y * 2;
  };
  const Variable b = checkpoint(draws, x);
  const int line_b = __LINE__ - 1;
  expect_throws_text<AutogradError>(
      [&] { sum(b).backward(); },
      place(line_b) +
          "computed again, f drew fewer random numbers; expected as many as before; f "
          "must not depend on what changes");
  calls = 0;
  const auto more = [&](const Variable& y) {
    return ++calls == 1 ? y * 2 : y * uniform({2}, 0, 1, random);
  };
  const Variable c = checkpoint(more, x);
  const int line_c = __LINE__ - 1;
  expect_throws_text<AutogradError>(
      [&] { sum(c).backward(); },
      place(line_c) + "[advance] n: 2; expected no more draws, as in the run that is repeated");
}

TEST(Checkpoint, NeedsDefinedInputsAndResults) {
  const auto f = [](const Variable&) { return Variable(); };
  const std::string rest =
      ": undefined tensor; expected one with elements; was it default "
      "constructed?";
  expect_throws_text<Error>([&] { checkpoint(f, Variable()); }, "[checkpoint] input" + rest);
  expect_throws_text<Error>([&] { checkpoint(f, parameter(ones({2}))); },
                            "[checkpoint] result of f" + rest);
}

}  // namespace
}  // namespace gradus::testing
