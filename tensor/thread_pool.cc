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

// One job at a time; workers and the caller take piece numbers from a shared counter.
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
      pieces_ = pieces;
      next_ = 0;
      failed_piece_ = std::numeric_limits<std::int64_t>::max();
      active_ = static_cast<int>(workers_.size());
      ++job_;
    }
    wake_.notify_all();
    work(f, pieces);
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
        workers_.emplace_back([this, seen = job_]() mutable { worker(seen); });
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

  void worker(std::uint64_t seen) {
    while (true) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || job_ != seen; });
      if (stopping_) return;
      seen = job_;
      const PieceFunction f = *function_;
      const std::int64_t pieces = pieces_;
      lock.unlock();
      work(f, pieces);
      lock.lock();
      if (--active_ == 0) done_.notify_one();
    }
  }

  void work(PieceFunction f, std::int64_t pieces) {
    inside_piece = true;
    for (std::int64_t piece; (piece = next_.fetch_add(1)) < pieces;) {
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
    inside_piece = false;
  }

  std::atomic<int> threads_{default_threads()};
  std::mutex job_mutex_, mutex_;
  std::condition_variable wake_, done_;
  std::vector<std::thread> workers_;
  const PieceFunction* function_ = nullptr;
  std::int64_t pieces_ = 0;
  std::atomic<std::int64_t> next_{0};
  std::int64_t failed_piece_ = 0;
  std::exception_ptr error_;
  std::uint64_t job_ = 0;
  int active_ = 0;
  bool stopping_ = false;
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
