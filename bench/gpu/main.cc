// The program that is carried to a machine with a GPU: the tests of devices and the benchmarks.
//   gpu_tests [--gtest_...]                  tests; those that miss a GPU are SKIPPED, and fail
//                                            instead where GRADUS_REQUIRE_CUDA=1
//   gpu_tests --describe                     the card, or why there is none
//   gpu_tests --bench DEVICE [--small]       benchmarks, as JSON
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "bench/gpu/cases.h"
#include "tensor/cuda/available.h"

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  try {
    if (what == "--describe") {
      const bool there = gradus::cuda::is_available();
      std::puts(there ? gradus::cuda::description(0).c_str()
                      : gradus::cuda::why_unavailable().c_str());
      return 0;
    }
    if (what == "--bench" && argc > 2) {
      const bool small = argc > 3 && std::string(argv[3]) == "--small";
      std::puts(gradus::bench::run_cases(gradus::Device(argv[2]), small).c_str());
      return 0;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
