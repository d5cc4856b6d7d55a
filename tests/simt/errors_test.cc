// What the emulated device refuses, with whole texts; after every error it goes on to work.
#include <gtest/gtest.h>

#include <cstdint>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tensor/cuda/kernel.h"
#include "tests/support/on_device.h"

namespace gradus::GRADUS_GPU {
namespace {

using gradus::testing::device_error;
using gradus::testing::DeviceArray;
using gradus::testing::in_all_schedules;
using simt::Launch;

__global__ void nothing() {}
__global__ void write(int* y) { y[threadIdx.x] = 1; }

void expect_refused(const Launch& launch, const std::string& text) {
  EXPECT_EQ(device_error([&] { GRADUS_LAUNCH(nothing, launch); }), "[nothing] " + text);
}

TEST(LaunchLimits, OfBlocks) {
  const auto text = [](const std::string& sizes) {
    return "block: " + sizes + " threads; expected 1..1024 together, z at most 64";
  };
  expect_refused({{1}, {1025}}, text("1025 x 1 x 1"));
  expect_refused({{1}, {32, 33}}, text("32 x 33 x 1"));
  expect_refused({{1}, {0}}, text("0 x 1 x 1"));
  expect_refused({{1}, {1, 1, 65}}, text("1 x 1 x 65"));
  GRADUS_LAUNCH(nothing, (Launch{{1}, {1, 16, 64}}));
}

TEST(LaunchLimits, OfGrids) {
  const auto text = [](const std::string& sizes) {
    return "grid: " + sizes + " blocks; expected 1..2147483647 x 1..65535 x 1..65535";
  };
  expect_refused({{0}, {1}}, text("0 x 1 x 1"));
  expect_refused({{1, 65536}, {1}}, text("1 x 65536 x 1"));
  expect_refused({{1, 1, 65536}, {1}}, text("1 x 1 x 65536"));
  expect_refused({{2147483648u}, {1}}, text("2147483648 x 1 x 1"));
  GRADUS_LAUNCH(nothing, (Launch{{1, 65535}, {1}}));
}

TEST(LaunchLimits, OfDynamicSharedMemory) {
  expect_refused({{1}, {1}, 49153},
                 "shared_bytes: 49153; expected at most 49152, or Launch::large_shared for up to "
                 "166912");
  expect_refused({{1}, {1}, 166913, true}, "shared_bytes: 166913; expected at most 166912");
  GRADUS_LAUNCH(nothing, (Launch{{1}, {1}, 166912, true}));
}

template <int kBytes>
__global__ void take_shared() {
  GRADUS_SHARED(unsigned char, bytes, [kBytes]);
  bytes[0] = 1;
}

TEST(LaunchLimits, OfStaticSharedMemory) {
  GRADUS_LAUNCH(take_shared<49152>, (Launch{{1}, {1}}));
  EXPECT_TRUE(std::regex_match(
      device_error([] {
        GRADUS_LAUNCH(take_shared<49153>, (Launch{{1}, {1}}));
      }),
      std::regex("\\[take_shared<49153>\\] shared memory: 49153 bytes with bytes; expected at most "
                 "49152 static bytes, and together, unless the launch sets large_shared, in block "
                 "\\(0, 0, 0\\), thread \\(0, 0, 0\\), .*errors_test.cc:[0-9]+")));
  EXPECT_TRUE(
      std::regex_search(device_error([] {
                          GRADUS_LAUNCH(take_shared<40000>, (Launch{{1}, {1}, 10000}));
                        }),
                        std::regex("40000 bytes with bytes, and 10000 dynamic ones; expected")));
  GRADUS_LAUNCH(take_shared<40000>, (Launch{{1}, {1}, 10000, true}));
}

__global__ void no_dynamic(int* y) {
  GRADUS_DYNAMIC_SHARED(int, values);
  y[0] = values[0];
}

TEST(LaunchLimits, DynamicSharedMemoryMustBeAskedFor) {
  DeviceArray<int> y(1);
  EXPECT_TRUE(std::regex_match(
      device_error([&] {
        GRADUS_LAUNCH(no_dynamic, (Launch{{1}, {1}}), y.data());
      }),
      std::regex("\\[no_dynamic\\] dynamic shared memory: the launch gave 0 bytes; expected "
                 "Launch::shared_bytes, in block .*errors_test.cc:[0-9]+")));
}

struct Two {
  int* first;
  int* second;
  template <class F>
  void visit_pointers(F f) const {
    f(first);
    f(second);
  }
};
__global__ void write_two(int number, Two two) { two.first[0] = two.second[0] = number; }

TEST(Pointers, OfTheHostAreRefusedWithTheArgumentsNumber) {
  DeviceArray<int> y(1);
  int on_host = 0;
  const std::regex text(
      "\\[write_two\\] argument 2: 0x[0-9a-f]+ is no device memory; expected an address from "
      "simt::allocate\\(\\); is it a host pointer\\?");
  for (const Two& two : {Two{&on_host, y.data()}, Two{y.data(), &on_host}}) {
    EXPECT_TRUE(std::regex_match(device_error([&] {
                                   GRADUS_LAUNCH(write_two, (Launch{{1}, {1}}), 3, two);
                                 }),
                                 text));
  }
  GRADUS_LAUNCH(write_two, (Launch{{1}, {1}}), 3, (Two{y.data(), y.data()}));
  EXPECT_EQ(y.values()[0], 3);
}

TEST(Pointers, ThatWereReleasedAreRefused) {
  auto* gone = static_cast<int*>(simt::allocate(4));
  simt::release(gone);
  EXPECT_NE(device_error([&] {
              GRADUS_LAUNCH(write, (Launch{{1}, {1}}), gone);
            }).find("is no device memory"),
            std::string::npos);
}

TEST(Pointers, MayBeNullOrPointInside) {
  DeviceArray<int> y(std::vector<int>{0, 0});
  GRADUS_LAUNCH(write, (Launch{{1}, {1}}), y.data() + 1);
  EXPECT_EQ(y.values(), (std::vector<int>{0, 1}));
}

// ---- threads that wait for each other ----

__global__ void two_barriers(int* y) {
  if (threadIdx.x < 3) {
    y[threadIdx.x] = 1;
    __syncthreads();
  } else {
    y[threadIdx.x] = 2;
    if (threadIdx.x < 8) __syncthreads();
  }
}

TEST(Divergence, NamesBothLinesAndTheThreads) {
  DeviceArray<int> y(10);
  EXPECT_TRUE(std::regex_match(
      device_error([&] {
        GRADUS_LAUNCH(two_barriers, (Launch{{1}, {10}}), y.data());
      }),
      std::regex("\\[two_barriers\\] __syncthreads: thread 3 waits at .*errors_test.cc:([0-9]+), "
                 "but 0..2 at __syncthreads, .*errors_test.cc:([0-9]+), in block \\(0, 0, 0\\); "
                 "expected all threads of the block at the same line")));
}

__global__ void mixed_barriers() {
  if (threadIdx.x == 0) {
    __syncthreads_count(1);
  } else {
    __syncthreads_or(1);
  }
}
__global__ void wrong_mask() {
  if (threadIdx.x < 4) __shfl_sync(0xeu, 1, 0);
}
__global__ void mixed_lanes() {
  if (threadIdx.x < 2) {
    __ballot_sync(0xfu, 1);
  } else {
    __shfl_sync(0xfu, 1, 0);
  }
}
__global__ void wrong_width() { __shfl_sync(0xffffffffu, 1, 0, 12); }
__global__ void waits_for_absent() {
  if (threadIdx.x < 16) {
    __syncwarp();
  } else {
    __syncthreads();
  }
}

TEST(Warps, MisuseIsNamed) {
  const auto text_of = [](auto launch) {
    const std::string text = device_error(launch);
    return std::regex_replace(text, std::regex("[a-z/_]*errors_test.cc:[0-9]+"), "LINE");
  };
  const Launch launch{{1}, {32}};
  EXPECT_EQ(text_of([&] { GRADUS_LAUNCH(mixed_barriers, launch); }),
            "[mixed_barriers] __syncthreads_or: thread 1 waits at LINE, but 0 at "
            "__syncthreads_count, LINE, in block (0, 0, 0); expected all threads of the block at "
            "the same line");
  EXPECT_EQ(text_of([&] { GRADUS_LAUNCH(wrong_mask, launch); }),
            "[wrong_mask] __shfl_sync: the mask has lanes 1..3; expected the calling lane 0 among "
            "them, in block (0, 0, 0), thread (0, 0, 0), LINE");
  EXPECT_EQ(text_of([&] { GRADUS_LAUNCH(mixed_lanes, launch); }),
            "[mixed_lanes] __shfl_sync: lanes 0..1 are at __ballot_sync, LINE; expected all lanes "
            "of the mask at the same function, in block (0, 0, 0), thread (2, 0, 0), LINE");
  EXPECT_EQ(text_of([&] { GRADUS_LAUNCH(wrong_width, launch); }),
            "[wrong_width] width of a shuffle is no power of two up to 32, in block (0, 0, 0), "
            "thread (0, 0, 0), LINE");
  EXPECT_EQ(text_of([&] { GRADUS_LAUNCH(waits_for_absent, launch); }),
            "[waits_for_absent] threads wait for each other for ever: threads 16..31 at "
            "__syncthreads, LINE; threads 0..15 at __syncwarp, LINE, for lanes 0..31, in block "
            "(0, 0, 0); expected every thread at the same barrier");
}

// ---- exceptions and what is left behind ----

struct Counter {
  int* count;
  ~Counter() { atomicAdd(count, 1); }
};
__global__ void throws_in_one(int* destroyed, int* y) {
  const Counter counter{destroyed};
  GRADUS_SHARED(int, values, [64]);
  values[threadIdx.x] = 1;
  __syncthreads();
  if (threadIdx.x == 20) throw std::runtime_error("from thread 20");
  __syncthreads();
  if (threadIdx.x == 0) y[0] = 1;
}

TEST(Exceptions, LeaveEveryThreadProperlyAndTheDeviceUsable) {
  in_all_schedules([] {
    DeviceArray<int> destroyed(std::vector<int>{0}), y(std::vector<int>{0});
    EXPECT_THROW(GRADUS_LAUNCH(throws_in_one, (Launch{{4}, {64}}), destroyed.data(), y.data()),
                 std::runtime_error);
    EXPECT_EQ(destroyed.values()[0], 64);
    EXPECT_EQ(y.values()[0], 0);
    GRADUS_LAUNCH(write, (Launch{{1}, {1}}), y.data());
    EXPECT_EQ(y.values()[0], 1);
  });
}

__global__ void launches(int* y) { GRADUS_LAUNCH(write, (Launch{{1}, {1}}), y); }

TEST(Launches, InsideOfKernelsAreRefused) {
  DeviceArray<int> y(1);
  EXPECT_EQ(device_error([&] {
              GRADUS_LAUNCH(launches, (Launch{{1}, {1}}), y.data());
            }),
            "[write] launch: inside of a kernel; expected a launch by the host");
}

TEST(Launches, DeviceFunctionsOutsideOfKernelsAreRefused) {
  EXPECT_TRUE(std::regex_match(
      device_error([] { __syncthreads(); }),
      std::regex("\\[__syncthreads\\] called outside of a kernel, .*errors_test.cc:[0-9]+")));
}

__global__ void sum_in_block(const int* x, int* y) {
  GRADUS_SHARED(int, values, [128]);
  values[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  for (int half = 64; half > 0; half /= 2) {
    if (static_cast<int>(threadIdx.x) < half) values[threadIdx.x] += values[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) y[0] = values[0];
}

TEST(Launches, FromSeveralThreadsDoNotMeet) {
  std::vector<std::thread> threads;
  std::vector<int> sums(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i, &sums] {
      for (int round = 0; round < 20; ++round) {
        DeviceArray<int> x(std::vector<int>(128, i + 1)), y(1);
        GRADUS_LAUNCH(sum_in_block, (Launch{{1}, {128}}), x.data(), y.data());
        sums[i] += y.values()[0];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(sums[i], 20 * 128 * (i + 1));
}

TEST(Counts, TellHowMuchTheSchedulerDid) {
  DeviceArray<int> x(std::vector<int>(128, 1)), y(1);
  const simt::Counts before = simt::counts();
  GRADUS_LAUNCH(nothing, (Launch{{3}, {50}}));
  const simt::Counts plain = simt::counts();
  EXPECT_EQ(plain.launches - before.launches, 1u);
  EXPECT_EQ(plain.blocks - before.blocks, 3u);
  EXPECT_EQ(plain.threads - before.threads, 150u);
  EXPECT_EQ(plain.barriers, before.barriers);
  GRADUS_LAUNCH(sum_in_block, (Launch{{1}, {128}}), x.data(), y.data());
  EXPECT_EQ(simt::counts().barriers - plain.barriers, 8u * 128);
}

}  // namespace
}  // namespace gradus::GRADUS_GPU
