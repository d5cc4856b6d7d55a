#pragma once
// Tensors of any dtype and strides, and a function of them on the emulated device beside the CPU's.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tensor/random.h"
#include "tests/support/compare.h"
#include "tests/support/every_device.h"
#include "tests/support/on_device.h"

namespace gradus::testing {

inline Tensor there(const Tensor& x) { return x.to(tested_device()); }

/// Numbers of any dtype.
inline Tensor numbers(const Shape& shape, DType dtype, std::uint64_t seed = 1) {
  Generator generator(seed);
  if (dtype == kBool) return bernoulli(shape, 0.5, generator, kBool);
  if (!is_floating(dtype)) return randint(0, 100, shape, generator, dtype);
  return uniform(shape, -2, 2, generator, dtype);
}

/// Views of x [a, b, c] with all kinds of strides.
inline std::vector<Tensor> views_of(const Tensor& x) {
  return {x,
          x.transpose(),
          x.transpose(0, 1),
          x.slice(1, {None, None, -2}),
          x.select(1, 2),
          x.select(0, 0).unsqueeze(0).expand({3, x.dim(1), x.dim(2)}),
          x.slice(2, {1, 1})};
}

/// f(x on the device) has the bits of f(x), in every schedule.
inline void same_bits(const Tensor& base, const std::function<Tensor(const Tensor&)>& f,
                      const std::string& what) {
  for (const Tensor& view : views_of(base)) {
    const Tensor expected = f(view), moved = moved_view(view, base, tested_device());
    in_all_schedules([&] {
      const Tensor y = f(moved);
      EXPECT_EQ(y.device(), tested_device()) << what;
      expect_same_bits(y, expected, what + " of " + describe(view));
    });
  }
}

}  // namespace gradus::testing
