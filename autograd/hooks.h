#pragma once
// Functions of the user that a walk calls on its way. A node without hooks has no list of them.
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "autograd/variable.h"

namespace gradus {

/// One registered function. It outlives its list while it runs, and its handle.
struct HookEntry {
  virtual ~HookEntry() = default;
  virtual void forget() = 0;  ///< drops the function and what it holds
  bool removed = false;
  int running = 0;
};

/// Functions that are called in the order of their registration. While they run, one that is
/// removed is not called any more, and one that is added is called from the next time on.
template <class Function>
class HookList {
 public:
  bool empty() const { return entries_.empty(); }

  HookHandle add(Function f) {
    sweep();
    entries_.push_back(std::make_shared<Entry>(std::move(f)));
    return HookHandle(entries_.back());
  }

  /// call(f) for each function. What one of them throws goes through.
  template <class Call>
  void each(Call&& call) {
    const std::size_t n = entries_.size();
    ++walking_;
    const Undo at_end{*this};
    for (std::size_t i = 0; i < n; ++i) {
      const std::shared_ptr<Entry> entry = entries_[i];  // the list may grow and move
      if (entry->removed) continue;
      const Running running(*entry);
      call(entry->f);
    }
  }

 private:
  struct Entry final : HookEntry {
    explicit Entry(Function f) : f(std::move(f)) {}
    void forget() override { f = nullptr; }
    Function f;
  };
  struct Running {
    explicit Running(Entry& entry) : entry(entry) { ++entry.running; }
    ~Running() {
      if (--entry.running == 0 && entry.removed) entry.forget();
    }
    Entry& entry;
  };
  struct Undo {
    HookList& list;
    ~Undo() {
      --list.walking_;
      list.sweep();
    }
  };

  void sweep() {
    if (walking_ == 0) std::erase_if(entries_, [](const auto& entry) { return entry->removed; });
  }

  std::vector<std::shared_ptr<Entry>> entries_;
  int walking_ = 0;
};

/// All hooks of one node, and what else only few nodes have.
struct Hooks {
  std::string name;             ///< see named()
  std::shared_ptr<void> noted;  ///< whom to tell when the node dies, see TapeTrace
  HookList<std::function<Variable(const Variable&)>> on_gradient;
  HookList<std::function<void(const Variable&)>> after_accumulation;
  HookList<std::function<void(const Variable&)>> before_backward;
  HookList<std::function<void(std::span<Variable>, const Variable&)>> after_backward;
};

}  // namespace gradus
