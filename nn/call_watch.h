#pragma once
#include <string>

#include "autograd/variable.h"

namespace gradus::nn {

class Module;

/// Sees the calls of all modules on this thread while it lives, from the outside to the inside: a
/// table of shapes (summary.h), a profile, the activations of one layer are made of these. Of
/// several that live, the one made last sees them alone. It must end on the thread that made it.
class CallWatch {
 public:
  CallWatch();
  virtual ~CallWatch();
  CallWatch(const CallWatch&) = delete;
  CallWatch& operator=(const CallWatch&) = delete;
  /// The one at work on this thread, or null.
  static CallWatch* current();

  /// A call begins. name: of the part in the module around it, "" for one that is not a child.
  virtual void enter(const Module& module, const std::string& name) = 0;
  /// And ends with this result (with its `output`, if it has several); not called when it throws.
  virtual void leave(const Module& module, const Variable& result) = 0;

 private:
  CallWatch* before_;
};

}  // namespace gradus::nn
