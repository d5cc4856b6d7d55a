#pragma once
#include <string>

#include "nn/container.h"

namespace gradus::nn {

/// A list of modules that a model calls as it likes; it has no forward of its own. Their names are
/// "0", "1", ... With the struct M given, their own forward can be called.
///   Child<ModuleList<Block>> blocks = child("blocks", ModuleList<Block>());
///   ... for (int i = 0; i < 6; ++i) blocks->append(Block(rng));
///   ... for (const auto& block : *blocks) x = block(x, mask);
template <class M = Module>
struct ModuleList : Container<M> {
  template <class... Modules>
  explicit ModuleList(Modules... modules) {
    (append(std::move(modules)), ...);
  }

  /// One more at the end, a module or a Child that is shared; returns *this.
  template <class Part>
  ModuleList& append(Part module) {
    this->add_module(std::to_string(this->size()), std::move(module));
    return *this;
  }

  bool prints_repeats_once() const override { return true; }
};
template <class... Modules>
ModuleList(Modules...) -> ModuleList<Module>;

}  // namespace gradus::nn
