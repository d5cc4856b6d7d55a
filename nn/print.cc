#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <ostream>
#include <typeinfo>

#include "nn/module.h"

namespace gradus::nn {
namespace {

// All lines but the first two columns further right.
std::string indented(const std::string& text) {
  std::string out;
  for (char c : text) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out;
}

}  // namespace

std::string Module::type_name() const {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(typeid(*this).name(), nullptr, nullptr, &status), std::free);
  std::string name = status == 0 ? text.get() : typeid(*this).name();
  name.resize(std::min(name.find('<'), name.size()));
  const std::size_t scope = name.rfind("::");
  return scope == std::string::npos ? name : name.substr(scope + 2);
}

std::string to_string(const Module& module) {
  const std::string own = module.extra_repr();
  const auto children = module.named_children();
  std::string text = module.type_name() + "(";
  if (children.empty()) return text + own + ")";
  if (!own.empty()) text += "\n  " + own;
  for (std::size_t i = 0; i < children.size();) {
    const std::string one = indented(to_string(*children[i].second));
    std::size_t next = i + 1;
    if (module.prints_repeats_once()) {
      while (next < children.size() && indented(to_string(*children[next].second)) == one) ++next;
    }
    text += "\n  (" + children[i].first;
    if (next - i > 1) text += "-" + children[next - 1].first;
    text += "): " + (next - i > 1 ? std::to_string(next - i) + " x " : "") + one;
    i = next;
  }
  return text + "\n)";
}

std::ostream& operator<<(std::ostream& out, const Module& module) {
  return out << to_string(module);
}

}  // namespace gradus::nn
