#pragma once
#include <cstdint>
#include <memory>
#include <type_traits>

namespace gradus {

/// Number of threads that run kernels, the caller included. Default: GRADUS_NUM_THREADS, else the
/// number of cores. It never changes a result: work is cut into pieces of a fixed size.
int num_threads();
/// Throws ConfigError unless 1 <= n <= 1024, and inside a piece of parallel work. If the system
/// grants fewer threads, those do the work.
void set_num_threads(int n);

/// A reference to something callable with one piece number; does not own it.
class PieceFunction {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, PieceFunction>)
      PieceFunction(F&& f)  // NOLINT: implicit by design
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
        call_([](void* object, std::int64_t piece) {
          (*static_cast<std::remove_reference_t<F>*>(object))(piece);
        }) {}
  void operator()(std::int64_t piece) const { call_(object_, piece); }

 private:
  void* object_;
  void (*call_)(void*, std::int64_t);
};

/// Calls f(0) ... f(pieces - 1), each once, in any order and on any thread; returns when all are
/// done. An exception of the lowest-numbered piece that threw is thrown again here. Calls from
/// inside a piece run on the calling thread.
void parallel_for(std::int64_t pieces, PieceFunction f);

/// Elements per piece of element-wise work.
inline constexpr std::int64_t kPieceSize = 16384;

/// Calls f(begin, end) over pieces of kPieceSize that cover 0..n.
template <class F>
void parallel_pieces(std::int64_t n, F&& f) {
  if (n <= kPieceSize) {
    f(std::int64_t{0}, n);
    return;
  }
  parallel_for((n + kPieceSize - 1) / kPieceSize, [&](std::int64_t piece) {
    const std::int64_t begin = piece * kPieceSize;
    f(begin, begin + kPieceSize < n ? begin + kPieceSize : n);
  });
}

}  // namespace gradus
