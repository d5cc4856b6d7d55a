#pragma once
#include <span>

#include "autograd/variable.h"

namespace gradus {

/// Sees what happens on the tape of this thread while it lives: the base of AnomalyGuard and of
/// TapeTrace. Several may live at once; each hands on to the one before it. Without one, recording
/// reads one thread-local pointer and no more.
class TapeWatch {
 public:
  TapeWatch(const TapeWatch&) = delete;
  TapeWatch& operator=(const TapeWatch&) = delete;
  virtual ~TapeWatch();

  /// The newest watch of this thread, or null.
  static TapeWatch* current() { return current_; }
  /// A handle of `node` was made; the first time it is a new result of an operation.
  static void tell_handled(Node& node) {
    for (TapeWatch* w = current_; w != nullptr; w = w->outer_) w->handled(node);
  }
  /// The backward of `node` has computed dx from dy; those not wanted are undefined.
  static void tell_differentiated(Node& node, const Variable& dy, std::span<const Variable> dx) {
    for (TapeWatch* w = current_; w != nullptr; w = w->outer_) w->differentiated(node, dy, dx);
  }

 protected:
  TapeWatch();
  /// Whether this node is met for the first time, and was recorded since the watch began. Nodes
  /// are met in the order of their numbers.
  bool is_new(const Node& node);

 private:
  virtual void handled(Node&) {}
  virtual void differentiated(Node&, const Variable&, std::span<const Variable>) {}

  static constinit thread_local TapeWatch* current_;
  TapeWatch* outer_;
  std::uint64_t newest_;
};

}  // namespace gradus
