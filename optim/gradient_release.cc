#include "optim/gradient_release.h"

#include <cmath>

#include "autograd/node.h"

namespace gradus::optim {

GradientRelease::GradientRelease(Engine& optimizer, ReleaseClip clip, double max_norm)
    : optimizer_(optimizer), clip_(clip), max_norm_(max_norm) {
  check_range("GradientRelease", "max_norm", max_norm, Range::kPositive);
  if (optimizer.options_.clip_norm > 0) {
    throw ConfigError("[GradientRelease] clip_norm: " + to_text(optimizer.options_.clip_norm) +
                      " in the options; expected 0 and max_norm here");
  }
  if (optimizer.released_) {
    throw ConfigError("[GradientRelease] optimizer: has one already; expected none");
  }
  optimizer.released_ = true;
  for (std::size_t g = 0; g < optimizer.groups_.size(); ++g) {
    for (std::size_t m = 0; m < optimizer.groups_[g].members.size(); ++m) {
      const Variable& parameter = optimizer.groups_[g].members[m].variable;
      if (!parameter.requires_grad()) continue;
      hooks_.push_back(parameter.register_post_accumulate_grad_hook(
          [this, g, m](const Variable& leaf) { arrived(g, m, leaf); }));
    }
  }
  hooks_.push_back(optimizer.register_step_post_hook([this](AnyOptimizer&) {
    last_ = squares_;
    if (clip_ == ReleaseClip::kPreviousNorm) measured_ = squares_;
    if (clip_ == ReleaseClip::kTwoPass) measured_ = -1;
    squares_ = 0;
  }));
}

GradientRelease::~GradientRelease() {
  for (HookHandle& hook : hooks_) hook.remove();
  optimizer_.released_ = false;
}

void GradientRelease::measure(bool on) {
  if (clip_ != ReleaseClip::kTwoPass) {
    throw ConfigError("[GradientRelease] measure: of two passes; expected ReleaseClip::kTwoPass");
  }
  if (measuring_ && !on) measured_ = squares_;
  measuring_ = on;
  squares_ = 0;
}

void GradientRelease::accumulate(bool on) {
  if (on) optimizer_.check_accumulates();
  accumulating_ = on;
}

double GradientRelease::norm() const { return std::sqrt(squares_ > 0 ? squares_ : last_); }

void GradientRelease::arrived(std::size_t group, std::size_t member, const Variable& leaf) {
  Engine::Member& mine = optimizer_.groups_[group].members[member];
  const Tensor g = leaf.node()->grad.node()->value();
  double squares = 0;
  const bool look = clip_ != ReleaseClip::kNone || measuring_ || optimizer_.looks_at_gradients();
  const bool good = !look || optimizer_.look_at(mine, g, squares);
  if (good) squares_ += squares;
  if (good && !measuring_) {
    optimizer_.follow_schedules();
    optimizer_.check_all();
    if (leaf.dtype() != mine.dtype) optimizer_.check_places();  // which may refuse it
    GradientUse use = optimizer_.gradient_use();
    if (clip_ == ReleaseClip::kTwoPass && measured_ < 0) {
      throw ConfigError(
          "[GradientRelease] backward: not measured; expected measure(true) and a "
          "backward before");
    }
    if (clip_ != ReleaseClip::kNone && measured_ >= 0) {
      const double coefficient = max_norm_ / (std::sqrt(measured_) + 1e-6);
      if (!(coefficient >= 1)) use.scale *= coefficient;
    }
    if (optimizer_.squares_twice()) optimizer_.check_size(mine, use);
    optimizer_.step_members(group, {&mine, 1}, use, std::source_location::current(), accumulating_);
  }
  leaf.zero_grad();
}

}  // namespace gradus::optim
