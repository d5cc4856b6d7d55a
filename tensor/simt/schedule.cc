#include "tensor/simt/schedule.h"

#include <charconv>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "tensor/error.h"

namespace gradus::simt {
namespace {

Schedule first_schedule() {
  const char* wished = std::getenv("GRADUS_SIMT_SCHEDULE");
  return wished == nullptr ? Schedule{} : parse_schedule(wished);
}

Schedule& current() {
  thread_local Schedule schedule = first_schedule();
  return schedule;
}

// Source: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators".
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

}  // namespace

std::string to_string(const Schedule& schedule) {
  switch (schedule.order) {
    case Schedule::kAscending:
      return "ascending";
    case Schedule::kDescending:
      return "descending";
    default:
      return "seeded:" + std::to_string(schedule.seed);
  }
}

Schedule parse_schedule(std::string_view text) {
  constexpr std::string_view kPrefix = "seeded:";
  if (text == "ascending") return {};
  if (text == "descending") return {Schedule::kDescending, 0};
  if (text.starts_with(kPrefix)) {
    Schedule seeded{Schedule::kSeeded, 0};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + kPrefix.size(), end, seeded.seed);
    if (error == std::errc() && stop == end) return seeded;
  }
  throw ConfigError("[schedule] text: '" + std::string(text) +
                    "'; expected ascending, descending or seeded:NUMBER");
}

const Schedule& schedule() { return current(); }

UseSchedule::UseSchedule(const Schedule& schedule) : before_(current()) { current() = schedule; }
UseSchedule::~UseSchedule() { current() = before_; }

BlockOrder::BlockOrder(const Schedule& schedule, std::uint64_t n) : n_(n), factor_(1), first_(0) {
  if (schedule.order == Schedule::kDescending) {
    factor_ = n - 1;  // -1 modulo n
    first_ = n - 1;
  } else if (schedule.order == Schedule::kSeeded && n > 2) {
    first_ = mix(schedule.seed) % n;
    factor_ = mix(schedule.seed + 1) % n;
    while (std::gcd(factor_, n) != 1) factor_ = factor_ + 1 == n ? 1 : factor_ + 1;
  }
}

void order_threads(const Schedule& schedule, std::uint64_t draw, std::vector<int>& order) {
  std::iota(order.begin(), order.end(), 0);
  if (schedule.order == Schedule::kAscending) return;
  if (schedule.order == Schedule::kDescending) {
    for (std::size_t i = 0; i < order.size(); ++i)
      order[i] = static_cast<int>(order.size() - 1 - i);
    return;
  }
  std::uint64_t state = mix(schedule.seed) + draw * 0x9E3779B97F4A7C15u;
  for (std::size_t i = order.size() - 1; i > 0; --i) {
    state = mix(state);
    std::swap(order[i], order[state % (i + 1)]);
  }
}

}  // namespace gradus::simt
