// How fast the emulated device runs kernels, on one core: elements or floating operations per
// second (items), launches and switches. Beside them the plain loop over the same elements.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "tensor/cuda/kernel.h"
#include "tensor/cuda/matmul.h"
#include "tensor/cuda/softmax.h"
#include "tensor/cuda/sum.h"
#include "tensor/simt/memory.h"

namespace gradus::GRADUS_GPU {
namespace {

using simt::Launch;

constexpr std::int64_t kMany = 1 << 20;

struct Array {
  float* data;
  explicit Array(std::int64_t n) : data(static_cast<float*>(simt::allocate(n * sizeof(float)))) {
    for (std::int64_t i = 0; i < n; ++i) data[i] = static_cast<float>(i % 17) / 16;
  }
  ~Array() { simt::release(data); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
};

__global__ void axpy(std::int64_t n, float a, const float* x, float* y) {
  const std::int64_t all = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n;
       i += all) {
    y[i] = a * x[i] + y[i];
  }
}
__global__ void axpy_float4(std::int64_t n, float a, const float* x, float* y) {
  const std::int64_t all = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  const float4* from = aligned<float4>(x);
  float4* to = aligned<float4>(y);
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n / 4;
       i += all) {
    const float4 u = from[i], v = to[i];
    to[i] = make_float4(a * u.x + v.x, a * u.y + v.y, a * u.z + v.z, a * u.w + v.w);
  }
}
__global__ void histogram(std::int64_t n, const float* x, unsigned* bins) {
  GRADUS_SHARED(unsigned, part, [64]);
  if (threadIdx.x < 64) part[threadIdx.x] = 0;
  __syncthreads();
  const std::int64_t all = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n;
       i += all) {
    atomicAdd(&part[static_cast<int>(x[i] * 32) % 64], 1u);
  }
  __syncthreads();
  if (threadIdx.x < 64) atomicAdd(&bins[threadIdx.x], part[threadIdx.x]);
}
// Every thread reads its elements, warps and then the block combine them: 1 barrier, 10 shuffles.
__global__ void block_sums(std::int64_t n, const float* x, float* y) {
  GRADUS_SHARED(float, part, [32]);
  const std::int64_t all = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  float sum = 0;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n;
       i += all) {
    sum += x[i];
  }
  for (int half = 16; half > 0; half /= 2) sum += __shfl_down_sync(0xffffffffu, sum, half);
  if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x >= 32) return;
  sum = threadIdx.x < blockDim.x / 32 ? part[threadIdx.x] : 0;
  for (int half = 16; half > 0; half /= 2) sum += __shfl_down_sync(0xffffffffu, sum, half);
  if (threadIdx.x == 0) y[blockIdx.x] = sum;
}
__global__ void nothing() {}
__global__ void barriers(int n) {
  for (int i = 0; i < n; ++i) __syncthreads();
}

void count_items(benchmark::State& state, std::int64_t each) {
  state.SetItemsProcessed(state.iterations() * each);
}

void plain_axpy(benchmark::State& state) {
  const Array x(kMany), y(kMany);
  for (auto _ : state) {
    float *a = x.data, *b = y.data;
    benchmark::DoNotOptimize(a);
    benchmark::DoNotOptimize(b);
    for (std::int64_t i = 0; i < kMany; ++i) b[i] = 0.5f * a[i] + b[i];
    benchmark::ClobberMemory();
  }
  count_items(state, kMany);
}
BENCHMARK(plain_axpy);

void simt_axpy(benchmark::State& state) {
  const Array x(kMany), y(kMany);
  for (auto _ : state) {
    GRADUS_LAUNCH(axpy, (Launch{{kMany / 1024}, {256}}), kMany, 0.5f, x.data, y.data);
  }
  count_items(state, kMany);
}
BENCHMARK(simt_axpy);

void simt_axpy_float4(benchmark::State& state) {
  const Array x(kMany), y(kMany);
  for (auto _ : state) {
    GRADUS_LAUNCH(axpy_float4, (Launch{{kMany / 4096}, {256}}), kMany, 0.5f, x.data, y.data);
  }
  count_items(state, kMany);
}
BENCHMARK(simt_axpy_float4);

void simt_block_sums(benchmark::State& state) {
  const Array x(kMany), y(256);
  for (auto _ : state) {
    GRADUS_LAUNCH(block_sums, (Launch{{256}, {256}}), kMany, x.data, y.data);
  }
  count_items(state, kMany);
}
BENCHMARK(simt_block_sums);

void simt_sum_rows(benchmark::State& state) {
  const auto rung = static_cast<gpu::SumRung>(state.range(0));
  const Array x(kMany), y(1024), scratch(4096);
  for (auto _ : state) {
    gpu::sum_rows<ThisDevice, float>(rung, 1024, 1024, x.data, y.data, scratch.data, nullptr);
  }
  count_items(state, kMany);
}
BENCHMARK(simt_sum_rows)->Arg(0)->Arg(1)->Arg(2);

void simt_matmul(benchmark::State& state) {
  constexpr std::int64_t n = 128;
  const auto rung = static_cast<gpu::MatmulRung>(state.range(0));
  const Array a(n * n), b(n * n), c(n * n);
  for (auto _ : state) {
    gpu::matmul<ThisDevice, float>(rung, n, n, n, a.data, b.data, c.data, nullptr);
  }
  count_items(state, 2 * n * n * n);
}
BENCHMARK(simt_matmul)->Arg(0)->Arg(1);

void simt_softmax(benchmark::State& state) {
  const Array x(256 * 1000), y(256 * 1000);
  for (auto _ : state) {
    gpu::softmax_rows<ThisDevice, float>(false, 256, 1000, x.data, y.data, nullptr);
  }
  count_items(state, 256 * 1000);
}
BENCHMARK(simt_softmax);

void simt_histogram(benchmark::State& state) {
  const Array x(kMany), bins(64);
  for (auto _ : state) {
    GRADUS_LAUNCH(histogram, (Launch{{64}, {256}}), kMany, x.data,
                  reinterpret_cast<unsigned*>(bins.data));
  }
  count_items(state, kMany);
}
BENCHMARK(simt_histogram);

void simt_launch(benchmark::State& state) {
  const auto threads = static_cast<unsigned>(state.range(0));
  for (auto _ : state) GRADUS_LAUNCH(nothing, (Launch{{1}, {threads}}));
}
BENCHMARK(simt_launch)->Arg(32)->Arg(256);

void simt_barrier(benchmark::State& state) {  // time per thread and barrier: that of a switch
  const auto threads = static_cast<unsigned>(state.range(0));
  for (auto _ : state) GRADUS_LAUNCH(barriers, (Launch{{1}, {threads}}), 100);
  count_items(state, std::int64_t{100} * threads);
}
BENCHMARK(simt_barrier)->Arg(32)->Arg(256)->Arg(1024);

}  // namespace
}  // namespace gradus::GRADUS_GPU

BENCHMARK_MAIN();
