#include "nn/copied_modules.h"

#include <utility>

#include "nn/module.h"

namespace gradus::nn {

std::set<const void*> owned_by(const Module& module) {
  std::set<const void*> all;
  for (const auto& [path, x] : module.named_parameters()) all.insert(x.node());
  for (const auto& [path, x] : module.named_buffers()) all.insert(x.node());
  for (const auto& [path, generator] : module.named_generators()) all.insert(generator);
  return all;
}

constinit thread_local CopiedModules* CopiedModules::current = nullptr;

CopiedModules::CopiedModules() : before_(std::exchange(current, this)) {}
CopiedModules::~CopiedModules() { current = before_; }

void CopiedModules::check(const std::string& name, const Module& whole) const {
  if (seen_.size() < 2) return;  // the whole itself
  const std::set<const void*> known = owned_by(whole);
  for (const Module* part : seen_) {
    for (const void* thing : owned_by(*part)) {
      if (known.contains(thing)) continue;
      const std::string type = part->type_name();
      throw ConfigError("[Module] child '" + name + "': " + whole.type_name() + " holds a " + type +
                        " that it has not registered, which training, files and copies would miss;"
                        " expected Child<" +
                        type + "> x = child(\"x\", " + type + "(...))");
    }
  }
}

}  // namespace gradus::nn
