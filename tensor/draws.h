#pragma once
// The counters that generators hand out on this thread can be written down and handed out again,
// so that a piece of a program can be run twice with the same random numbers (autograd/checkpoint).
#include <utility>
#include <vector>

#include "tensor/random.h"

namespace gradus {

/// First counter and number of counters, for each call of Generator::advance.
using Draws = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

/// Stands between the generators of a thread and their counters while it lives. They nest.
class DrawTap {
 public:
  DrawTap(const DrawTap&) = delete;
  DrawTap& operator=(const DrawTap&) = delete;
  virtual std::uint64_t draw(Generator& generator, std::uint64_t n) = 0;

 protected:
  DrawTap();
  ~DrawTap();
  /// What the generator would have given without this tap.
  std::uint64_t draw_outside(Generator& generator, std::uint64_t n);

 private:
  DrawTap* outer_;
};

/// Writes down what is drawn.
class RecordDraws final : public DrawTap {
 public:
  explicit RecordDraws(Draws& draws) : draws_(draws) {}
  std::uint64_t draw(Generator& generator, std::uint64_t n) override;

 private:
  Draws& draws_;
};

/// Hands out the same counters again, in the same order, and leaves the positions of the generators
/// as they are.
class ReplayDraws final : public DrawTap {
 public:
  explicit ReplayDraws(const Draws& draws) : draws_(draws) {}
  /// Throws ConfigError for a draw that is not the one that was recorded.
  std::uint64_t draw(Generator& generator, std::uint64_t n) override;
  /// Whether all have been handed out.
  bool finished() const { return next_ == draws_.size(); }

 private:
  const Draws& draws_;
  std::size_t next_ = 0;
};

}  // namespace gradus
