#include "nn/copied_modules.h"

#include <utility>

#include "nn/module.h"

namespace gradus::nn {

std::set<const void*> owned_by(const Module& module) {
  std::set<const void*> all;
  for (const auto& [path, part] : module.named_modules()) {
    for (const auto& entry : part->parameters_) all.insert(entry.member.node());
    for (const auto& entry : part->buffers_) all.insert(entry.member.node());
    for (const auto& entry : part->streams_) all.insert(entry.member.get());
  }
  return all;
}

constinit thread_local CopiedModules* CopiedModules::current = nullptr;

CopiedModules::CopiedModules() : before_(std::exchange(current, this)) {}
CopiedModules::~CopiedModules() { current = before_; }

void CopiedModules::check(const std::string& name, const Module& whole) const {
  if (seen_.size() < 2 || whole.holds_by_value()) return;  // seen: the whole itself
  const std::set<const void*> known = owned_by(whole);
  for (const CopyNoted* each : seen_) {
    const Module& part = static_cast<const Module&>(*each);
    for (const void* thing : owned_by(part)) {
      if (known.contains(thing)) continue;
      const std::string type = part.type_name();
      throw ConfigError("[Module] child '" + name + "': " + whole.type_name() + " holds a " + type +
                        " that it has not registered, which training, files and copies would miss;"
                        " expected Child<" +
                        type + "> x = child(\"x\", " + type + "(...))");
    }
  }
}

}  // namespace gradus::nn
