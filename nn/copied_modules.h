#pragma once
#include <set>
#include <string>
#include <vector>

namespace gradus::nn {

class CopyNoted;
class Module;

/// What identifies the parameters, buffers and random streams of a module and its children,
/// whatever handles they are reached by.
std::set<const void*> owned_by(const Module& module);

/// Sees which modules are copied or moved on this thread while it lives. A struct that is copied
/// copies what it holds by value: so child() finds modules that were not registered.
class CopiedModules {
 public:
  CopiedModules();
  ~CopiedModules();
  CopiedModules(const CopiedModules&) = delete;
  CopiedModules& operator=(const CopiedModules&) = delete;

  /// Throws ConfigError when `whole`, which becomes the child `name`, has a module that owns
  /// something and that it did not register:
  ///   "[Module] child 'block': Block holds a Linear that it has not registered, which training,
  /// files and copies would miss; expected Child<Linear> x = child("x", Linear(...))"
  void check(const std::string& name, const Module& whole) const;

 private:
  friend class CopyNoted;
  static constinit thread_local CopiedModules* current;
  std::vector<const CopyNoted*> seen_;
  CopiedModules* before_;
};

/// What Module has for a base, so that its own copies need no text.
class CopyNoted {
 protected:
  CopyNoted() = default;
  ~CopyNoted() = default;
  CopyNoted(const CopyNoted&) { note(); }
  CopyNoted(CopyNoted&&) noexcept { note(); }
  CopyNoted& operator=(const CopyNoted&) = default;
  CopyNoted& operator=(CopyNoted&&) = default;

 private:
  void note() const {
    if (CopiedModules::current != nullptr) [[unlikely]] {
      CopiedModules::current->seen_.push_back(this);
    }
  }
};

}  // namespace gradus::nn
