#pragma once
// How a benchmark of tensors registers what it measures: each case with one thread and with two,
// beside the hand-written form of the same work.
#include <benchmark/benchmark.h>

#include <string>
#include <thread>

#include "tensor/thread_pool.h"

namespace gradus::bench {

/// Times work(), after two runs that start threads and fill caches.
template <class Work>
void register_case(const std::string& name, int threads, Work work) {
  benchmark::RegisterBenchmark(name.c_str(), [threads, work](benchmark::State& state) {
    set_num_threads(threads);
    for (int i = 0; i < 2; ++i) work();
    for (auto _ : state) {
      work();
      benchmark::ClobberMemory();
    }
  })->UseRealTime();
}

/// NAME/threads:1 and NAME/threads:2.
template <class Ours>
void register_ours(const std::string& name, Ours ours) {
  for (int threads = 1; threads <= 2; ++threads) {
    if (threads > 1 && std::thread::hardware_concurrency() == 1) continue;
    register_case(name + "/threads:" + std::to_string(threads), threads, ours);
  }
}

/// The same with NAME/threads:N/hand. hand() must itself use num_threads() threads.
template <class Ours, class Hand>
void register_pair(const std::string& name, Ours ours, Hand hand) {
  register_ours(name, ours);
  for (int threads = 1; threads <= 2; ++threads) {
    if (threads > 1 && std::thread::hardware_concurrency() == 1) continue;
    register_case(name + "/threads:" + std::to_string(threads) + "/hand", threads, hand);
  }
}

}  // namespace gradus::bench
