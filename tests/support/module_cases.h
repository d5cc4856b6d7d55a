#pragma once
// Runs the tables of tests/golden/nn, which module_cases.py there writes: the weights of a module
// of PyTorch, what goes in, and what comes out: results, gradients of inputs and parameters, their
// gradients in turn, and the buffers afterwards.
//
//   TEST(Linear, IsThatOfPyTorch) {
//     check_module("linear", [](const ModuleCase& c) {
//       return made(nn::Linear(c.integer("in_features"), c.integer("out_features"), c.rng,
//                              c.flag("bias"), c.dtype));
//     });
//   }
#include <functional>
#include <memory>
#include <vector>

#include "nn/module.h"
#include "tests/support/cases.h"

namespace gradus::testing {

/// One case in one dtype: arguments by name, as cases.h reads them.
struct ModuleCase : Case {
  DType dtype = kFloat64;
  Device device = kCpu;      ///< of the inputs; the module is moved there
  mutable Generator rng{1};  ///< for initial values, which those of PyTorch replace
};

/// A module, and how it is called with the inputs of a case; with its first one if not given.
struct MadeModule {
  using Call = std::function<std::vector<Variable>(const std::vector<Variable>& inputs)>;
  std::shared_ptr<nn::Module> module;
  Call call;
};
template <class M>
MadeModule made(M module) {
  auto shared = std::make_shared<M>(std::move(module));
  return {shared, [shared](const std::vector<Variable>& in) -> std::vector<Variable> {
            return {static_cast<const nn::Module&>(*shared)(in.at(0))};
          }};
}
/// `call(module, inputs)` gives a Variable or a std::vector of them.
template <class M, class F>
MadeModule made(M module, F call) {
  auto shared = std::make_shared<M>(std::move(module));
  return {shared, [shared, call](const std::vector<Variable>& in) -> std::vector<Variable> {
            if constexpr (std::is_convertible_v<decltype(call(*shared, in)), Variable>) {
              return {call(*shared, in)};
            } else {
              return call(*shared, in);
            }
          }};
}

/// What is granted, relative to the largest number of the tensor compared: another order of sums.
struct Granted {
  double float64 = 1e-12, float32 = 2e-5;
};

/// For every case of tests/golden/nn/<name>.json, in float64 and in float32, on every device, and,
/// for gradients, with and without create_graph: makes the module, checks that its state_dict has
/// the names and shapes of PyTorch's, gives it PyTorch's weights, and compares everything. Fails
/// for a table with less than 12 cases.
void check_module(const std::string& name, const std::function<MadeModule(const ModuleCase&)>& make,
                  Granted granted = {});

/// Likewise for a function of Variables, such as a loss, which has no state.
void check_function(
    const std::string& name,
    const std::function<Variable(const ModuleCase&, const std::vector<Variable>&)>& f,
    Granted granted = {});

}  // namespace gradus::testing
