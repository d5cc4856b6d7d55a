#include "tests/support/module_cases.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "autograd/ops/sum.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/mul.h"
#include "tests/support/compare.h"
#include "tests/support/every_device.h"
#include "tests/support/golden.h"

namespace gradus::testing {
namespace {

using nlohmann::json;

// A floating tensor in the dtype of the case; indices and masks as they are.
Tensor read(const json& x, DType dtype) {
  const std::string stored = x.value("dtype", "float64");
  const Tensor exact = golden_tensor(x);
  if (stored == "float64") return exact.to(dtype);
  for (const DType d : kAllDTypes) {
    if (name(d) == stored) return exact.to(d);
  }
  throw std::runtime_error("a golden file names the dtype " + stored + ", which there is not");
}

bool has_gradient(const Variable& x) { return is_floating(x.dtype()); }

// 1, 1/2, 1/3, ... in the shape of x, as the script has them.
Tensor weights(const Variable& x) {
  const Tensor falling = 1.0 / (arange(x.numel(), kFloat64) + 1);
  return falling.reshape(x.shape()).to(x.dtype()).to(x.value().device());
}

Variable weighted_sum(const std::vector<Variable>& xs, bool squared) {
  Variable total;
  for (const Variable& x : xs) {
    if (!x.defined() || !has_gradient(x)) continue;
    const Variable term = sum((squared ? x * x : x) * weights(x));
    total = total.defined() ? total + term : term;
  }
  return total;
}

void compare(const Variable& got, const json& expected, double granted, const std::string& what) {
  const Tensor reference = golden_tensor(expected);
  const Tensor value = got.defined() ? got.value().to(kCpu) : zeros(reference.shape(), kFloat64);
  double largest = 0;
  for (double v : reference.to_vector()) {
    if (std::isfinite(v)) largest = std::max(largest, std::fabs(v));
  }
  expect_close(value, reference, 0, granted * std::max(largest, 1.0), what);
}

// Gives the module the state of PyTorch's. False when the names differ.
bool set_state(const nn::Module& module, const json& state, DType dtype, const std::string& what) {
  std::vector<std::string> got, expected;
  for (const auto& [name, value] : module.state_dict()) got.push_back(name);
  for (const auto& entry : state.items()) expected.push_back(entry.key());
  std::sort(got.begin(), got.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(got, expected) << what << ": names in the state_dict";
  if (got != expected) return false;
  for (const auto& [name, value] : module.state_dict()) {
    const Tensor wanted = read(state.at(name), dtype);
    EXPECT_EQ(value.shape(), wanted.shape()) << what << ": " << name;
    EXPECT_EQ(gradus::name(value.dtype()), gradus::name(wanted.dtype())) << what << ": " << name;
    if (value.shape() != wanted.shape()) return false;
    value.copy_from(wanted);
  }
  return true;
}

struct Check {
  const json& entry;
  double granted;
  std::string what;

  void outputs(const std::vector<Variable>& y) const {
    ASSERT_EQ(y.size(), entry.at("outputs").size()) << what;
    for (std::size_t i = 0; i < y.size(); ++i) {
      compare(y[i], entry["outputs"][i], granted, what + ", output " + std::to_string(i));
    }
  }

  void derivatives(const char* order, const std::vector<std::string>& names,
                   const std::vector<Variable>& got) const {
    const json& expected = entry.at(order);
    ASSERT_EQ(names.size(), expected.size()) << what << ": " << order;
    for (std::size_t i = 0; i < names.size(); ++i) {
      compare(got[i], expected.at(names[i]), granted, what + ", " + order + " of " + names[i]);
    }
  }
};

void run(const MadeModule::Call& call, const nn::Module* module, const ModuleCase& c,
         const Check& check) {
  std::vector<Variable> in, of;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < c.in.size(); ++i) {
    in.emplace_back(c.in[i]);
    if (!c.in[i].defined() || !has_gradient(in[i])) continue;
    in[i].set_requires_grad(true);
    of.push_back(in[i]);
    names.push_back("input " + std::to_string(i));
  }
  if (module != nullptr) {
    for (const auto& [name, parameter] : module->named_parameters()) {
      of.push_back(parameter);
      names.push_back(name);
    }
  }
  const std::vector<Variable> y = call(in);
  check.outputs(y);
  if (module != nullptr && check.entry.contains("buffers")) {
    for (const auto& entry : check.entry["buffers"].items()) {
      compare(module->get_buffer(entry.key()), entry.value(), check.granted,
              check.what + ", buffer " + entry.key() + " afterwards");
    }
  }
  if (!check.entry.contains("first")) return;
  const bool smooth = check.entry.contains("second");
  const Variable total = weighted_sum(y, true);
  const auto plain = grad(std::span(&total, 1), of, {}, {.retain_graph = true}, true);
  check.derivatives("first", names, plain);
  if (!smooth) return;
  const auto first = grad(std::span(&total, 1), of, {}, {.create_graph = true}, true);
  check.derivatives("first", names, first);
  const Variable again = weighted_sum(first, false);
  std::vector<Variable> second(of.size());
  if (again.defined() && again.requires_grad()) {
    second = grad(std::span(&again, 1), of, {}, {}, true);
  }
  check.derivatives("second", names, second);
}

// In float64 and float32 on the CPU, and in float64 on the other devices.
void for_each_case(const std::string& file, const Granted& granted,
                   const std::function<void(const ModuleCase&, const Check&)>& f) {
  const json table = golden("nn/" + file);
  EXPECT_GE(table.size(), 12u) << "a table has 12 cases at least";
  std::vector<std::pair<DType, Device>> runs = {{kFloat64, kCpu}, {kFloat32, kCpu}};
  for (const Device device : other_devices(file)) runs.push_back({kFloat64, device});
  for (std::size_t i = 0; i < table.size(); ++i) {
    for (const auto& [dtype, device] : runs) {
      const json& entry = table[i];
      ModuleCase c;
      c.args = entry.at("args");
      c.dtype = dtype;
      c.device = device;
      for (const json& x : entry.at("inputs")) {
        c.in.push_back(x.is_null() ? Tensor() : read(x, dtype).to(device));
      }
      f(c, {entry, dtype == kFloat64 ? granted.float64 : granted.float32,
            file + " " + std::to_string(i) + " " + c.args.dump() + ", " + std::string(name(dtype)) +
                " on " + to_string(device)});
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

}  // namespace

void check_module(const std::string& name, const std::function<MadeModule(const ModuleCase&)>& make,
                  Granted granted) {
  for_each_case(name, granted, [&](const ModuleCase& c, const Check& check) {
    const MadeModule made = make(c);
    made.module->train(check.entry.value("train", true));
    if (!set_state(*made.module, check.entry.at("state"), c.dtype, check.what)) return;
    made.module->to(c.device);
    run(made.call, made.module.get(), c, check);
  });
}

void check_function(
    const std::string& name,
    const std::function<Variable(const ModuleCase&, const std::vector<Variable>&)>& f,
    Granted granted) {
  for_each_case(name, granted, [&](const ModuleCase& c, const Check& check) {
    run([&](const std::vector<Variable>& in) { return std::vector<Variable>{f(c, in)}; }, nullptr,
        c, check);
  });
}

}  // namespace gradus::testing
