#include "data/dataset.h"

#include <string>

#include "tensor/assemble.h"
#include "tensor/indexing.h"

namespace gradus::data {

namespace {

void check_index(std::int64_t i, std::int64_t n) {
  if (i >= 0 && i < n) return;
  throw IndexError("[dataset] sample: " + std::to_string(i) + "; expected 0.." +
                   std::to_string(n - 1) + ", the number of samples is " + std::to_string(n));
}

Tensor rows_of(std::span<const Sample> samples, Tensor Sample::*part, const char* name) {
  std::vector<Tensor> parts;
  for (const Sample& sample : samples) {
    const Tensor& x = sample.*part;
    if (!x.defined()) return {};
    if (!parts.empty() && x.shape() != parts[0].shape()) {
      throw ShapeError("[dataset] " + std::string(name) + " of sample " +
                       std::to_string(parts.size()) + " is " + to_string(x.shape()) +
                       " and of sample 0 is " + to_string(parts[0].shape()) +
                       "; expected equal shapes; give the loader a collate function");
    }
    parts.push_back(x);
  }
  return stack(parts);
}

}  // namespace

Batch Dataset::collate(std::span<const Sample> samples) const {
  return {rows_of(samples, &Sample::x, "x"), rows_of(samples, &Sample::y, "y")};
}

Sample TensorDataset::at(std::int64_t i, Generator&) const {
  check_index(i, size());
  return {features.select(0, i), targets.defined() ? targets.select(0, i) : Tensor()};
}

Batch TensorDataset::rows(const Tensor& rows) const {
  const auto chosen = [&rows](const Tensor& x) {
    return x.defined() ? index_select(x, 0, rows.to(x.device())) : x;
  };
  return {chosen(features), chosen(targets)};
}

TensorDataset TensorDataset::head(std::int64_t n) const {
  if (n < 1 || n > size()) {
    throw ConfigError("[dataset] head: " + std::to_string(n) + " rows; expected 1.." +
                      std::to_string(size()));
  }
  return {features.slice(0, {0, n}), targets.slice(0, {0, n})};
}

void check_dataset(const TensorDataset& dataset) {
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
