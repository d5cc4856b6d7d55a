#include "tensor/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <limits>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "tensor/error.h"

namespace gradus {
namespace {

thread_local bool inside_piece = false;

int default_threads() {
  if (const char* text = std::getenv("GRADUS_NUM_THREADS")) {
    const int n = std::atoi(text);
    if (n >= 1 && n <= 1024) return n;
  }
  return std::max(1u, std::thread::hardware_concurrency());
}

constexpr int kSpins = 1000;  // some 50 us

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// One job at a time; workers and the caller each begin with a share of the pieces.
class ThreadPool {
 public:
  ~ThreadPool() { stop_workers(); }

  int size() const { return threads_.load(std::memory_order_relaxed); }

  void resize(int n) {
    std::lock_guard one_job(job_mutex_);
    stop_workers();
    threads_ = n;
  }

  void run(std::int64_t pieces, PieceFunction f) {
    std::unique_lock one_job(job_mutex_, std::try_to_lock);
    // Another thread of the program runs a job: do not wait for it, work here.
    if (!one_job.owns_lock()) return run_here(pieces, f);
    start_workers();
    {
      std::lock_guard lock(mutex_);
      function_ = &f;
      cut(pieces);
      failed_piece_ = std::numeric_limits<std::int64_t>::max();
      active_ = static_cast<int>(workers_.size());
      ++job_;
    }
    if (asleep_ > 0) wake_.notify_all();
    work(f, 0);
    spin_until([&] { return active_ == 0; });
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return active_ == 0; });
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

  static void run_here(std::int64_t pieces, PieceFunction f) {
    for (std::int64_t piece = 0; piece < pieces; ++piece) f(piece);
  }

 private:
  void start_workers() {
    while (static_cast<int>(workers_.size()) < size() - 1) {
      try {
        const int own = static_cast<int>(workers_.size()) + 1;
        workers_.emplace_back([this, own, seen = job_.load()] { worker(own, seen); });
      } catch (const std::system_error&) {
        return;  // the system grants no more; results do not depend on the number
      }
    }
  }

  void stop_workers() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (auto& worker : workers_) worker.join();
    workers_.clear();
    stopping_ = false;
  }

  void worker(int own, std::uint64_t seen) {
    while (true) {
      spin_until([&] { return stopping_ || job_ != seen; });
      std::unique_lock lock(mutex_);
      ++asleep_;
      wake_.wait(lock, [&] { return stopping_ || job_ != seen; });
      --asleep_;
      if (stopping_) return;
      seen = job_;
      const PieceFunction f = *function_;
      lock.unlock();
      work(f, own);
      lock.lock();
      if (--active_ == 0) done_.notify_one();
    }
  }

  /// Waits a little before going to sleep: being woken takes longer than most jobs.
  template <class Condition>
  void spin_until(Condition condition) const {
    static const int cores = static_cast<int>(std::thread::hardware_concurrency());
    if (size() > cores) return;
    for (int i = 0; i < kSpins && !condition(); ++i) pause();
  }

  /// Gives every thread its share: the same pieces in the next job of this size, so that its part
  /// of the elements is still in the caches of its core.
  void cut(std::int64_t pieces) {
    const auto threads = static_cast<std::int64_t>(workers_.size()) + 1;
    if (static_cast<std::int64_t>(shares_.size()) < threads) shares_ = std::vector<Share>(threads);
    for (std::int64_t i = 0; i < threads; ++i) {
      shares_[i].next = pieces * i / threads;
      shares_[i].end = pieces * (i + 1) / threads;
    }
    for (std::size_t i = threads; i < shares_.size(); ++i) shares_[i].next = shares_[i].end = 0;
  }

  /// Its own share, then what the others have not begun.
  void work(PieceFunction f, int own) {
    inside_piece = true;
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      Share& share = shares_[(own + i) % shares_.size()];
      for (std::int64_t piece; (piece = share.next.fetch_add(1)) < share.end;) try_piece(f, piece);
    }
    inside_piece = false;
  }

  void try_piece(PieceFunction f, std::int64_t piece) {
    try {
      f(piece);
    } catch (...) {
      std::lock_guard lock(mutex_);
      if (piece < failed_piece_) {
        failed_piece_ = piece;
        error_ = std::current_exception();
      }
    }
  }

  struct alignas(64) Share {
    std::atomic<std::int64_t> next{0};
    std::int64_t end = 0;
  };

  std::atomic<int> threads_{default_threads()};
  std::mutex job_mutex_, mutex_;
  std::condition_variable wake_, done_;
  std::vector<std::thread> workers_;
  const PieceFunction* function_ = nullptr;
  std::vector<Share> shares_;
  std::int64_t failed_piece_ = 0;
  std::exception_ptr error_;
  // Changed with the mutex held, looked at while spinning without it.
  std::atomic<std::uint64_t> job_{0};
  std::atomic<int> active_{0}, asleep_{0};
  std::atomic<bool> stopping_{false};
};

ThreadPool& pool() {
  static ThreadPool pool;
  return pool;
}

}  // namespace

int num_threads() { return pool().size(); }

void set_num_threads(int n) {
  if (n < 1 || n > 1024) {
    throw ConfigError("[set_num_threads] n: " + std::to_string(n) + "; expected 1..1024");
  }
  if (inside_piece) {
    throw ConfigError("[set_num_threads] n: " + std::to_string(n) +
                      " asked for inside parallel work; expected a call from outside");
  }
  pool().resize(n);
}

void parallel_for(std::int64_t pieces, PieceFunction f) {
  if (pieces <= 1 || inside_piece || num_threads() == 1) return ThreadPool::run_here(pieces, f);
  pool().run(pieces, f);
}

}  // namespace gradus
