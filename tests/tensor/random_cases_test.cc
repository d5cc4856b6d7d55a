// 20,000 random calls, one seed each, against references that are loops over positions. A failure
// prints the operation, the seed and the operands; run() with that operation and seed repeats it.
// Another operation is one more line in random_elementwise.h, random_reductions.h, random_copies.h
// or random_indexing.h, another view one more step in random_moves.h.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/tensor/random_copies.h"
#include "tests/tensor/random_elementwise.h"
#include "tests/tensor/random_indexing.h"
#include "tests/tensor/random_reductions.h"

namespace gradus::testing {
namespace {

constexpr std::uint64_t kSeed = 20000;
constexpr int kCases = 20000;

std::vector<Operation> operations() {
  std::vector<Operation> all;
  add_elementwise(all);
  add_reductions(all);
  add_moves(all);
  add_indexing(all);
  return all;
}

// What the operands of a case show.
void count_properties(const Trial& trial, std::map<std::string, int>& counts) {
  std::set<std::string> shown;
  for (const Drawn& x : trial.in) {
    shown.insert(std::string(name(x.tensor.dtype())));
    shown.insert("rank " + std::to_string(x.tensor.rank()));
    if (x.tensor.numel() == 0) shown.insert("no elements");
    for (int axis = 0; axis < x.tensor.rank(); ++axis) {
      const std::int64_t size = x.tensor.shape()[axis], stride = x.tensor.strides()[axis];
      shown.insert("size " + std::to_string(size));
      if (size < 2 || x.tensor.numel() == 0) continue;
      if (stride < 0) shown.insert("negative stride");
      if (stride == 0) shown.insert("stride 0");
      if (axis > 0 && stride > x.tensor.strides()[axis - 1]) shown.insert("axes in another order");
    }
    if (!x.tensor.is_contiguous()) shown.insert("gaps");
    if (!(x.tensor.shape() == trial.in[0].tensor.shape())) shown.insert("broadcast");
    if (x.tensor.dtype() != trial.in[0].tensor.dtype()) shown.insert("two dtypes");
    if (x.tensor.numel() > 16384) shown.insert("large");
  }
  for (const std::string& property : shown) ++counts[property];
}

TEST(RandomCases, AreThoseOfPlainLoops) {
  const std::vector<Operation> all = operations();
  std::map<std::string, int> calls, properties;
  int failed = 0;
  for (int i = 0; i < kCases && failed < 20; ++i) {
    const Operation& operation = choose(all, kSeed + i);
    Trial trial;
    const std::string wrong = run(operation, kSeed + i, trial);
    ++calls[operation.name];
    count_properties(trial, properties);
    if (wrong.empty()) continue;
    ++failed;
    ADD_FAILURE() << wrong;
  }
  if (failed > 0) return;
  for (const Operation& operation : all) EXPECT_GE(calls[operation.name], 40) << operation.name;
  std::vector<std::string> expected = {
      "no elements", "negative stride", "stride 0", "gaps",
      "broadcast",   "two dtypes",      "large",    "axes in another order"};
  for (DType dtype : kAllDTypes) expected.emplace_back(name(dtype));
  for (int rank = 0; rank <= 8; ++rank) expected.push_back("rank " + std::to_string(rank));
  for (int size : {0, 1, 2, 3, 17, 33}) expected.push_back("size " + std::to_string(size));
  for (const std::string& property : expected) EXPECT_GE(properties[property], 40) << property;
}

// The first number that the dtype tells from the right one, so that NaN and large ones count too.
Real another(Real value, DType dtype) {
  if (dtype == kBool || std::isnan(value)) return value == 0;
  if (!is_floating(dtype)) return value + 1;
  return std::isfinite(value) ? value + std::max(Real{1}, std::fabs(value) / 16) : -value;
}

TEST(RandomCases, AnyWrongElementIsNoticed) {
  const std::vector<Operation> all = operations();
  for (int i = 0; i < 2000; ++i) {
    const Operation& operation = choose(all, kSeed + i);
    Trial trial;
    ASSERT_EQ(run(operation, kSeed + i, trial), "");
    if (trial.expected.values.empty()) continue;
    Real& value = trial.expected.values[i % trial.expected.values.size()];
    value = another(held(value, trial.expected.dtype), trial.expected.dtype);
    EXPECT_NE(verdict(trial), "") << operation.name << ", seed " << kSeed + i;
  }
}

TEST(RandomCases, WrongShapesDtypesAndChangedOperandsAreNoticed) {
  const auto verdict_of = [](const std::function<void(Rng&, Trial&)>& change) {
    const Operation wrong = {"f", 1, [&](Rng& rng, Trial& trial) {
                               trial.add(draw(rng, {2, 3}, kFloat32, small));
                               trial.expected = trial.in[0].plain;
                               trial.got = trial.in[0].tensor;
                               change(rng, trial);
                             }};
    Trial trial;
    return run(wrong, 1, trial);
  };
  const auto expect_ending = [&](const std::string& text,
                                 const std::function<void(Rng&, Trial&)>& change) {
    const std::string got = verdict_of(change);
    EXPECT_TRUE(got.starts_with("f, seed 1: (float32 [2, 3] strides [")) << got;
    EXPECT_TRUE(got.ends_with("), : " + text)) << got;
  };
  EXPECT_EQ(verdict_of([](Rng&, Trial&) {}), "");
  expect_ending("the result is undefined", [](Rng&, Trial& t) { t.got = Tensor(); });
  expect_ending("dtype: got float64, expected float32",
                [](Rng&, Trial& t) { t.got = t.got.to(kFloat64); });
  expect_ending("shape: got [3, 2], expected [2, 3]",
                [](Rng&, Trial& t) { t.got = t.got.transpose(); });
  expect_ending("an operand was changed", [](Rng&, Trial& t) {
    t.got = t.got.clone();
    t.in[0].base.fill(100);
  });
  expect_ending("threw [f] no", [](Rng&, Trial&) { throw ShapeError("[f] no"); });
}

// Ties, the largest number, subnormal ones.
TEST(RandomCases, HalfNumbersOfTheReferenceAreThoseOfTheFormats) {
  EXPECT_EQ(held(65519, kFloat16), 65504);
  EXPECT_EQ(held(65520, kFloat16), Real{INFINITY});
  EXPECT_EQ(held(0x1p-25L, kFloat16), 0);
  EXPECT_EQ(held(0x1.8p-24L, kFloat16), 0x1p-23L);
  EXPECT_EQ(held(2049, kFloat16), 2048);
  EXPECT_EQ(held(2051, kFloat16), 2052);
  EXPECT_EQ(held(257, kBFloat16), 256);
  EXPECT_EQ(held(259, kBFloat16), 260);
  EXPECT_EQ(held(0x1.ffp127L, kBFloat16), Real{INFINITY});
  EXPECT_EQ(held(300, kUInt8), 44);
  EXPECT_EQ(held(-1.5L, kInt32), -1);
}

}  // namespace
}  // namespace gradus::testing
