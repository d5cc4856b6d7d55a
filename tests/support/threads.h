#pragma once
#include "tensor/thread_pool.h"
#include "tests/support/compare.h"

namespace gradus::testing {

/// Runs kernels on n threads while it lives.
class WithThreads {
 public:
  explicit WithThreads(int n) : before_(num_threads()) { set_num_threads(n); }
  ~WithThreads() { set_num_threads(before_); }
  WithThreads(const WithThreads&) = delete;
  WithThreads& operator=(const WithThreads&) = delete;

 private:
  int before_;
};

/// f's result on one thread, after checking that 2 and 7 threads give the same bits.
template <class F>
auto same_on_all_threads(F&& f) {
  const auto once = [&](int n) {
    const WithThreads threads(n);
    return f();
  };
  const auto one = once(1);
  expect_same_bits(once(2), one, "2 threads against 1");
  expect_same_bits(once(7), one, "7 threads against 1");
  return one;
}

}  // namespace gradus::testing
