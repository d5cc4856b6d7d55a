// The seam at which cuBLAS plugs in: the emulated table against sums in double, and gemm()'s way
// from tensors' terms to the table's. A GPU's cuBLAS goes through the same cases where there is
// one.
#include "tensor/cuda/blas.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tensor/cuda/available.h"
#include "tensor/cuda/blas_table.h"
#include "tensor/cuda/runtime.h"
#include "tests/support/compare.h"
#include "tests/support/every_device.h"

namespace gradus::testing {
namespace {

struct Sizes {
  std::int64_t m, n, k, pad, batch;
};

// Column-major, with `pad` numbers between the columns, which stay as they are.
std::vector<double> matrix(std::int64_t rows, std::int64_t columns, const Sizes& s, int seed) {
  std::vector<double> x(s.batch * (rows + s.pad) * columns);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<double>((i * 7 + seed * 5) % 13) - 6;  // whole: every sum is exact
  }
  return x;
}

void check_gemm(Device device, DType dtype, const Sizes& s, bool ta, bool tb, double alpha,
                double beta) {
  SCOPED_TRACE(::testing::Message() << name(dtype) << " ta " << ta << " tb " << tb << " beta "
                                    << beta << " pad " << s.pad << " batch " << s.batch);
  const std::int64_t rows_a = ta ? s.k : s.m, rows_b = tb ? s.n : s.k;
  const std::int64_t columns_a = ta ? s.m : s.k, columns_b = tb ? s.k : s.n;
  gpu::Gemm call{
      .dtype = dtype, .transpose_a = ta, .transpose_b = tb, .m = s.m, .n = s.n, .k = s.k};
  call.lda = rows_a + s.pad;
  call.ldb = rows_b + s.pad;
  call.ldc = s.m + s.pad;
  call.stride_a = call.lda * columns_a;
  call.stride_b = call.ldb * columns_b;
  call.stride_c = call.ldc * s.n;
  call.batch = s.batch;
  call.alpha = alpha;
  call.beta = beta;
  const std::vector<double> a = matrix(rows_a, columns_a, s, 1),
                            b = matrix(rows_b, columns_b, s, 2);
  std::vector<double> c = matrix(s.m, s.n, s, 3);
  // With beta 0 nobody may read C.
  if (beta == 0) c.assign(c.size(), std::numeric_limits<double>::quiet_NaN());
  const auto there = [&](const std::vector<double>& x) {
    return from_memory(x.data(), {std::ssize(x)}).to(dtype).to(device);
  };
  const Tensor x = there(a), y = there(b), z = there(c);
  call.a = x.raw_device_data();
  call.b = y.raw_device_data();
  call.c = z.raw_device_data();
  gpu::gemm(device, call);
  const std::vector<double> got = z.to(kCpu).to_vector();
  for (std::int64_t p = 0; p < s.batch; ++p) {
    for (std::int64_t j = 0; j < s.n; ++j) {
      for (std::int64_t i = 0; i < s.m + s.pad; ++i) {
        const std::int64_t at = p * call.stride_c + j * call.ldc + i;
        if (i >= s.m) {
          EXPECT_TRUE(got[at] == c[at] || (std::isnan(got[at]) && std::isnan(c[at]))) << "padding";
          continue;
        }
        double sum = 0;
        for (std::int64_t k = 0; k < s.k; ++k) {
          sum += a[p * call.stride_a + (ta ? i * call.lda + k : k * call.lda + i)] *
                 b[p * call.stride_b + (tb ? k * call.ldb + j : j * call.ldb + k)];
        }
        const double expected = alpha * sum + (beta == 0 ? 0 : beta * c[at]);
        ASSERT_EQ(got[at], expected) << "[" << i << ", " << j << "] of matrix " << p;
      }
    }
  }
}

using Blas = EveryDevice;

TEST_P(Blas, MultipliesInAllTransposesPaddingsAndBatches) {
  for (const Sizes& s :
       {Sizes{3, 5, 4, 0, 1}, Sizes{3, 5, 4, 2, 1}, Sizes{4, 1, 7, 3, 3}, Sizes{1, 6, 1, 0, 2}}) {
    for (int t = 0; t < 4; ++t) {
      for (const auto& [alpha, beta] : {std::pair{1.0, 0.0}, {2.0, 0.5}}) {
        check_gemm(device(), kFloat32, s, t & 1, t & 2, alpha, beta);
        check_gemm(device(), kFloat64, s, t & 1, t & 2, alpha, beta);
        check_gemm(device(), kFloat16, s, t & 1, t & 2, alpha, beta);
        // 8 bits hold whole numbers up to 256.
        check_gemm(device(), kBFloat16, {s.m, s.n, 1, s.pad, s.batch}, t & 1, t & 2, alpha, beta);
      }
    }
  }
}

TEST_P(Blas, RefusesShortLeadingDimensionsAndWholeTypes) {
  const Tensor x = zeros({16});
  gpu::Gemm call{.m = 3, .n = 2, .k = 2};
  call.a = call.b = call.c = x.raw_device_data();
  const auto refused = [&](std::int64_t lda, std::int64_t ldb, std::int64_t ldc, const char* text) {
    call.lda = lda;
    call.ldb = ldb;
    call.ldc = ldc;
    expect_throws_text<DeviceError>([&] { gpu::gemm(device(), call); }, text);
  };
  refused(2, 2, 3, "[gemm] lda: 2; expected at least 3, the rows of A");
  refused(3, 1, 3, "[gemm] ldb: 1; expected at least 2, the rows of B");
  refused(3, 2, 2, "[gemm] ldc: 2; expected at least 3, the rows of C");
  call.ldc = 3;
  call.dtype = kInt64;
  expect_throws_text<DTypeError>([&] { gpu::gemm(device(), call); },
                                 "[gemm] dtype: int64; expected a floating one");
}
// The cpu has no table.
std::vector<std::string> gpus() {
  std::vector<std::string> names = devices();
  std::erase(names, "cpu");
  return names;
}
INSTANTIATE_TEST_SUITE_P(, Blas, ::testing::ValuesIn(gpus()),
                         [](const auto& test) { return test.param; });

TEST(EmulatedBlas, RefusesAsCublasDoes) {
  const gpu::BlasTable& table = gpu::emulated_blas();
  const float one = 1, a[16] = {};
  float c[16] = {};
  const auto sgemm = [&](int operation, int m, int lda, int ldc) {
    return table.sgemm(nullptr, operation, gpu::kBlasNormal, m, 2, 2, &one, a, lda, a, 2, &one, c,
                       ldc);
  };
  EXPECT_EQ(sgemm(gpu::kBlasNormal, 3, 3, 3), gpu::kBlasSuccess);
  EXPECT_EQ(sgemm(gpu::kBlasNormal, 3, 2, 3), gpu::kBlasInvalidValue);
  EXPECT_EQ(sgemm(gpu::kBlasTranspose, 3, 2, 3), gpu::kBlasSuccess);
  EXPECT_EQ(sgemm(gpu::kBlasNormal, 3, 3, 2), gpu::kBlasInvalidValue);
  EXPECT_EQ(sgemm(gpu::kBlasNormal, -1, 3, 3), gpu::kBlasInvalidValue);
  EXPECT_EQ(sgemm(7, 3, 3, 3), gpu::kBlasInvalidValue);
  const auto gemm_ex = [&](int type_a, int type_c, int compute) {
    return table.gemm_ex(nullptr, 0, 0, 1, 1, 1, &one, a, type_a, 1, a, type_a, 1, &one, c, type_c,
                         1, compute, gpu::kBlasDefaultAlgorithm);
  };
  EXPECT_EQ(gemm_ex(gpu::kBlasFloat32, gpu::kBlasFloat32, gpu::kBlasComputeFloat32),
            gpu::kBlasSuccess);
  EXPECT_EQ(gemm_ex(gpu::kBlasFloat16, gpu::kBlasFloat32, gpu::kBlasComputeFloat32),
            gpu::kBlasNotSupported);
  EXPECT_EQ(gemm_ex(gpu::kBlasFloat16, gpu::kBlasFloat16, 64), gpu::kBlasNotSupported);
  EXPECT_EQ(gemm_ex(gpu::kBlasFloat64, gpu::kBlasFloat64, gpu::kBlasComputeFloat32),
            gpu::kBlasNotSupported);
}

// Where a toolkit is present the library loads without a GPU; what it then says is its own.
TEST(Cublas, IsLoadedOrSaysWhatItIsMissing) {
  try {
    const gpu::BlasTable& table = gpu::cublas();
    EXPECT_NE(table.gemm_batched_ex, nullptr);
    void* handle = nullptr;
    EXPECT_TRUE(cuda::is_available() || table.create(&handle) != gpu::kBlasSuccess);
  } catch (const DeviceError& error) {
    EXPECT_NE(std::string(error.what()).find("expected it in the loader's path"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace gradus::testing
