#pragma once
// Expected values made by another library; each file of tests/golden has its script beside it.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace gradus::testing {

/// tests/golden/<name>.json. Bazel starts a test in the root of its copy of the tree.
inline nlohmann::json golden(const std::string& name) {
  const std::string path = "tests/golden/" + name + ".json";
  std::ifstream file(path);
  if (!file) throw std::runtime_error("golden file is missing: " + path);
  return nlohmann::json::parse(file);
}

/// A number, or one of the strings "nan", "inf", "-inf", which JSON has no numbers for.
inline double golden_number(const nlohmann::json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}

inline std::vector<double> golden_numbers(const nlohmann::json& list) {
  std::vector<double> values;
  for (const auto& value : list) values.push_back(golden_number(value));
  return values;
}

inline Shape golden_shape(const nlohmann::json& list) {
  Shape shape;
  for (const auto& size : list) shape.push_back(size.get<std::int64_t>());
  return shape;
}

/// {"shape": [...], "values": [...]} as float64.
inline Tensor golden_tensor(const nlohmann::json& tensor) {
  return from_values(golden_numbers(tensor.at("values")), golden_shape(tensor.at("shape")),
                     kFloat64);
}

}  // namespace gradus::testing
