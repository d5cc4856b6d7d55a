// The activations as layers: against PyTorch, as they are printed, and their errors.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "nn/celu.h"
#include "nn/elu.h"
#include "nn/gelu.h"
#include "nn/glu.h"
#include "nn/hardshrink.h"
#include "nn/hardsigmoid.h"
#include "nn/hardswish.h"
#include "nn/hardtanh.h"
#include "nn/leaky_relu.h"
#include "nn/log_softmax.h"
#include "nn/logsigmoid.h"
#include "nn/mish.h"
#include "nn/prelu.h"
#include "nn/relu.h"
#include "nn/relu6.h"
#include "nn/selu.h"
#include "nn/sequential.h"
#include "nn/sigmoid.h"
#include "nn/silu.h"
#include "nn/softmax.h"
#include "nn/softmin.h"
#include "nn/softplus.h"
#include "nn/softshrink.h"
#include "nn/softsign.h"
#include "nn/tanh.h"
#include "nn/tanhshrink.h"
#include "nn/threshold.h"
#include "tests/support/compare.h"
#include "tests/support/module_cases.h"

namespace gradus::nn {
namespace {

using testing::expect_throws_text;
using testing::made;
using testing::MadeModule;
using testing::ModuleCase;

double number(const ModuleCase& c, const std::string& name, double otherwise) {
  return c.has(name) ? c.number(name) : otherwise;
}
int dim(const ModuleCase& c) { return static_cast<int>(c.integer("dim")); }

template <class Layer>
MadeModule plain(const ModuleCase&) {
  return made(Layer());
}

// By the name in PyTorch, with the arguments of a case or the default ones.
const std::map<std::string, MadeModule (*)(const ModuleCase&)> kLayers = {
    {"CELU", [](const ModuleCase& c) { return made(CELU(number(c, "alpha", 1))); }},
    {"ELU", [](const ModuleCase& c) { return made(ELU(number(c, "alpha", 1))); }},
    {"GELU", [](const ModuleCase& c) { return made(GELU(c.text("approximate"))); }},
    {"GLU", [](const ModuleCase& c) { return made(GLU(dim(c))); }},
    {"Hardshrink", [](const ModuleCase& c) { return made(Hardshrink(number(c, "lambd", 0.5))); }},
    {"Hardsigmoid", plain<Hardsigmoid>},
    {"Hardswish", plain<Hardswish>},
    {"Hardtanh",
     [](const ModuleCase& c) {
       return made(Hardtanh(number(c, "min_val", -1), number(c, "max_val", 1)));
     }},
    {"LeakyReLU",
     [](const ModuleCase& c) { return made(LeakyReLU(number(c, "negative_slope", 0.01))); }},
    {"LogSigmoid", plain<LogSigmoid>},
    {"LogSoftmax", [](const ModuleCase& c) { return made(LogSoftmax(dim(c))); }},
    {"Mish", plain<Mish>},
    {"PReLU",
     [](const ModuleCase& c) { return made(PReLU(c.integer("num_parameters"), 0.25, c.dtype)); }},
    {"ReLU", plain<ReLU>},
    {"ReLU6", plain<ReLU6>},
    {"SELU", plain<SELU>},
    {"SiLU", plain<SiLU>},
    {"Sigmoid", plain<Sigmoid>},
    {"Softmax", [](const ModuleCase& c) { return made(Softmax(dim(c))); }},
    {"Softmin", [](const ModuleCase& c) { return made(Softmin(dim(c))); }},
    {"Softplus",
     [](const ModuleCase& c) {
       return made(Softplus(number(c, "beta", 1), number(c, "threshold", 20)));
     }},
    {"Softshrink", [](const ModuleCase& c) { return made(Softshrink(number(c, "lambd", 0.5))); }},
    {"Softsign", plain<Softsign>},
    {"Tanh", plain<Tanh>},
    {"Tanhshrink", plain<Tanhshrink>},
    {"Threshold",
     [](const ModuleCase& c) { return made(Threshold(c.number("threshold"), c.number("value"))); }},
};
MadeModule of_case(const ModuleCase& c) { return kLayers.at(c.text("layer"))(c); }

TEST(Activations, SmoothOnesAreThoseOfPyTorch) { testing::check_module("activations", of_case); }

TEST(Activations, OnesOfPartsAreThoseOfPyTorch) {
  testing::check_module("activations_by_parts", of_case);
}

TEST(Activations, ArePrintedAsInPyTorch) {
  const Sequential all(CELU(), ELU(0.1), GELU(), GELU("tanh"), GLU(), Hardshrink(), Hardsigmoid(),
                       Hardswish(), Hardtanh(), LeakyReLU(), LogSigmoid(), LogSoftmax(1), Mish(),
                       PReLU(3), ReLU(), ReLU6(), SELU(), SiLU(), Sigmoid(), Softmax(-1),
                       Softmin(1), Softplus(), Softshrink(), Softsign(), Tanh(), Tanhshrink(),
                       Threshold(0.1, 20));
  const std::vector<std::string> expected = {"CELU(alpha=1.0)",
                                             "ELU(alpha=0.1)",
                                             "GELU(approximate='none')",
                                             "GELU(approximate='tanh')",
                                             "GLU(dim=-1)",
                                             "Hardshrink(0.5)",
                                             "Hardsigmoid()",
                                             "Hardswish()",
                                             "Hardtanh(min_val=-1.0, max_val=1.0)",
                                             "LeakyReLU(negative_slope=0.01)",
                                             "LogSigmoid()",
                                             "LogSoftmax(dim=1)",
                                             "Mish()",
                                             "PReLU(num_parameters=3)",
                                             "ReLU()",
                                             "ReLU6()",
                                             "SELU()",
                                             "SiLU()",
                                             "Sigmoid()",
                                             "Softmax(dim=-1)",
                                             "Softmin(dim=1)",
                                             "Softplus(beta=1.0, threshold=20.0)",
                                             "Softshrink(0.5)",
                                             "Softsign()",
                                             "Tanh()",
                                             "Tanhshrink()",
                                             "Threshold(threshold=0.1, value=20.0)"};
  ASSERT_EQ(all.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(to_string(all.at(static_cast<std::int64_t>(i))), expected[i]);
  }
}

TEST(Repr, WritesNumbersAsPythonDoes) {
  const std::pair<double, const char*> numbers[] = {{1, "1.0"},
                                                    {0.1, "0.1"},
                                                    {-2.5, "-2.5"},
                                                    {1e-5, "1e-05"},
                                                    {1e-4, "0.0001"},
                                                    {0, "0.0"},
                                                    {-0.0, "-0.0"},
                                                    {1e15, "1000000000000000.0"},
                                                    {1e16, "1e+16"},
                                                    {1.5e-7, "1.5e-07"},
                                                    {1e100, "1e+100"},
                                                    {NAN, "nan"},
                                                    {HUGE_VAL, "inf"},
                                                    {-HUGE_VAL, "-inf"},
                                                    {1.0 / 3, "0.3333333333333333"}};
  for (const auto& [x, text] : numbers) EXPECT_EQ(repr(x), text);
  EXPECT_EQ(repr(true) + repr(false), "TrueFalse");
}

TEST(PReLU, StartsWithTheSlopeGiven) {
  EXPECT_EQ(PReLU().weight.value().to_vector(), std::vector<double>{0.25});
  EXPECT_EQ(PReLU(2, 0.5).weight.value().to_vector(), (std::vector<double>{0.5, 0.5}));
  EXPECT_EQ(PReLU(1, 0.5, kFloat64).weight.dtype(), kFloat64);
}

TEST(Activations, LetNanThrough) {
  const Tensor x = tensor({NAN, 1, -1, 2}, kFloat64);
  for (const auto& [name, make] : kLayers) {
    ModuleCase c;
    c.args = {
        {"dim", 0}, {"num_parameters", 1}, {"approximate", "none"}, {"threshold", 1}, {"value", 3}};
    const Tensor y = make(c).call({Variable(x)}).at(0).value();
    EXPECT_TRUE(std::isnan(y.to_vector()[0])) << name;
  }
}

TEST(Activations, RefuseArgumentsOutOfRange) {
  expect_throws_text<ConfigError>([] { CELU(0); }, "[CELU] alpha: 0; expected another number");
  expect_throws_text<ConfigError>([] { Hardtanh(2, 1); },
                                  "[Hardtanh] min_value: 2; expected at most max_value, 1");
  expect_throws_text<ConfigError>([] { Softshrink(-1); }, "[Softshrink] lambd: -1; expected >= 0");
  expect_throws_text<ConfigError>([] { GELU("erf"); },
                                  "[GELU] approximate: 'erf'; expected 'none' or 'tanh'");
  expect_throws_text<ConfigError>([] { PReLU(0); }, "[PReLU] num_parameters: 0; expected >= 1");
}

TEST(Activations, NameThePathOfAWrongInput) {
  const Sequential net(ReLU(), Sequential(GLU(), PReLU(3), Softmax(1)));
  expect_throws_text<ShapeError>(
      [&] {
        net(zeros({4, 3}));
      },
      "[GLU] x is [4, 3]; expected an even size of axis -1 (in 1.0)");
  expect_throws_text<ShapeError>(
      [&] {
        net(zeros({2, 8}));
      },
      "[PReLU] x is [2, 4]; expected 3 channels in axis 1, one for each slope (in 1.1)");
  EXPECT_THROW(GLU(2)(zeros({2, 2})), IndexError);
  EXPECT_THROW(Softmax(1)(zeros({2})), IndexError);
  EXPECT_THROW(ReLU()(zeros({2}, kBool)), DTypeError);
  EXPECT_EQ(SiLU()(zeros({2}, kInt64)).dtype(), kFloat32);
}

}  // namespace
}  // namespace gradus::nn
