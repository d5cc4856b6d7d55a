#pragma once
// Comparisons of tensors and of errors, with messages that name the first difference.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <typeinfo>

#include "tensor/tensor.h"

namespace gradus::testing {

/// "[1, 2]" of the row-major element i.
inline std::string position(std::int64_t i, const Shape& shape) {
  Dims index = Dims::filled(shape.rank(), 0);
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    index[axis] = i % shape[axis];
    i /= shape[axis];
  }
  return to_string(index);
}

/// Same shape, and |got - expected| <= atol + rtol |expected| in every element; NaN equals NaN and
/// an infinity equals itself. dtypes may differ.
inline void expect_close(const Tensor& got, const Tensor& expected, double rtol, double atol,
                         const std::string& what = "") {
  ASSERT_TRUE(got.defined() && expected.defined()) << what;
  ASSERT_EQ(got.shape(), expected.shape()) << what;
  const std::vector<double> a = got.to_vector(), b = expected.to_vector();
  std::size_t differ = 0, first = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool same = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]));
    if (same ||
        std::fabs(a[i] - b[i]) <= atol + (std::isfinite(b[i]) ? rtol * std::fabs(b[i]) : 0)) {
      continue;
    }
    if (differ++ == 0) first = i;
  }
  if (differ == 0) return;
  ADD_FAILURE() << what << (what.empty() ? "" : ": ") << differ << " of " << a.size()
                << " elements differ, first " << position(first, got.shape()) << ": got "
                << to_text(a[first]) << ", expected " << to_text(b[first]) << ", difference "
                << to_text(a[first] - b[first]) << ", allowed "
                << to_text(atol + rtol * std::fabs(b[first]));
}

/// The same numbers: shape, dtype and every bit, but those of NaN, which devices choose.
inline void expect_same_bits(const Tensor& got, const Tensor& expected,
                             const std::string& what = "") {
  if (bitwise_equal(got, expected)) return;
  ASSERT_EQ(got.shape(), expected.shape()) << what;
  ASSERT_EQ(name(got.dtype()), name(expected.dtype())) << what;
  const std::vector<double> a = got.to_vector(), b = expected.to_vector();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] && std::signbit(a[i]) == std::signbit(b[i])) continue;
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    ADD_FAILURE() << what << ": element " << position(i, got.shape()) << ": got " << to_text(a[i])
                  << ", expected the bits of " << to_text(b[i]);
    return;
  }
}

/// f() throws exactly ErrorType, and what() is exactly `text`.
template <class ErrorType, class F>
void expect_throws_text(F&& f, const std::string& text) {
  try {
    f();
  } catch (const std::exception& error) {
    EXPECT_EQ(std::string(error.what()), text);
    EXPECT_TRUE(typeid(error) == typeid(ErrorType))
        << "the error has another type than expected: " << typeid(error).name();
    return;
  }
  ADD_FAILURE() << "nothing was thrown; expected: " << text;
}

}  // namespace gradus::testing
