#include "tensor/draws.h"

namespace gradus {
namespace {

constinit thread_local DrawTap* tap = nullptr;

// Puts another tap in force for a while.
class Within {
 public:
  explicit Within(DrawTap* other) : before_(std::exchange(tap, other)) {}
  ~Within() { tap = before_; }

 private:
  DrawTap* before_;
};

}  // namespace

DrawTap::DrawTap() : outer_(std::exchange(tap, this)) {}
DrawTap::~DrawTap() { tap = outer_; }

std::uint64_t DrawTap::draw_outside(Generator& generator, std::uint64_t n) {
  const Within outside(outer_);
  return generator.advance(n);
}

std::uint64_t RecordDraws::draw(Generator& generator, std::uint64_t n) {
  const std::uint64_t first = draw_outside(generator, n);
  draws_.emplace_back(first, n);
  return first;
}

std::uint64_t ReplayDraws::draw(Generator&, std::uint64_t n) {
  if (finished() || draws_[next_].second != n) {
    throw ConfigError("[advance] n: " + std::to_string(n) + "; expected " +
                      (finished() ? "no more draws" : std::to_string(draws_[next_].second)) +
                      ", as in the run that is repeated");
  }
  return draws_[next_++].first;
}

std::uint64_t Generator::advance(std::uint64_t n) {
  if (tap != nullptr) return tap->draw(*this, n);
  const std::uint64_t first = position_;
  position_ += n;
  return first;
}

}  // namespace gradus
