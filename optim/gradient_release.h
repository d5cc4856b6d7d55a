#pragma once
#include <vector>

#include "optim/engine.h"

namespace gradus::optim {

/// How a limit for the norm of all gradients is kept where they never exist at the same time.
///   kNone          no limit
///   kPreviousNorm  scaled by the norm of the backward before; the first is not scaled
///   kTwoPass       a first backward only measures, a second one steps: exact, and twice the work
enum class ReleaseClip { kNone, kPreviousNorm, kTwoPass };

/// While it lives, every parameter is stepped inside backward(), as soon as the walk comes to it,
/// and its gradient is forgotten: after backward() no gradient is left. The walk comes to such a
/// parameter as soon as all that reads it is done, so that few gradients exist at the same time. (A
/// part of the loss that read the same elements another way, through detach(), may come later, and
/// then complains that they were changed.)
///   GradientRelease release(optimizer);
///   for (...) { loss().backward(); optimizer.step(); }
/// step() then has nothing left to do but to count for the schedules, which is what makes the same
/// loop right without a release; zero_grad() does nothing. The numbers are those of the plain loop,
/// bit for bit, as long as nothing is clipped.
/// With kTwoPass: measure(true); backward; measure(false); backward again (retain_graph, or the
/// loss once more); step(). Each backward is an update of its own, or with accumulate(true) one of
/// the state only. clip_norm of the options is refused; their other policies hold for each
/// parameter alone: kSkip leaves out that parameter only. Source: Lv et al. 2023, "Full parameter
/// fine-tuning for large language models with limited resources" (LOMO), arXiv:2306.09782, for the
/// fusion and the two passes.
class GradientRelease {
 public:
  /// Throws ConfigError: "[GradientRelease] max_norm: 0; expected max_norm > 0 and finite",
  /// "[GradientRelease] clip_norm: 1 in the options; expected 0 and max_norm here", and
  /// "[GradientRelease] optimizer: has one already; expected none".
  explicit GradientRelease(Engine& optimizer, ReleaseClip clip = ReleaseClip::kNone,
                           double max_norm = 1);
  ~GradientRelease();
  GradientRelease(const GradientRelease&) = delete;
  GradientRelease& operator=(const GradientRelease&) = delete;

  /// Whether backward() only measures the norm; it still forgets the gradients.
  void measure(bool on);
  /// Whether backward() gives gradients to the state only, as Engine::accumulate() does: for all
  /// micro-batches but the last. Throws ConfigError for rules that cannot.
  void accumulate(bool on);
  /// Of all gradients since the last step(), or, after it, of those before.
  double norm() const;

 private:
  void arrived(std::size_t group, std::size_t member, const Variable& leaf);

  Engine& optimizer_;
  ReleaseClip clip_;
  double max_norm_;
  bool measuring_ = false, accumulating_ = false;
  double squares_ = 0, measured_ = -1, last_ = 0;  // squares of norms; measured_ < 0: none yet
  std::vector<HookHandle> hooks_;
};

}  // namespace gradus::optim
