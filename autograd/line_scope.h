#pragma once
#include <source_location>

namespace gradus {

/// While it lives, operations of this thread record `line` instead of their own callers' lines: for
/// a function that is made of several operations and is one to its user. Of several the outermost
/// counts. `line` must outlive it.
class LineScope {
 public:
  explicit LineScope(const std::source_location& line);
  ~LineScope();
  LineScope(const LineScope&) = delete;
  LineScope& operator=(const LineScope&) = delete;

 private:
  const std::source_location* outer_;
};

}  // namespace gradus
