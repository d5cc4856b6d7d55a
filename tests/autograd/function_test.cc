// Operations that a user writes: as the guide shows them, and every way to get them wrong.
#include "autograd/function.h"

#include <gtest/gtest.h>

#include "autograd/gradcheck.h"
#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using Values = std::vector<double>;
Values list(const Variable& x) { return x.value().to_vector(); }

struct Cube {
  Tensor forward(const Tensor& x) { return x * x * x; }
  void backward(Gradients& d) const { d.set(0, d.dy() * 3 * square(d.x(0))); }
};

TEST(Function, OfOneInputIsDifferentiatedToAnyOrder) {
  const Variable x = parameter(tensor({1, -2}, kFloat64));
  const Variable y = apply(Cube{}, x);
  EXPECT_EQ(list(y), (Values{1, -8}));
  EXPECT_EQ(y.node()->where().line(), static_cast<unsigned>(__LINE__ - 2));
  EXPECT_STREQ(y.node()->op(), "custom");
  const std::vector<Variable> inputs{x};
  const auto f = [](std::span<const Variable> in) { return apply(Cube{}, in[0]); };
  EXPECT_TRUE(gradcheck(f, inputs).ok);
  EXPECT_TRUE(gradgradcheck(f, inputs).ok);
}

// Scaled exponentials of a, weighted by b; keeps what forward has computed.
struct Weighted {
  static constexpr const char* kName = "weighted";
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  double scale = 1;
  SavedTensor power{};

  Tensor forward(const Tensor& a, const Tensor& b) {
    const Tensor p = exp(a * scale);
    power = p;
    return p * b;
  }
  void backward(Gradients& d) const {
    if (d.needs(0)) d.set(0, d.dy() * d.x(1) * power.get() * scale);
    if (d.needs(1)) d.set(1, d.dy() * power.get());
  }
};

TEST(Function, MaySaveWhatForwardHasComputed) {
  const Variable a = parameter(tensor({0.5, 1}, kFloat64)), b = parameter(tensor({2, 3}, kFloat64));
  const std::vector<Variable> inputs{a, b};
  const auto f = [](std::span<const Variable> in) {
    return apply(Weighted{.scale = 2}, in[0], in[1]);
  };
  EXPECT_TRUE(gradcheck(f, inputs).ok);
}

TEST(Function, FreesWhatItHasSavedWithTheTape) {
  const Variable a = parameter(tensor({0.5, 1})), b = parameter(tensor({2, 3}));
  Weighted op;
  const Tensor watched = ones({2});
  op.power = watched;
  struct Holds {
    SavedTensor held{};
    Tensor forward(const Tensor& x) { return x.clone(); }
    void backward(Gradients& d) const { d.set(0, d.dy() * held.get()); }
  };
  const Variable y = sum(apply(Holds{watched}, a));
  op.power = SavedTensor();
  EXPECT_FALSE(watched.owns_storage_alone());
  y.backward();
  EXPECT_TRUE(watched.owns_storage_alone());
}

std::string place(int line, const std::string& op) {
  return "[backward] " + op + " recorded at " + __FILE__ + ":" + std::to_string(line) + ": ";
}

TEST(Function, SavedTensorsAreChecked) {
  const Variable a = parameter(tensor({0.5, 1})), b = parameter(tensor({2, 3}));
  struct Masked {
    SavedTensor mask{};
    Tensor forward(const Tensor& x) { return x * mask.get(); }
    void backward(Gradients& d) const { d.set(0, d.dy() * mask.get()); }
  };
  const Tensor mask = tensor({0, 1});
  const Variable y = apply(Masked{mask}, a);
  const int line = __LINE__ - 1;
  mask.fill(1);
  expect_throws_text<AutogradError>(
      [&] { sum(y).backward(); },
      place(line, "custom") + "a saved tensor was changed in place at " + __FILE__ + ":" +
          std::to_string(line + 2) +
          "; expected the elements that forward left for backward; change a clone(), or call "
          "backward() before");
  const Variable z = apply(Cube{}, a);
  const int cube = __LINE__ - 1;
  a.value().fill(2);
  expect_throws_text<AutogradError>(
      [&] { sum(z).backward(); },
      place(cube, "custom") + "input 0 was changed in place at " + __FILE__ + ":" +
          std::to_string(cube + 2) +
          "; expected the elements that forward left for backward; change a clone(), or call "
          "backward() before");
}

// y = e^x, whose derivative is y itself.
struct Exponential {
  static constexpr bool kReadsInputs = false;
  Tensor forward(const Tensor& x) { return exp(x); }
  void backward(Gradients& d) const { d.set(0, d.dy() * d.y()); }
};

TEST(Function, AResultThatBackwardReadsIsChecked) {
  const Variable x = parameter(tensor({0, 0}));
  const Variable y = apply(Exponential{}, x);
  const int line = __LINE__ - 1;
  sum(y).backward({.retain_graph = true});
  EXPECT_EQ(list(x.grad()), (Values{1, 1}));
  y.value().fill(2);
  expect_throws_text<AutogradError>(
      [&] { sum(y).backward(); },
      place(line, "custom") + "the result was changed in place at " + __FILE__ + ":" +
          std::to_string(line + 4) +
          "; expected the elements that forward left for backward; change a clone(), or call "
          "backward() before");
}

enum class Fault { kNothing, kTooMany, kNegative, kShape, kOneOfTwo };
struct Wrong {
  static constexpr const char* kName = "wrong";
  Fault fault;
  Tensor forward(const Tensor& a, const Tensor& b) { return a + b; }
  void backward(Gradients& d) const {
    if (fault == Fault::kTooMany) d.set(2, d.dy());
    if (fault == Fault::kNegative) d.set(-1, d.dy());
    if (fault == Fault::kNothing) return;
    d.set(0, fault == Fault::kShape ? Variable(ones({7})) : d.dy());
    if (fault != Fault::kOneOfTwo) d.set(1, d.dy());
  }
};

TEST(Function, MustSetOneGradientOfTheRightShapeForEachInput) {
  const Variable a = parameter(tensor({1, 2})), b = parameter(tensor({3, 4}));
  const auto expect = [&](Fault fault, const std::string& text) {
    const Variable y = apply(Wrong{fault}, a, b);
    const int line = __LINE__ - 1;
    expect_throws_text<AutogradError>([&] { sum(y).backward(); }, place(line, "wrong") + text);
    EXPECT_FALSE(a.grad().defined());
  };
  const std::string missing =
      " not set; expected one for each input that needs it; set zeros if it does not matter";
  expect(Fault::kNothing, "gradient of input 0" + missing);
  expect(Fault::kOneOfTwo, "gradient of input 1" + missing);
  expect(Fault::kTooMany, "gradient of input 2 set; expected 0..1, one per input");
  expect(Fault::kNegative, "gradient of input -1 set; expected 0..1, one per input");
  expect(Fault::kShape, "gradient of input 0: shape [7]; expected [2], that of the input");
  // An input that needs none may be left out.
  sum(apply(Wrong{Fault::kOneOfTwo}, a, b.detach())).backward();
  EXPECT_EQ(list(a.grad()), (Values{1, 1}));
}

struct Thrift {
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Tensor forward(const Tensor& x) { return x * 2; }
  void backward(Gradients& d) const { d.set(0, d.dy() * d.x(0)); }
};

TEST(Function, ReadsOnlyWhatItDeclares) {
  const Variable x = parameter(tensor({1, 2}));
  const Variable y = apply(Thrift{}, x);
  const int line = __LINE__ - 1;
  expect_throws_text<AutogradError>(
      [&] { sum(y).backward(); },
      place(line, "custom") +
          "[custom] backward reads input 0, which the operation did not declare (kReadsInputs)");
}

// Asks for an input that is not there.
struct Strays {
  int which;
  Tensor forward(const Tensor& a, const Tensor& b) { return a + b; }
  void backward(Gradients& d) const {
    if (which == 2) d.x(2);
    if (which == 3) d.needs(3);
    if (which == 4) d.shape(4);
    if (which == 5) d.dtype(5);
    if (which < 0) d.is_set(which);
  }
};

TEST(Function, MayAskForItsInputsOnly) {
  const Variable a = parameter(tensor({1, 2})), b = parameter(tensor({3, 4}));
  for (int which : {2, 3, 4, 5, -1}) {
    const Variable y = apply(Strays{which}, a, b);
    const int line = __LINE__ - 1;
    expect_throws_text<AutogradError>([&] { sum(y).backward(); },
                                      place(line, "custom") + "input " + std::to_string(which) +
                                          " read; expected 0..1, one per input");
  }
}

TEST(Function, MayHaveMembersThatNeverChange) {
  struct Scaled {
    const double factor = 2;
    SavedTensor kept{};
    Tensor forward(const Tensor& x) {
      kept = x * factor;
      return kept.get();
    }
    void backward(Gradients& d) const { d.set(0, d.dy() * factor); }
  };
  const Variable x = parameter(tensor({1, 2}));
  sum(apply(Scaled{}, x)).backward();
  EXPECT_EQ(list(x.grad()), (Values{2, 2}));
}

struct SumOfAll {
  static constexpr const char* kName = "sum_of_all";
  Tensor forward(std::span<const Tensor> x) {
    Tensor y = x[0].clone();
    for (const Tensor& more : x.subspan(1)) y = y + more;
    return y;
  }
  void backward(Gradients& d) const {
    for (int i = 0; i < d.inputs(); ++i) d.set(i, d.dy() * (i + 1));
  }
};

TEST(Function, TakesAnyNumberOfInputs) {
  std::vector<Variable> inputs;
  for (int i = 0; i < 7; ++i) inputs.push_back(parameter(tensor({1, i})));
  const Variable y = apply_list(SumOfAll{}, inputs);
  const int line = __LINE__ - 1;
  EXPECT_EQ(y.node()->where().line(), static_cast<unsigned>(line));
  EXPECT_EQ(list(y), (Values{7, 21}));
  sum(y).backward();
  for (int i = 0; i < 7; ++i) EXPECT_EQ(list(inputs[i].grad()), Values(2, i + 1));
  inputs[3] = Variable();
  expect_throws_text<Error>([&] { apply_list(SumOfAll{}, inputs); },
                            "[sum_of_all] input: undefined tensor; expected one with elements; was "
                            "it default constructed?");
  const std::vector<Variable> constants{Variable(tensor({1, 2}))};
  EXPECT_FALSE(apply_list(SumOfAll{}, constants).requires_grad());
}

struct SetsTheFirst {
  Tensor forward(std::span<const Tensor> x) { return x[0].clone(); }
  void backward(Gradients& d) const { d.set(0, d.dy()); }
};

TEST(Function, GradientsThatNobodyWantedAreNotThoseOfTheNext) {
  std::vector<Variable> inputs;
  for (int i = 0; i < 5; ++i) inputs.push_back(parameter(tensor({1, i})));
  const Variable first = apply_list(SetsTheFirst{}, inputs);
  const int line = __LINE__ - 1;
  const Variable c = tensor({1, 2});
  const Variable y = apply_list(SumOfAll{}, {first, c, c, c, c});  // sets all five
  expect_throws_text<AutogradError>(
      [&] { sum(y).backward(); },
      place(line, "custom") +
          "gradient of input 1 not set; expected one for each input that needs it; set zeros if it "
          "does not matter");
}

TEST(Function, OfConstantsOrUnderNoGradIsAConstant) {
  EXPECT_FALSE(apply(Cube{}, tensor({1, 2})).requires_grad());
  const NoGradGuard off;
  EXPECT_FALSE(apply(Cube{}, parameter(tensor({1, 2}))).requires_grad());
}

}  // namespace
}  // namespace gradus::testing
