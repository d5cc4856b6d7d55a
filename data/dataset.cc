#include "data/dataset.h"

#include <string>

namespace gradus::data {

Dataset Dataset::head(std::int64_t n) const {
  if (n < 1 || n > size()) {
    throw ConfigError("[dataset] head: " + std::to_string(n) + " rows; expected 1.." +
                      std::to_string(size()));
  }
  return {features.slice(0, {0, n}), targets.slice(0, {0, n})};
}

void check_dataset(const Dataset& dataset) {
  const auto check_rows = [](const std::string& argument, const Tensor& x) {
    check_defined("dataset", argument, x);
    if (x.rank() == 0) {
      throw ShapeError("[dataset] " + argument + ": 0-d tensor; expected one sample per row");
    }
  };
  check_rows("features", dataset.features);
  check_rows("targets", dataset.targets);
  const std::int64_t rows = dataset.features.dim(0), others = dataset.targets.dim(0);
  if (rows != others) {
    throw ShapeError("[dataset] features is " + to_string(dataset.features.shape()) +
                     " and targets is " + to_string(dataset.targets.shape()) + ": " +
                     std::to_string(rows) + " and " + std::to_string(others) +
                     " rows; expected one target per row");
  }
  if (rows == 0) {
    throw ConfigError("[dataset] features: shape " + to_string(dataset.features.shape()) +
                      " has no rows; expected at least one");
  }
}

}  // namespace gradus::data
