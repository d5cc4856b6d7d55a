// Errors in backward name the line of the forward call, and so do the nodes of recorded gradients.
#include <gtest/gtest.h>

#include <stdexcept>
#include <unordered_set>

#include "autograd/node.h"
#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

// The identity, with a backward that goes wrong in several ways.
enum class Fault { kThrows, kThrowsOther, kWrongShape, kReadsInput, kReadsResult };
struct Faulty {
  static constexpr const char* kName = "faulty";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Fault fault;

  Tensor forward(const Tensor& x) const { return x.clone(); }
  void backward(Gradients& d) const {
    if (fault == Fault::kThrows) throw ShapeError("[faulty] x: went wrong");
    if (fault == Fault::kThrowsOther) throw std::out_of_range("not an error of Gradus");
    if (fault == Fault::kWrongShape) d.set(0, zeros({7}));
    if (fault == Fault::kReadsInput) d.set(0, d.x(0));
    if (fault == Fault::kReadsResult) d.set(0, d.y());
  }
};
Variable faulty(Operand x, Fault fault) { return record(Faulty{fault}, x); }

void expect_error(Fault fault, const std::string& inner) {
  const Variable x = parameter(tensor({1, 2}));
  const Variable y = faulty(x, fault);
  const int line = __LINE__ - 1;
  Variable loss = sum(y * y);
  const std::string text = "[backward] faulty recorded at " + std::string(__FILE__) + ":" +
                           std::to_string(line) + ": " + inner;
  expect_throws_text<AutogradError>([&] { loss.backward(); }, text);
}

TEST(SourceLine, OfTheForwardCallIsInErrorsOfBackward) {
  expect_error(Fault::kThrows, "[faulty] x: went wrong");
  expect_error(Fault::kWrongShape,
               "gradient of input 0: shape [7]; expected [2], that of the input");
  expect_error(Fault::kReadsInput,
               "[faulty] backward reads input 0, which the operation did not declare "
               "(kReadsInputs)");
}

TEST(SourceLine, OfAResultThatIsGoneIsNamedToo) {
  const Variable x = parameter(tensor({1, 2}));
  Variable loss = sum(faulty(x, Fault::kReadsResult));
  const int line = __LINE__ - 1;
  expect_throws_text<AutogradError>(
      [&] { loss.backward(); },
      "[backward] faulty recorded at " + std::string(__FILE__) + ":" + std::to_string(line) +
          ": [faulty] backward reads the result, which the operation did not declare "
          "(kReadsResult)");
}

TEST(SourceLine, IsThatOfTheForwardCallInRecordedGradients) {
  const Variable x = parameter(Tensor(0.5)), w = parameter(Tensor(2.0));
  const Variable y = tanh(x * w);
  const int line = __LINE__ - 1;
  const Variable g = grad(y, x, {.create_graph = true});
  std::vector<Node*> open{g.node()};
  std::unordered_set<Node*> seen;
  int ops = 0;
  while (!open.empty()) {
    Node* node = open.back();
    open.pop_back();
    if (!seen.insert(node).second) continue;
    for (const Edge& edge : node->inputs()) open.push_back(edge.node());
    if (node->op() == nullptr) continue;
    ++ops;
    EXPECT_EQ(node->where().line(), static_cast<unsigned>(line)) << node->op();
    EXPECT_EQ(std::string(node->where().file_name()), __FILE__);
  }
  EXPECT_GE(ops, 5);
}

TEST(SourceLine, IsThatOfTheCallerOfEveryFunctionForm) {
  const Variable x = parameter(ones({2, 2}));
  const auto expect_here = [](const Variable& y, int line) {
    EXPECT_EQ(y.node()->where().line(), static_cast<unsigned>(line)) << y.node()->op();
  };
  expect_here(x + 1, __LINE__);
  expect_here(1 - x, __LINE__);
  expect_here(-x, __LINE__);
  expect_here(exp(x), __LINE__);
  expect_here(matmul(x, x), __LINE__);
  expect_here(sum(x, 0), __LINE__);
  expect_here(where(x > 0, x, 0), __LINE__);
  expect_here(transpose(x), __LINE__);
}

TEST(SourceLine, IsRightAgainAfterAnErrorOfAnyKind) {
  for (Fault fault : {Fault::kThrows, Fault::kThrowsOther}) {
    const Variable x = parameter(tensor({1, 2}));
    EXPECT_ANY_THROW(sum(faulty(x, fault)).backward());
    const Variable y = x * 2;
    EXPECT_EQ(y.node()->where().line(), static_cast<unsigned>(__LINE__ - 1));
    EXPECT_FALSE(x.grad().defined());
    sum(y).backward();
    EXPECT_EQ(x.grad().value().to_vector(), (std::vector<double>{2, 2}));
  }
}

}  // namespace
}  // namespace gradus::testing
