#include "autograd/node.h"

#include "autograd/hooks.h"
#include "tensor/pool.h"

namespace gradus {
namespace {

std::atomic<std::uint64_t> next_number{1};

constinit thread_local Node* doomed = nullptr;
constinit thread_local bool destroying = false;

}  // namespace

Node::Node(Tensor value)
    : number_(next_number.fetch_add(1, std::memory_order_relaxed)), value_(std::move(value)) {
  version_ = value_.version();
}

Node::Node(Tensor value, std::source_location where, bool reads_itself)
    : number_(next_number.fetch_add(1, std::memory_order_relaxed)),
      value_(std::move(value)),
      where_(where),
      requires_grad_(true),
      reads_itself_(reads_itself) {
  version_ = value_.version();
  if (reads_itself_) counts_.fetch_add(kReads, std::memory_order_relaxed);
}

Node::~Node() { delete hooks_; }

Hooks& Node::make_hooks() {
  if (hooks_ == nullptr) hooks_ = new Hooks;
  return *hooks_;
}

void* Node::operator new(std::size_t bytes) { return pool_allocate(bytes); }
void Node::operator delete(void* block, std::size_t bytes) { pool_free(block, bytes); }

std::span<Edge> Node::inputs() { return {}; }

void Node::free_inputs() {
  if (op() == nullptr || freed_) return;
  freed_ = true;
  for (Edge& edge : inputs()) edge = Edge();
  free_saved();
  if (reads_itself_) {
    reads_itself_ = false;
    stop_reading();
  }
}

// Deleting a node drops its edges, which may end further nodes, and so on for a million nodes.
// They wait in a list instead of recursing.
void Node::destroy(Node* node) {
  node->number_ = reinterpret_cast<std::uintptr_t>(doomed);
  doomed = node;
  if (destroying) return;
  destroying = true;
  while (doomed != nullptr) {
    Node* next = std::exchange(doomed, reinterpret_cast<Node*>(doomed->number_));
    delete next;
  }
  destroying = false;
}

}  // namespace gradus
