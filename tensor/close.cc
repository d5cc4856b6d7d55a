#include "tensor/close.h"

#include <algorithm>

#include "tensor/elementwise/equal.h"
#include "tensor/elementwise/greater_equal.h"
#include "tensor/elementwise/not_equal.h"
#include "tensor/reduce.h"

namespace gradus {
namespace {

// Throws for the first element of b where `taken` is false.
void expect_all(std::string_view op, const Tensor& b, const Tensor& taken,
                std::string_view expected) {
  if (all(taken).item() != 0) return;
  const std::vector<double> flags = taken.to_vector();
  const auto i =
      static_cast<std::int64_t>(std::find(flags.begin(), flags.end(), 0.0) - flags.begin());
  std::string place = "[";
  std::int64_t block = taken.numel(), rest = i;
  for (int axis = 0; axis < b.rank(); ++axis) {
    block /= b.shape()[axis];
    place += (axis > 0 ? ", " : "") + std::to_string(rest / block);
    rest %= block;
  }
  throw DTypeError("[" + std::string(op) + "] b: " + to_text(b.to_vector()[i]) + " at " + place +
                   "]; expected " + std::string(expected) +
                   " for whole numbers; convert with to(kFloat32)");
}

}  // namespace

bool allclose(const Tensor& a, const Tensor& b, const ops::Isclose& tolerance) {
  return all(isclose(a, b, tolerance)).item() != 0;
}

bool array_equal(const Tensor& a, const Tensor& b) {
  check_defined("array_equal", "a", a);
  check_defined("array_equal", "b", b);
  return a.shape() == b.shape() && all(equal(a, b)).item() != 0;
}

void expect_no_zeros(std::string_view op, const Tensor& b) {
  expect_all(op, b, not_equal(b, 0), "other divisors");
}

void expect_no_negatives(std::string_view op, const Tensor& b) {
  expect_all(op, b, greater_equal(b, 0), "exponents >= 0");
}

}  // namespace gradus
