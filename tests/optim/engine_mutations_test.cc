// Wrong formulas of what the engine does for all rules, and of state in bytes: the comparison with
// an independent loop must notice each of them.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "optim/optimizer.h"
#include "optim/quantize.h"
#include "optim/rules/adamw.h"
#include "optim/rules/adamw8bit.h"
#include "optim/rules/sgd.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;
using Numbers = std::vector<double>;

double gradient(int which, int i, int t) {
  return (t <= 4 ? 1 : -0.05) * (std::sin(0.9 * i + 1.7 * which + 0.4 * t) + 0.3);
}
double rate(int t) { return t < 3 ? 0.5 : t < 6 ? 0.25 : 0.375; }

// Two parameters after 8 steps of SGD, by the engine and by a loop; empty, or what differs.
std::string engine_differs(const EngineOptions& options, double decay, DecayMode mode,
                           const std::string& mistake) {
  const auto wrong = [&](const char* what) { return mistake == what; };
  const Numbers start = {0.7, -1.2, 0.05};
  std::vector<Numbers> theta = {start, start};
  const Variable a = parameter(from_values(start, {3}, kFloat64));
  const Variable b = parameter(from_values(start, {3}, kFloat64));
  Optimizer<SGD> optimizer({{"a", a}, {"b", b}},
                           {.lr = rate(1), .weight_decay = decay, .decay_mode = mode});
  optimizer.options() = options;
  for (int t = 1; t <= 8; ++t) {
    const double lr = rate(t);
    optimizer.group().lr = lr;
    std::vector<Numbers> g(2, Numbers(3));
    for (int p = 0; p < 2; ++p) {
      for (int i = 0; i < 3; ++i) g[p][i] = gradient(p, i, t);
    }
    a.set_grad(from_values(g[0], {3}, kFloat64));
    b.set_grad(from_values(g[1], {3}, kFloat64));
    optimizer.step();
    double squares = 0, sum = 0, most = 0;
    for (const Numbers& each : g) {
      for (const double x : each) {
        squares += x * x;
        sum += std::fabs(x);
        most = std::max(most, std::fabs(x));
      }
    }
    for (int p = 0; p < 2; ++p) {
      double of_one = 0;
      for (const double x : g[p]) of_one += x * x;
      double norm = std::sqrt(squares);
      if (wrong("norm of each parameter")) norm = std::sqrt(of_one);
      if (wrong("norm not rooted")) norm = squares;
      if (wrong("sum of sizes")) norm = sum;
      if (wrong("largest element")) norm = most;
      for (int i = 0; i < 3; ++i) {
        double x = g[p][i];
        if (options.clip_norm > 0) {
          double scale = options.clip_norm / (norm + (wrong("no 1e-6") ? 0 : 1e-6));
          if (wrong("large 1e-6")) scale = options.clip_norm / (norm + 1e-3);
          if (!wrong("always scaled")) scale = std::min(1.0, scale);
          if (wrong("never scaled")) scale = 1;
          x *= scale;
        }
        if (options.clip_value > 0 && !wrong("not cut")) {
          const double limit = options.clip_value;
          x = std::min(x, limit);
          if (!wrong("cut above only")) x = std::max(x, -limit);
          if (wrong("the smaller ones cut") && std::fabs(g[p][i]) < limit) x = 0;
          if (wrong("scaled") && most > limit) x = g[p][i] * limit / most;
          if (wrong("sign kept only")) x = g[p][i] > 0 ? limit : -limit;
          if (wrong("half the limit")) x = std::clamp(g[p][i], -limit / 2, limit / 2);
        }
        if (options.maximize && !wrong("down")) x = -x;
        double& w = theta[p][i];
        double taken = mode == DecayMode::kFullyDecoupled ? lr / rate(1) * decay : lr * decay;
        if (wrong("lr for its share")) taken = lr * decay;
        if (wrong("no lr")) taken = decay;
        if (wrong("max_lr of now")) taken = lr / lr * decay;
        if (wrong("lr squared")) taken = lr * lr * decay;
        if (wrong("upside down")) taken = rate(1) / lr * decay;
        if (wrong("grows")) taken = -taken;
        if (wrong("no decay")) taken = 0;
        if (mode == DecayMode::kL2) {
          const bool turned = wrong("decay turned too") && options.maximize;
          x += (turned ? -1 : 1) * decay * w;
          taken = 0;
        }
        if (wrong("after the step")) {
          w -= lr * x;
          w -= taken * w;
        } else {
          w -= taken * w;
          w -= lr * x;
        }
      }
    }
    const auto differs = [&](const Variable& got, const Numbers& right) {
      const Numbers values = got.value().to_vector();
      for (int i = 0; i < 3; ++i) {
        if (std::fabs(values[i] - right[i]) > 1e-13)
          return true;  // some roundings of numbers near 1
      }
      return false;
    };
    if (differs(a, theta[0]) || differs(b, theta[1])) return "step " + std::to_string(t);
  }
  return "";
}

void expect_noticed(const EngineOptions& options, double decay, DecayMode mode,
                    const std::vector<std::string>& mistakes) {
  EXPECT_EQ(engine_differs(options, decay, mode, ""), "") << "the right formula differs already";
  for (const std::string& mistake : mistakes) {
    EXPECT_NE(engine_differs(options, decay, mode, mistake), "") << mistake << " was not noticed";
  }
}

TEST(Mutations, OfClippingAreNoticed) {
  expect_noticed({.clip_norm = 0.8}, 0, DecayMode::kL2,
                 {"norm of each parameter", "norm not rooted", "sum of sizes", "largest element",
                  "no 1e-6", "large 1e-6", "always scaled", "never scaled"});
  expect_noticed({.clip_value = 0.4}, 0, DecayMode::kL2,
                 {"not cut", "cut above only", "the smaller ones cut", "scaled", "sign kept only",
                  "half the limit"});
}

TEST(Mutations, OfDecayModesAreNoticed) {
  expect_noticed({}, 0.1, DecayMode::kFullyDecoupled,
                 {"lr for its share", "no lr", "max_lr of now", "lr squared", "upside down",
                  "grows", "no decay", "after the step"});
  expect_noticed({.maximize = true}, 0.1, DecayMode::kL2, {"down", "decay turned too"});
  expect_noticed({.maximize = true}, 0.1, DecayMode::kDecoupled,
                 {"down", "no lr", "lr squared", "grows", "no decay", "after the step"});
}

// A bfloat16 parameter after 40 steps of SGD with decay, and what is left over, as numbers.
Numbers bfloat16_after(LowPrecision way) {
  const Variable x = parameter(from_values({1, -0.7, 0.013, 3}, {4}, kBFloat16));
  Optimizer<SGD> optimizer({{"x", x}},
                           {.lr = 1e-3, .weight_decay = 0.02, .decay_mode = DecayMode::kDecoupled});
  optimizer.options().low_precision = way;
  for (int t = 1; t <= 40; ++t) {
    Numbers g;
    for (int i = 0; i < 4; ++i) g.push_back(0.1 * gradient(0, i, t));
    x.set_grad(from_values(g, {4}, kBFloat16));
    optimizer.step();
  }
  const Tensor low = optimizer.state_dict().tensors.at("x/low");
  Numbers result = x.value().to_vector();
  for (int i = 0; i < 4; ++i) {
    if (way == LowPrecision::kKahan) {
      result.push_back(low.to(kFloat64).data<double>()[i]);
    } else {
      std::int16_t missing = 0;
      std::memcpy(&missing, low.data<std::uint8_t>() + 2 * i, 2);
      result.push_back(missing);
    }
  }
  return result;
}

Numbers bfloat16_reference(LowPrecision way, const std::string& mistake) {
  const auto wrong = [&](const char* what) { return mistake == what; };
  const auto rounded = [](float x) { return static_cast<float>(BFloat16(x)); };
  // Nearest with ties away from 0: the upper half of the bits.
  const auto upper = [](float x, bool truncated) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    return std::bit_cast<float>((bits + (truncated ? 0u : 0x8000u)) & 0xffff0000u);
  };
  Numbers values, rest;
  const Numbers start = from_values({1, -0.7, 0.013, 3}, {4}, kBFloat16).to_vector();
  for (int i = 0; i < 4; ++i) {
    float theta = static_cast<float>(start[i]), low = 0;  // Kahan: theta + low
    float master = theta;
    for (int t = 1; t <= 40; ++t) {
      const float g = rounded(static_cast<float>(0.1 * gradient(0, i, t)));
      float x = way == LowPrecision::kKahan ? theta + low : master;
      if (wrong("low is dropped")) x = theta;
      if (wrong("low has the other sign")) x = theta - low;
      const float decay = static_cast<float>(1e-3 * 0.02);
      if (wrong("decay outside")) {
        theta = rounded(theta - decay * theta);
        x = theta + low;
      } else if (!wrong("no decay")) {
        x -= decay * (wrong("decay of the rounded one") ? theta : x);
      }
      x -= 1e-3f * g;
      if (way == LowPrecision::kKahan) {
        theta = wrong("truncated") ? upper(x, true) : rounded(x);
        low = wrong("low is not rounded") ? x - theta : rounded(x - theta);
        if (wrong("low adds up")) low = rounded(low + x - theta);
      } else {
        master = wrong("master is rounded") ? upper(x, false) : x;
        theta = upper(x, wrong("truncated"));
        const auto bits = std::bit_cast<std::uint32_t>(master);
        low = static_cast<float>(static_cast<std::int16_t>(bits & 0xffffu));
        if (wrong("low without a sign")) low = static_cast<float>(bits & 0xffffu);
        if (wrong("low is not kept")) low = 0;
        if (wrong("half of low")) low = static_cast<float>(bits & 0xff00u);
      }
    }
    values.push_back(theta);
    rest.push_back(low);
  }
  values.insert(values.end(), rest.begin(), rest.end());
  return values;
}

TEST(Mutations, OfTheSplitMasterAndOfKahanAreNoticed) {
  const std::pair<LowPrecision, std::vector<std::string>> all[] = {
      {LowPrecision::kSplitMaster,
       {"low is dropped", "no decay", "decay of the rounded one", "truncated", "master is rounded",
        "low without a sign", "low is not kept", "half of low"}},
      {LowPrecision::kKahan,
       {"low is dropped", "low has the other sign", "decay outside", "no decay", "truncated",
        "low is not rounded", "low adds up"}}};
  for (const auto& [way, mistakes] : all) {
    const Numbers got = bfloat16_after(way);
    EXPECT_EQ(got, bfloat16_reference(way, "")) << "the right formula differs already";
    for (const std::string& mistake : mistakes) {
      EXPECT_NE(got, bfloat16_reference(way, mistake)) << mistake << " was not noticed";
    }
  }
}

// Bytes: the nearest of the map's values by a search, in double, with scales of 256 elements.
struct Bytes {
  std::string mistake;
  bool wrong(const char* what) const { return mistake == what; }

  std::vector<double> levels(bool with_sign) const {
    std::vector<double> all = {0, 1};
    for (int decade = 0; decade < 7; ++decade) {
      const int parts = (with_sign ? 1 : 2) << decade;
      for (int i = 0; i < parts; ++i) {
        const double at = wrong("ends for middles") ? i : i + 0.5;
        all.push_back(std::pow(10.0, decade - 6) * (0.1 + 0.9 * at / parts));
      }
    }
    return all;
  }
  void round(Numbers& x, bool with_sign) const {
    if (wrong("linear map")) {
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::nearbyint(x[i] * 127) / 127;
      return;
    }
    const auto all = levels(wrong("signed map for v") || with_sign);
    const std::size_t block = wrong("one scale") ? x.size() : wrong("blocks of 128") ? 128 : 256;
    for (std::size_t begin = 0; begin < x.size(); begin += block) {
      double scale = 0;
      for (std::size_t i = begin; i < begin + block; ++i) {
        if (std::fabs(x[i]) > std::fabs(scale)) scale = x[i];
      }
      for (std::size_t i = begin; i < begin + block; ++i) {
        const double s = scale == 0 ? 0 : x[i] / scale;
        double best = 0;
        for (const double level : all) {
          if (level == 1 && s < 0) continue;
          if (std::fabs(level - std::fabs(s)) < std::fabs(best - std::fabs(s))) best = level;
        }
        if (s < 0 && best == 0) best = 5.5e-7;
        x[i] = (s < 0 ? -best : best) * scale;
      }
    }
  }
  // theta after three steps.
  Numbers after(Numbers theta) const {
    Numbers m(theta.size(), 0), v(theta.size(), 0);
    for (int t = 1; t <= 3; ++t) {
      const double lr = 0.05, decay = 0.1;
      for (std::size_t i = 0; i < theta.size(); ++i) {
        const double g = static_cast<float>(gradient(1, static_cast<int>(i), t));
        if (!wrong("decay after") && !wrong("no decay")) theta[i] *= 1 - lr * decay;
        m[i] = 0.9 * m[i] + 0.1 * g;
        v[i] = 0.999 * v[i] + 0.001 * g * g;
      }
      const auto step = [&] {
        for (std::size_t i = 0; i < theta.size(); ++i) {
          theta[i] -= lr * m[i] / (1 - std::pow(0.9, t)) /
                      (std::sqrt(v[i] / (1 - std::pow(0.999, t))) + 1e-8);
          if (wrong("decay after")) theta[i] *= 1 - lr * decay;
        }
      };
      if (!wrong("rounded before the step")) step();
      if (!wrong("m is not rounded")) round(m, true);
      if (!wrong("v is not rounded")) round(v, false);
      if (wrong("rounded before the step")) step();
    }
    return theta;
  }
};

TEST(Mutations, OfStateInBytesAreNoticed) {
  Numbers start;
  for (int i = 0; i < 4096; ++i) start.push_back(static_cast<float>(std::cos(1.3 * i)));
  const Variable x = parameter(from_values(start, {4096}, kFloat32));
  Optimizer<AdamW8bit> optimizer({{"x", x}});
  optimizer.group().lr = 0.05;
  optimizer.group().weight_decay = 0.1;
  for (int t = 1; t <= 3; ++t) {
    Numbers g;
    for (int i = 0; i < 4096; ++i) g.push_back(gradient(1, i, t));
    x.set_grad(from_values(g, {4096}, kFloat32));
    optimizer.step();
  }
  // Elements that differ by more than float32 does; a few fall on the other side of a border.
  const auto far = [&](const Numbers& right) {
    const Numbers got = x.value().to_vector();
    int n = 0;
    for (std::size_t i = 0; i < got.size(); ++i) n += std::fabs(got[i] - right[i]) > 1e-5;
    return n;
  };
  EXPECT_LT(far(Bytes{""}.after(start)), 40);
  for (const char* mistake : {"ends for middles", "linear map", "signed map for v", "one scale",
                              "blocks of 128", "decay after", "no decay", "rounded before the step",
                              "m is not rounded", "v is not rounded"}) {
    EXPECT_GT(far(Bytes{mistake}.after(start)), 400) << mistake << " was not noticed";
  }
}

}  // namespace
}  // namespace gradus::testing
