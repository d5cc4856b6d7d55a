// Convolutions and pooling against the tables of tests/golden/tensor/make_conv.py.
#include <gtest/gtest.h>

#include "tensor/conv.h"
#include "tensor/pooling.h"
#include "tests/support/cases.h"

namespace gradus::testing {
namespace {

PerAxis per_axis(const Case& c, const std::string& name) {
  PerAxis value;
  if (!c.has(name)) return value;
  if (c.args.at(name).is_number()) return c.integer(name);
  for (const auto& n : c.args.at(name)) value.push_back(n);
  return value;
}

ConvOptions conv_options(const Case& c) {
  return {per_axis(c, "stride"), per_axis(c, "padding"), per_axis(c, "dilation"),
          c.integer("groups")};
}

ConvTransposeOptions transpose_options(const Case& c) {
  return {per_axis(c, "stride"), per_axis(c, "padding"), per_axis(c, "output_padding"),
          c.integer("groups"), per_axis(c, "dilation")};
}

MaxPoolOptions max_options(const Case& c) {
  return {per_axis(c, "stride"), per_axis(c, "padding"), per_axis(c, "dilation"),
          c.flag("ceil_mode")};
}

AvgPoolOptions avg_options(const Case& c) {
  AvgPoolOptions options{per_axis(c, "stride"), per_axis(c, "padding"), c.flag("ceil_mode")};
  if (c.has("count_include_pad")) options.count_include_pad = c.flag("count_include_pad");
  if (c.has("divisor_override")) options.divisor_override = c.integer("divisor_override");
  return options;
}

Tensor bias(const Case& c) { return c.in.size() > 2 ? c.in[2] : Tensor(); }

std::vector<Tensor> both(const ValuesAndIndices& found) { return {found.values, found.indices}; }

TEST(ConvGoldens, ConvolutionsAreThoseOfPyTorch) {
  check_cases("conv1d",
              [](const Case& c) { return conv1d(c.in[0], c.in[1], bias(c), conv_options(c)); });
  check_cases("conv2d",
              [](const Case& c) { return conv2d(c.in[0], c.in[1], bias(c), conv_options(c)); });
}

TEST(ConvGoldens, TransposesAreThoseOfPyTorch) {
  check_cases("conv_transpose1d", [](const Case& c) {
    return conv_transpose1d(c.in[0], c.in[1], bias(c), transpose_options(c));
  });
  check_cases("conv_transpose2d", [](const Case& c) {
    return conv_transpose2d(c.in[0], c.in[1], bias(c), transpose_options(c));
  });
}

TEST(ConvGoldens, GradientsInTheKernelAreThoseOfPyTorch) {
  check_cases("conv1d_weight", [](const Case& c) {
    return conv1d_weight(c.in[0], c.in[1], per_axis(c, "kernel"), conv_options(c));
  });
  check_cases("conv2d_weight", [](const Case& c) {
    return conv2d_weight(c.in[0], c.in[1], per_axis(c, "kernel"), conv_options(c));
  });
}

TEST(PoolingGoldens, LargestElementsAreThoseOfPyTorch) {
  check_cases("max_pool1d", [](const Case& c) {
    return max_pool1d(c.in[0], per_axis(c, "kernel"), max_options(c));
  });
  check_cases("max_pool2d", [](const Case& c) {
    return max_pool2d(c.in[0], per_axis(c, "kernel"), max_options(c));
  });
  check_cases("max_pool1d_with_indices", [](const Case& c) {
    return both(max_pool1d_with_indices(c.in[0], per_axis(c, "kernel"), max_options(c)));
  });
  check_cases("max_pool2d_with_indices", [](const Case& c) {
    return both(max_pool2d_with_indices(c.in[0], per_axis(c, "kernel"), max_options(c)));
  });
}

TEST(PoolingGoldens, MeansAreThoseOfPyTorch) {
  check_cases("avg_pool1d", [](const Case& c) {
    return avg_pool1d(c.in[0], per_axis(c, "kernel"), avg_options(c));
  });
  check_cases("avg_pool2d", [](const Case& c) {
    return avg_pool2d(c.in[0], per_axis(c, "kernel"), avg_options(c));
  });
}

TEST(PoolingGoldens, AdaptiveOnesAreThoseOfPyTorch) {
  check_cases("adaptive_avg_pool1d",
              [](const Case& c) { return adaptive_avg_pool1d(c.in[0], per_axis(c, "size")); });
  check_cases("adaptive_avg_pool2d",
              [](const Case& c) { return adaptive_avg_pool2d(c.in[0], per_axis(c, "size")); });
  check_cases("adaptive_max_pool1d",
              [](const Case& c) { return adaptive_max_pool1d(c.in[0], per_axis(c, "size")); });
  check_cases("adaptive_max_pool2d",
              [](const Case& c) { return adaptive_max_pool2d(c.in[0], per_axis(c, "size")); });
  check_cases("adaptive_max_pool1d_with_indices", [](const Case& c) {
    return both(adaptive_max_pool1d_with_indices(c.in[0], per_axis(c, "size")));
  });
  check_cases("adaptive_max_pool2d_with_indices", [](const Case& c) {
    return both(adaptive_max_pool2d_with_indices(c.in[0], per_axis(c, "size")));
  });
}

}  // namespace
}  // namespace gradus::testing
