#pragma once
// Runs the tables of tests/golden/tensor, which cases.py there writes: operands with any strides,
// arguments, and what PyTorch or NumPy gives.
//
//   TEST(Cumsum, IsThatOfPyTorch) {
//     check_cases("cumsum", [](const Case& c) { return cumsum(c.in[0], c.integer("axis")); });
//   }
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace gradus::testing {

/// One call: operands and arguments.
struct Case {
  std::vector<Tensor> in;
  nlohmann::json args;

  bool has(const std::string& name) const { return args.contains(name); }
  std::int64_t integer(const std::string& name) const { return args.at(name); }
  double number(const std::string& name) const;  // "nan", "inf" and "-inf" too
  bool flag(const std::string& name) const { return args.at(name); }
  std::string text(const std::string& name) const { return args.at(name); }
  Shape shape(const std::string& name) const;
  Axes axes(const std::string& name = "axes") const;
  DType dtype(const std::string& name) const;
};

/// What the function gave: Tensor{...} or std::vector<Tensor>{...}.
struct Results {
  Results(Tensor one) : tensors{std::move(one)} {}                       // NOLINT: implicit
  Results(std::vector<Tensor> several) : tensors(std::move(several)) {}  // NOLINT: implicit

  std::vector<Tensor> tensors;
};

/// Calls f for every case of tests/golden/tensor/<function>.json and compares dtype, shape and
/// values within the tolerances that the file states, or the type of the error. The operands must
/// keep their bits, and the operands as built must show the categories that the file claims.
/// Then the same on cuda_emulated, and on a GPU where there is one, with the same texts of errors;
/// cases of more than 20000 elements are left out there, and counted in the output.
void check_cases(const std::string& function, const std::function<Results(const Case&)>& f);

/// Whether there is such a file.
bool has_cases(const std::string& function);

}  // namespace gradus::testing
