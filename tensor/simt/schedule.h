#pragma once
// The order in which the emulated device runs threads and blocks. Every order is one that CUDA
// allows; a kernel that is right gives the same result in all of them.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::simt {

struct Schedule {
  enum Order : std::uint8_t { kAscending, kDescending, kSeeded };
  Order order = kAscending;
  std::uint64_t seed = 0;  ///< of kSeeded: which of the shuffled orders

  bool operator==(const Schedule&) const = default;
};

/// "ascending", "descending" or "seeded:7".
std::string to_string(const Schedule& schedule);
/// The reverse. Throws ConfigError: "[schedule] text: 'random'; expected ascending, descending or
/// seeded:NUMBER".
Schedule parse_schedule(std::string_view text);

/// The schedule of launches by this thread. At first it is that of the environment variable
/// GRADUS_SIMT_SCHEDULE, else ascending.
const Schedule& schedule();

/// Another schedule while this object lives.
class UseSchedule {
 public:
  explicit UseSchedule(const Schedule& schedule);
  ~UseSchedule();
  UseSchedule(const UseSchedule&) = delete;
  UseSchedule& operator=(const UseSchedule&) = delete;

 private:
  Schedule before_;
};

/// A permutation of 0 .. n-1 that needs no memory: the order of the blocks of a grid.
class BlockOrder {
 public:
  BlockOrder(const Schedule& schedule, std::uint64_t n);
  std::uint64_t operator[](std::uint64_t i) const {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(factor_) * i + first_) % n_);
  }

 private:
  std::uint64_t n_, factor_, first_;
};

/// Puts 0 .. n-1 in the order in which the threads of one block start; `draw` counts the calls with
/// one seed.
void order_threads(const Schedule& schedule, std::uint64_t draw, std::vector<int>& order);

}  // namespace gradus::simt
