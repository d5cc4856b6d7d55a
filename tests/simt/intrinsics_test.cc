// What CUDA's functions give on the emulated device, in every schedule.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "tensor/cuda/kernel.h"
#include "tests/support/on_device.h"

namespace gradus::GRADUS_GPU {
namespace {

using gradus::testing::DeviceArray;
using gradus::testing::in_all_schedules;
using simt::Dim3;
using simt::Launch;

// y[thread] = f() of each thread of one block, in every schedule.
template <class F, class T>
__global__ void call(F f, T* y) {
  const unsigned t =
      threadIdx.x + blockDim.x * (threadIdx.y + static_cast<unsigned>(blockDim.y) * threadIdx.z);
  y[t] = f(static_cast<int>(t));
}
template <class T, class F>
void expect_each(unsigned threads, F f, std::type_identity_t<T (*)(int)> expected) {
  in_all_schedules([&] {
    DeviceArray<T> y(threads);
    GRADUS_LAUNCH((call<F, T>), (Launch{{1}, {threads}}), f, y.data());
    const std::vector<T> got = y.values();
    for (unsigned t = 0; t < threads; ++t) {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(got[t]),
                std::bit_cast<std::uint32_t>(expected(static_cast<int>(t))))
          << "thread " << t;
    }
  });
}

constexpr unsigned kAll = 0xffffffffu;

__global__ void write_indices(unsigned* y) {
  const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  y[block * blockDim.x * blockDim.y * blockDim.z + thread] = block * 1000 + thread;
}

TEST(Indices, NumberEveryThreadOfThreeDimensionalGridsOnce) {
  in_all_schedules([] {
    DeviceArray<unsigned> y(2 * 3 * 2 * 24);
    GRADUS_LAUNCH(write_indices, (Launch{{2, 3, 2}, {4, 3, 2}}), y.data());
    const std::vector<unsigned> got = y.values();
    for (unsigned i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], i / 24 * 1000 + i % 24);
  });
}

TEST(Shuffle, ReadsAnyLaneOfTheSegment) {
  expect_each<int>(
      32, [](int t) { return __shfl_sync(kAll, 10 * t, 5); }, [](int) { return 50; });
  expect_each<int>(
      64, [](int t) { return __shfl_sync(kAll, t, 35, 8); }, [](int t) { return t / 8 * 8 + 3; });
  expect_each<float>(
      32, [](int t) { return __shfl_sync(kAll, 0.5f * static_cast<float>(t), t + 1); },
      [](int t) { return 0.5f * static_cast<float>((t + 1) % 32); });
}

TEST(Shuffle, UpAndDownKeepTheOwnValueAtTheEnds) {
  expect_each<int>(
      32, [](int t) { return __shfl_up_sync(kAll, t, 3); },
      [](int t) { return t < 3 ? t : t - 3; });
  expect_each<int>(
      32, [](int t) { return __shfl_down_sync(kAll, t, 3); },
      [](int t) { return t > 28 ? t : t + 3; });
  expect_each<int>(
      32, [](int t) { return __shfl_up_sync(kAll, t, 1, 4); },
      [](int t) { return t % 4 == 0 ? t : t - 1; });
  expect_each<int>(
      32, [](int t) { return __shfl_down_sync(kAll, t, 1, 4); },
      [](int t) { return t % 4 == 3 ? t : t + 1; });
}

TEST(Shuffle, XorExchangesWithinAndReadsEarlierSegments) {
  expect_each<int>(
      32, [](int t) { return __shfl_xor_sync(kAll, t, 1); }, [](int t) { return t ^ 1; });
  expect_each<int>(
      32, [](int t) { return __shfl_xor_sync(kAll, t, 4, 4); },
      [](int t) { return t % 8 >= 4 ? t ^ 4 : t; });
}

TEST(Shuffle, CarriesEightBytes) {
  expect_each<int>(
      32,
      [](int t) {
        const double half = __shfl_down_sync(kAll, t + 0.5, 1);
        const auto wide = __shfl_xor_sync(kAll, std::int64_t{1} << t, 1);
        return static_cast<int>(2 * half) + (wide == std::int64_t{1} << (t ^ 1) ? 1000 : 0);
      },
      [](int t) { return 1000 + 2 * (t == 31 ? 31 : t + 1) + 1; });
}

TEST(Shuffle, OfALaneThatIsNotThereIsAllOnes) {
  // 20 threads: lanes 20..31 do not exist.
  expect_each<int>(
      20, [](int t) { return __shfl_down_sync(kAll, t, 4); },
      [](int t) { return t + 4 < 20 ? t + 4 : -1; });
  // Lanes that have returned are waited for no longer.
  expect_each<int>(
      32, [](int t) { return t < 8 ? t : __shfl_sync(kAll, t, 2); },
      [](int t) { return t < 8 ? t : -1; });
}

TEST(Shuffle, DisjointMasksMeetInDifferentBranches) {
  expect_each<int>(
      32,
      [](int t) {
        if (t % 2 == 0) return __shfl_xor_sync(0x55555555u, t, 2);
        const int once = __shfl_xor_sync(0xaaaaaaaau, t, 2);
        return __shfl_xor_sync(0xaaaaaaaau, once, 4);
      },
      [](int t) { return t % 2 == 0 ? t ^ 2 : t ^ 6; });
}

TEST(Shuffle, ManyInARowKeepApart) {
  expect_each<int>(
      96,
      [](int t) {
        int sum = 0;
        for (int i = 0; i < 40; ++i) sum += __shfl_sync(kAll, t * i, i);
        return sum;
      },
      [](int t) {
        int sum = 0;
        for (int i = 0; i < 40; ++i) sum += (t / 32 * 32 + i % 32) * i;
        return sum;
      });
}

TEST(Votes, BallotAnyAndAll) {
  expect_each<unsigned>(
      64, [](int t) { return __ballot_sync(kAll, t % 3 == 0); },
      [](int t) {
        unsigned bits = 0;
        for (int lane = 0; lane < 32; ++lane) {
          bits |= ((t / 32 * 32 + lane) % 3 == 0 ? 1u : 0u) << lane;
        }
        return bits;
      });
  expect_each<int>(
      64, [](int t) { return __any_sync(kAll, t == 40) + 2 * __all_sync(kAll, t >= 32); },
      [](int t) { return t < 32 ? 0 : 3; });
  expect_each<unsigned>(
      20, [](int) { return __ballot_sync(kAll, 1); }, [](int) { return 0xfffffu; });
}

TEST(Votes, MatchAndReduce) {
  expect_each<unsigned>(
      32, [](int t) { return __match_any_sync(kAll, t / 8); },
      [](int t) { return 0xffu << t / 8 * 8; });
  expect_each<int>(
      32, [](int t) { return __reduce_add_sync(kAll, t) + __reduce_max_sync(kAll, -t); },
      [](int) { return 496; });
  expect_each<unsigned>(
      32,
      [](int t) {
        const auto bit = 1u << t;
        return __reduce_or_sync(kAll, bit) ^ __reduce_and_sync(kAll, ~bit | 1u) ^
               __reduce_xor_sync(kAll, bit & 1u) ^ __reduce_min_sync(kAll, bit);
      },
      [](int) { return kAll ^ 1u ^ 1u ^ 1u; });
}

__global__ void reverse_by_turns(int rounds, int* y) {
  GRADUS_SHARED(int, values, [2][128]);
  const int t = threadIdx.x, n = blockDim.x;
  values[0][t] = t;
  for (int round = 0; round < rounds; ++round) {
    __syncthreads();
    values[(round + 1) % 2][t] = values[round % 2][n - 1 - t] + 1;
  }
  y[t] = values[rounds % 2][t];
}

TEST(Barrier, ManyRoundsOfSharedMemory) {
  in_all_schedules([] {
    for (const unsigned threads : {1u, 7u, 32u, 100u, 128u}) {
      DeviceArray<int> y(threads);
      GRADUS_LAUNCH(reverse_by_turns, (Launch{{1}, {threads}}), 51, y.data());
      const std::vector<int> got = y.values();
      for (unsigned t = 0; t < threads; ++t)
        EXPECT_EQ(got[t], static_cast<int>(threads - 1 - t) + 51);
    }
  });
}

TEST(Barrier, CountsVotes) {
  expect_each<int>(
      100, [](int t) { return __syncthreads_count(t % 4 == 0); }, [](int) { return 25; });
  expect_each<int>(
      100, [](int t) { return __syncthreads_and(t < 100) + 2 * __syncthreads_or(t == 99); },
      [](int) { return 3; });
  expect_each<int>(
      100, [](int t) { return __syncthreads_and(t < 99) + 2 * __syncthreads_or(t == 100); },
      [](int) { return 0; });
}

TEST(Barrier, DoesNotWaitForThreadsThatHaveReturned) {
  expect_each<int>(
      64, [](int t) { return t >= 40 ? -1 : __syncthreads_count(1); },
      [](int t) { return t >= 40 ? -1 : 40; });
}

__global__ void last_block_sums(const float* x, float* partial, unsigned* done, float* y) {
  GRADUS_SHARED(bool, is_last, [1]);
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = 2 * x[blockIdx.x];
    __threadfence();
    is_last[0] = atomicInc(done, gridDim.x - 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (!is_last[0] || threadIdx.x != 0) return;
  __threadfence();
  float sum = 0;
  for (unsigned b = 0; b < gridDim.x; ++b) sum += partial[b];
  y[0] = sum;
}

TEST(Fence, TheLastBlockSeesWhatTheOthersWrote) {
  in_all_schedules([] {
    DeviceArray<float> x(std::vector<float>{1, 2, 3, 4, 5}), partial(5), y(1);
    DeviceArray<unsigned> done(std::vector<unsigned>{0});
    GRADUS_LAUNCH(last_block_sums, (Launch{{5}, {32}}), x.data(), partial.data(), done.data(),
                  y.data());
    EXPECT_EQ(y.values()[0], 30);
    EXPECT_EQ(done.values()[0], 0u);
  });
}

template <class T>
__global__ void atomics(T* y) {
  const T one = 1, t = static_cast<T>(threadIdx.x + blockIdx.x * blockDim.x);
  atomicAdd(&y[0], t);
  if constexpr (std::is_integral_v<T>) {
    atomicMin(&y[1], t + 3);
    atomicMax(&y[2], t);
    atomicAnd(&y[3], ~t);
    atomicOr(&y[4], t);
    atomicXor(&y[5], t);
    if (t == 7) {
      y[6] = atomicExch(&y[6], t);
      y[7] = atomicCAS(&y[7], 2, one);
      y[8] = atomicCAS(&y[8], 3, one);
    }
    if constexpr (sizeof(T) == 4) atomicSub(&y[9], one);
  }
}

template <class T>
void check_atomics() {
  in_all_schedules([] {
    DeviceArray<T> y(std::vector<T>{0, 100, 0, T(-1), 0, 0, 5, 2, 2, 1000});
    GRADUS_LAUNCH(atomics<T>, (Launch{{3}, {40}}), y.data());
    const std::vector<T> got = y.values();
    EXPECT_EQ(got[0], T(119 * 120 / 2));
    if constexpr (std::is_integral_v<T>) {
      EXPECT_EQ(got[1], T(3));
      EXPECT_EQ(got[2], T(119));
      EXPECT_EQ(got[3], T(-1) & ~T(127));
      EXPECT_EQ(got[4], T(127));
      T parity = 0;
      for (int t = 0; t < 120; ++t) parity ^= T(t);
      EXPECT_EQ(got[5], parity);
      EXPECT_EQ(got[6], T(5));
      EXPECT_EQ(got[7], T(2));
      EXPECT_EQ(got[8], T(2));
      EXPECT_EQ(got[9], sizeof(T) == 4 ? T(1000 - 120) : T(1000));
    }
  });
}

TEST(Atomics, OfEveryType) {
  check_atomics<int>();
  check_atomics<unsigned>();
  check_atomics<unsigned long long>();
  check_atomics<float>();
  check_atomics<double>();
}

__global__ void count_around(unsigned* up, unsigned* down) {
  atomicInc(up, 6);
  atomicDec(down, 6);
}

TEST(Atomics, IncAndDecGoAround) {
  in_all_schedules([] {
    DeviceArray<unsigned> up(std::vector<unsigned>{0}), down(std::vector<unsigned>{0});
    GRADUS_LAUNCH(count_around, (Launch{{1}, {10}}), up.data(), down.data());
    EXPECT_EQ(up.values()[0], 3u);    // 0..6, 0, 1, 2, 3
    EXPECT_EQ(down.values()[0], 4u);  // 0, 6..0, 6, 5, 4
  });
}

TEST(Bits, CountAndFind) {
  expect_each<int>(
      32,
      [](int t) {
        const unsigned bit = 1u << t;
        return __popc(bit - 1) + 100 * __clz(static_cast<int>(bit)) +
               10000 * __ffs(static_cast<int>(bit));
      },
      [](int t) { return t + 100 * (31 - t) + 10000 * (t + 1); });
  expect_each<unsigned>(
      3,
      [](int t) {
        return __umulhi(0x80000000u, 6u) + static_cast<unsigned>(__popcll(~0ull << t)) +
               static_cast<unsigned>(__clzll(1) + __ffsll(1ll << 40));
      },
      [](int t) { return 3u + 64 - t + 63 + 41; });
}

template <int kSize>
__global__ void two_arrays(int* y) {
  GRADUS_SHARED(int, first, [kSize]);
  GRADUS_SHARED(int, second, [kSize][2]);
  GRADUS_DYNAMIC_SHARED(int, rest);
  const int t = threadIdx.x;
  first[t] = t;
  second[t][0] = second[t][1] = 10 * t;
  rest[t] = 100 * t;
  __syncthreads();
  const int left = (t + 1) % kSize;
  y[blockIdx.x * kSize + t] = first[left] + second[left][1] + rest[left];
}

TEST(SharedMemory, ArraysAndInstancesKeepApart) {
  in_all_schedules([] {
    DeviceArray<int> y(128);
    GRADUS_LAUNCH(two_arrays<64>, (Launch{{2}, {64}, 64 * sizeof(int)}), y.data());
    for (int t = 0; t < 64; ++t) EXPECT_EQ(y.values()[t], 111 * ((t + 1) % 64));
    GRADUS_LAUNCH(two_arrays<16>, (Launch{{2}, {16}, 16 * sizeof(int)}), y.data());
    for (int t = 0; t < 16; ++t) EXPECT_EQ(y.values()[t], 111 * ((t + 1) % 16));
  });
}

__global__ void keep(float* y) {
  GRADUS_SHARED(float, value, [1]);
  y[blockIdx.x] = value[0];
  value[0] = 1;
}

TEST(SharedMemory, IsNaNAtTheStartOfEachBlock) {
  in_all_schedules([] {
    DeviceArray<float> y(std::vector<float>{0, 0, 0});
    GRADUS_LAUNCH(keep, (Launch{{3}, {1}}), y.data());
    for (const float value : y.values()) EXPECT_NE(value, value);
  });
}

}  // namespace
}  // namespace gradus::GRADUS_GPU
