#include "autograd/print_tape.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "autograd/hooks.h"
#include "autograd/node.h"

namespace gradus {
namespace {

const char* short_name(DType dtype) {
  switch (dtype) {
    case kBool:
      return "bool";
    case kUInt8:
      return "u8";
    case kInt32:
      return "i32";
    case kInt64:
      return "i64";
    case kFloat16:
      return "f16";
    case kBFloat16:
      return "bf16";
    case kFloat32:
      return "f32";
    case kFloat64:
      return "f64";
  }
  return "?";
}

using Numbers = std::unordered_map<const Node*, std::size_t>;

std::string line_text(Node& node, const Numbers& numbers) {
  std::string text = "%" + std::to_string(numbers.at(&node)) + " = " + op_text(node);
  if (node.op() != nullptr) {
    text += "(";
    bool first = true;
    for (const Edge& edge : node.inputs()) {
      if (edge.node() == nullptr) continue;
      text += (first ? "%" : ", %") + std::to_string(numbers.at(edge.node())) + ": " +
              kind_and_name(*edge.node());
      first = false;
    }
    text += node.freed() ? "freed)" : ")";
  }
  text += " -> " + kind_and_name(node);
  if (node.op() != nullptr) text += "  " + to_string(node.where());
  return text + "\n";
}

}  // namespace

Variable named(Variable x, std::string name) {
  check_defined("named", "x", x.value());
  if (!name.empty() || x.node()->hooks() != nullptr) {
    x.node()->make_hooks().name = std::move(name);
  }
  return x;
}

std::string name_of(const Variable& x) {
  return x.defined() && x.node()->hooks() != nullptr ? x.node()->hooks()->name : "";
}

std::vector<Node*> tape_of(const Variable& y) {
  std::vector<Node*> found;
  if (!y.defined()) return found;
  std::unordered_set<const Node*> seen{y.node()};
  found.push_back(y.node());
  for (std::size_t next = 0; next < found.size(); ++next) {
    for (const Edge& edge : found[next]->inputs()) {
      if (edge.node() != nullptr && seen.insert(edge.node()).second) found.push_back(edge.node());
    }
  }
  std::sort(found.begin(), found.end(),
            [](const Node* a, const Node* b) { return a->number() < b->number(); });
  return found;
}

std::string kind_text(const Tensor& x) {
  std::string text = std::string(short_name(x.dtype())) + "[";
  for (int axis = 0; axis < x.rank(); ++axis) {
    text += (axis == 0 ? "" : ",") + std::to_string(x.dim(axis));
  }
  return text + "]";
}

std::string op_text(const Node& node) {
  if (node.op() != nullptr) return node.op();
  return node.requires_grad() ? "parameter" : "constant";
}

std::string kind_and_name(Node& node) {
  const std::string text = kind_text(node.value());
  if (node.hooks() == nullptr || node.hooks()->name.empty()) return text;
  std::string name = node.hooks()->name;
  for (char& c : name) {  // a line of text stays one
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return text + " \"" + name + "\"";
}

std::string position_text(std::int64_t i, const Shape& shape) {
  Dims index = Dims::filled(shape.rank(), 0);
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    index[axis] = i % shape[axis];
    i /= shape[axis];
  }
  return to_string(index);
}

std::string print_tape(const Variable& y, std::int64_t lines) {
  check_defined("print_tape", "y", y.value());
  const std::vector<Node*> tape = tape_of(y);
  Numbers numbers;
  for (std::size_t i = 0; i < tape.size(); ++i) numbers.emplace(tape[i], i + 1);

  const std::size_t shown =
      std::min(tape.size(), static_cast<std::size_t>(std::max<std::int64_t>(lines, 2)));
  const std::size_t first = shown == tape.size() ? shown : shown / 2, last = shown - first;
  std::string text;
  for (std::size_t i = 0; i < first; ++i) text += line_text(*tape[i], numbers);
  if (shown == tape.size()) return text;
  text += "... " + std::to_string(tape.size() - shown) + " more results\n";
  for (std::size_t i = tape.size() - last; i < tape.size(); ++i) {
    text += line_text(*tape[i], numbers);
  }
  return text;
}

}  // namespace gradus
