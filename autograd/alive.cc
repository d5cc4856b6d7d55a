#include "autograd/alive.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "autograd/hooks.h"
#include "autograd/node.h"
#include "autograd/print_tape.h"
#include "tensor/memory.h"

namespace gradus {
namespace {

// Results that are alive and were recorded under a TapeTrace. Never destroyed: nodes may outlive
// every static object.
struct Noted {
  std::mutex mutex;
  std::unordered_set<Node*> nodes;
};
Noted& noted() {
  static Noted& all = *new Noted;
  return all;
}

// Who points to a node.
struct Pointer {
  Node* from;
  int input;  // of `from`; -1: it is the gradient that `from` stores
  bool reads;
};

// All nodes that can be reached, and all pointers among them, turned around.
struct Map {
  std::vector<Node*> nodes;  // by number
  std::unordered_map<const Node*, std::vector<Pointer>> pointers;

  explicit Map(std::span<const Variable> held) {
    std::unordered_set<Node*> seen;
    {
      const std::lock_guard lock(noted().mutex);
      seen = noted().nodes;
    }
    for (const Variable& x : held) {
      if (x.defined()) seen.insert(x.node());
    }
    nodes.assign(seen.begin(), seen.end());
    for (std::size_t next = 0; next < nodes.size(); ++next) {
      Node* const from = nodes[next];
      const auto add = [&](Node* to, int input, bool reads) {
        if (to == nullptr) return;
        pointers[to].push_back({from, input, reads});
        if (seen.insert(to).second) nodes.push_back(to);
      };
      int input = 0;
      for (const Edge& edge : from->inputs()) add(edge.node(), input++, edge.reads());
      add(from->grad.node(), -1, true);
    }
    std::sort(nodes.begin(), nodes.end(),
              [](const Node* a, const Node* b) { return a->number() < b->number(); });
  }

  const std::vector<Pointer>& to(const Node* node) const {
    static const std::vector<Pointer> none;
    const auto found = pointers.find(node);
    return found == pointers.end() ? none : found->second;
  }
  /// Variables of the program, and other things that are on no tape.
  std::int64_t held(const Node* node) const {
    return static_cast<std::int64_t>(node->points()) - static_cast<std::int64_t>(to(node).size());
  }
};

std::string result_text(Node& node) {
  std::string text = op_text(node) + " -> " + kind_and_name(node);
  return node.op() == nullptr ? text : text + "  " + to_string(node.where());
}

std::string held_text(std::int64_t count) {
  return "the program holds (" + std::to_string(count) +
         (count == 1 ? " Variable)\n" : " Variables)\n");
}

// The shortest way from `start` up to a node that the program holds: that node last.
std::vector<Pointer> way_up(const Map& map, Node* start) {
  std::unordered_map<Node*, Pointer> came{{start, {nullptr, 0, false}}};  // node below
  std::vector<Node*> open{start};
  for (std::size_t next = 0; next < open.size(); ++next) {
    Node* node = open[next];
    if (map.held(node) > 0) {
      std::vector<Pointer> way;
      for (; node != start; node = came.at(node).from) {
        way.push_back({node, came.at(node).input, false});
      }
      std::reverse(way.begin(), way.end());
      return way;
    }
    for (const Pointer& pointer : map.to(node)) {
      if (came.try_emplace(pointer.from, Pointer{node, pointer.input, false}).second) {
        open.push_back(pointer.from);
      }
    }
  }
  return {};
}

std::string reasons_text(const Map& map, Node& node) {
  std::string text;
  if (node.reads_itself()) text += "    kept because its own backward reads them\n";
  for (const Pointer& pointer : map.to(&node)) {
    if (pointer.input < 0) {
      text += "    kept as the gradient of " + result_text(*pointer.from) + "\n";
    } else if (pointer.reads) {
      text += "    kept because the backward of " + result_text(*pointer.from) +
              " reads them, its input " + std::to_string(pointer.input) + "\n";
    }
  }
  return text;
}

std::string way_text(const Map& map, Node& node, const std::vector<Pointer>& way) {
  const Node* top = way.empty() ? &node : way.back().from;
  if (map.held(top) <= 0) return "    a ring: nothing outside holds it; see zero_grad()\n";
  if (way.empty()) return "    " + held_text(map.held(top));
  std::string text;
  constexpr std::size_t kEnds = 4;
  for (std::size_t i = 0; i < way.size(); ++i) {
    if (i == kEnds && way.size() > 2 * kEnds) {
      text += "    ... " + std::to_string(way.size() - 2 * kEnds) + " more\n";
      i = way.size() - kEnds;
    }
    text += std::string("    ") + (way[i].input < 0 ? "the gradient of " : "an input of ") +
            result_text(*way[i].from) + "\n";
  }
  return text + "    which " + held_text(map.held(top));
}

// The memory from the first element of x to the last, which nobody can free while x lives.
struct Extent {
  std::uintptr_t begin = 0, end = 0;
  std::int64_t bytes() const { return static_cast<std::int64_t>(end - begin); }
};

Extent extent_of(const Tensor& x) {
  if (!x.defined() || x.numel() == 0) return {};
  const auto size = static_cast<std::int64_t>(size_of(x.dtype()));
  const auto first =
      reinterpret_cast<std::uintptr_t>(x.on_cpu() ? x.raw_data() : x.raw_device_data());
  Extent extent{first, first + static_cast<std::uintptr_t>(size)};
  for (int axis = 0; axis < x.rank(); ++axis) {
    const std::int64_t reach = (x.dim(axis) - 1) * x.strides()[axis] * size;
    (reach < 0 ? extent.begin : extent.end) += static_cast<std::uintptr_t>(reach);
  }
  return extent;
}

std::string lines_text(const std::unordered_set<Node*>& tops) {
  std::map<std::string, std::int64_t> bytes;
  std::unordered_set<Node*> seen = tops;
  std::vector<Node*> open(tops.begin(), tops.end());
  std::int64_t total = 0;
  for (std::size_t next = 0; next < open.size(); ++next) {
    const auto add = [&](Node* node) {
      if (node != nullptr && seen.insert(node).second) open.push_back(node);
    };
    for (const Edge& edge : open[next]->inputs()) add(edge.node());
    add(open[next]->grad.node());
  }
  struct Block {
    Extent extent;
    const Node* maker;  // of the elements that views share: the oldest
  };
  std::vector<Block> blocks;
  for (const Node* node : open) {
    const Extent extent = extent_of(node->value());
    if (extent.bytes() > 0) blocks.push_back({extent, node});
  }
  std::sort(blocks.begin(), blocks.end(),
            [](const Block& a, const Block& b) { return a.extent.begin < b.extent.begin; });
  for (std::size_t i = 0; i < blocks.size();) {
    Block whole = blocks[i];
    for (++i; i < blocks.size() && blocks[i].extent.begin < whole.extent.end; ++i) {
      whole.extent.end = std::max(whole.extent.end, blocks[i].extent.end);
      if (blocks[i].maker->number() < whole.maker->number()) whole.maker = blocks[i].maker;
    }
    total += whole.extent.bytes();
    bytes[whole.maker->op() == nullptr ? "parameters and constants"
                                       : to_string(whole.maker->where())] += whole.extent.bytes();
  }
  std::vector<std::pair<std::string, std::int64_t>> lines(bytes.begin(), bytes.end());
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text = "the tapes of these hold " + bytes_text(total) + ":\n";
  constexpr std::size_t kLines = 10;
  for (std::size_t i = 0; i < lines.size() && i < kLines; ++i) {
    const std::string size = bytes_text(lines[i].second);
    text += std::string(12 - std::min<std::size_t>(12, size.size()), ' ') + size + "  " +
            lines[i].first + "\n";
  }
  if (lines.size() > kLines) {
    text += "  ... " + std::to_string(lines.size() - kLines) + " more lines\n";
  }
  return text;
}

}  // namespace

void TapeTrace::handled(Node& node) {
  if (!is_new(node)) return;
  {
    const std::lock_guard lock(noted().mutex);
    noted().nodes.insert(&node);
  }
  node.make_hooks().noted = std::shared_ptr<void>(&node, [](void* dead) {
    const std::lock_guard lock(noted().mutex);
    noted().nodes.erase(static_cast<Node*>(dead));
  });
}

std::string explain_alive(const Tensor& x, std::span<const Variable> held) {
  check_defined("explain_alive", "x", x);
  const Map map(held);
  std::string text;
  std::unordered_set<Node*> tops;
  for (Node* node : map.nodes) {
    if (!node->value().defined() || !node->value().shares_storage_with(x)) continue;
    const std::vector<Pointer> way = way_up(map, node);
    text += "  " + result_text(*node) + "\n" + reasons_text(map, *node) + way_text(map, *node, way);
    tops.insert(way.empty() ? node : way.back().from);
  }
  const std::string head = kind_text(x) + ", " + bytes_text(extent_of(x).bytes()) + ", ";
  if (!tops.empty()) return head + "has the elements of\n" + text + lines_text(tops);
  if (x.owns_storage_alone()) return head + "is held by this Tensor alone\n";
  return head +
         "is on no tape that is known; other Tensors of the program hold it, or an operation has "
         "saved it; results are noted while a TapeTrace lives\n";
}

std::string explain_alive(const Variable& x, std::span<const Variable> held) {
  return explain_alive(x.value(), held);
}

}  // namespace gradus
