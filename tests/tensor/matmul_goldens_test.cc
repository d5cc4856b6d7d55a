// Matrix products against the table of tests/golden/tensor/make_matmul.py.
#include <gtest/gtest.h>

#include "tensor/matmul.h"
#include "tests/support/cases.h"

namespace gradus::testing {
namespace {

TEST(MatmulGoldens, AreThoseOfPyTorch) {
  check_cases("matmul", [](const Case& c) { return matmul(c.in[0], c.in[1]); });
}

}  // namespace
}  // namespace gradus::testing
