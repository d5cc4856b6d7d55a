#pragma once
#include <cstdint>

namespace gradus::bench {

/// Which form of a loop runs.
enum class Loop {
  kPlain,     ///< one `for` over all elements
  kParallel,  ///< the same in pieces of kPieceSize, shared among the threads of the pool
};

/// Step t of Adam as one would write it for one array and one program: all of optim/rules/adam.h
/// with its default options, and nothing else. lr 1e-3, betas 0.9 and 0.999, eps 1e-8.
void adam_by_hand(Loop loop, float* theta, const float* g, float* m, float* v, std::int64_t n,
                  std::int64_t t);

/// A step of SGD likewise. lr 1e-3.
void sgd_by_hand(Loop loop, float* theta, const float* g, std::int64_t n);

/// The same two steps through optim::apply, the launcher of all rules. They stand here because this
/// folder is compiled with the flags of kernels, as the library's own instances are.
void adam_by_launcher(float* theta, const float* g, float* m, float* v, std::int64_t n,
                      std::int64_t t);
void sgd_by_launcher(float* theta, const float* g, std::int64_t n, std::int64_t t);

}  // namespace gradus::bench
