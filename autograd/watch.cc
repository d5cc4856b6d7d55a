#include "autograd/watch.h"

#include "autograd/node.h"

namespace gradus {

constinit thread_local TapeWatch* TapeWatch::current_ = nullptr;

TapeWatch::TapeWatch()
    : outer_(std::exchange(current_, this)), newest_(Variable(Tensor(0.f)).node()->number()) {}

// Watches are not always dropped in the order they were made.
TapeWatch::~TapeWatch() {
  TapeWatch** link = &current_;
  while (*link != nullptr && *link != this) link = &(*link)->outer_;
  if (*link == this) *link = outer_;
}

bool TapeWatch::is_new(const Node& node) {
  if (node.op() == nullptr || node.number() <= newest_) return false;
  newest_ = node.number();
  return true;
}

}  // namespace gradus
