// Where threads wait for each other: barriers of the block and meetings of the lanes of a warp.
#include <algorithm>
#include <map>
#include <tuple>

#include "tensor/simt/machine.h"
#include "tensor/simt/sanitizers.h"
#include "tensor/simt/texts.h"

namespace gradus::simt {

Votes Machine::barrier(Wait kind, bool predicate, Here here) {
  const Unseen unseen;
  Thread& self = *current_;
  if (barrier_.arrived == 0) {
    barrier_.kind = kind;
    barrier_.here = here;
  } else if (barrier_.kind != kind || !same_place(barrier_.here, here)) {
    throw_divergence(kind, here);
  }
  ++counts_.barriers;
  ++barrier_.arrived;
  ++barrier_.votes.all;
  barrier_.votes.yes += predicate;
  self.wait = kind;
  self.here = here;
  char* tag = barrier_.tags[barrier_.turn];
  if (under_tsan()) tsan_release(tag);
  if (barrier_.arrived == live_) open_barrier();
  park(self);
  if (under_tsan()) tsan_acquire(tag);
  return barrier_.result;
}

// Not in the functions above it: their frames stay small, since those of all waiting threads are
// touched by turns.
void Machine::throw_divergence(Wait kind, Here here) const {
  std::vector<int> others;
  for (int i = 0; i < count_; ++i) {
    if (is_barrier(threads_[i].wait)) others.push_back(i);
  }
  throw DeviceError("[" + std::string(grid_->kernel) + "] " + name_of(kind) + ": thread " +
                    names_of({current_->number}) + " waits at " + to_text(here) + ", but " +
                    names_of(others) + " at " + name_of(barrier_.kind) + ", " +
                    to_text(barrier_.here) + ", in block " + to_text(block_index) +
                    "; expected all threads of the block at the same line");
}

// Who goes on first is up to the schedule, not to who came last.
void Machine::open_barrier() {
  barrier_.result = barrier_.votes;
  barrier_.votes = {};
  barrier_.arrived = 0;
  barrier_.turn ^= 1;
  if (schedule_.order == Schedule::kSeeded) order_threads(schedule_, draws_++, order_);
  for (const int i : order_) {
    if (is_barrier(threads_[i].wait)) make_ready(threads_[i]);
  }
}

Machine::Group& Machine::group_of(Warp& warp, std::uint32_t mask) {
  Group* unused = nullptr;
  for (std::size_t i = 0; i < warp.used; ++i) {
    Group& group = warp.groups[i];
    if (group.mask == mask) return group;
    if (group.arrived == 0 && group.readers == 0) unused = &group;
  }
  if (unused == nullptr) {
    if (warp.used == warp.groups.size()) warp.groups.emplace_back();
    unused = &warp.groups[warp.used++];
  }
  Group& group = *unused;
  group.mask = mask;
  group.arrived = group.readers = 0;
  group.turn = 0;
  if (under_tsan()) {
    for (char*& tag : group.tags) tag = new_tag();
  }
  return group;
}

Meeting Machine::meet(Wait kind, std::uint32_t mask, std::uint64_t value, Here here) {
  const Unseen unseen;
  Thread& self = *current_;
  const int lane = self.number % kWarp;
  const std::uint32_t bit = 1u << lane;
  if ((mask & bit) == 0) throw_mask(kind, mask, here);
  Warp& warp = warps_[self.number / kWarp];
  Group& group = group_of(warp, mask);
  if (group.arrived == 0) {
    group.kind = kind;
    group.here = here;
  } else if (group.kind != kind) {
    throw_mixed(kind, group, here);
  }
  ++counts_.meetings;
  group.arrived |= bit;
  group.values[group.turn][lane] = value;
  self.wait = kind;
  self.here = here;
  self.mask = mask;
  const int turn = group.turn;
  // Values travel, but only __syncwarp orders other memory.
  const bool orders = under_tsan() && kind == Wait::kSyncwarp;
  if (orders) tsan_release(group.tags[turn]);
  if ((mask & warp.live) == group.arrived) {
    open_group(warp, group, &self);
  } else {
    park(self);
    --group.readers;
  }
  if (orders) tsan_acquire(group.tags[turn]);
  return {group.values[turn], group.present[turn], lane};
}

void Machine::throw_mask(Wait kind, std::uint32_t mask, Here here) const {
  fail(std::string(name_of(kind)) + ": the mask has lanes " + lanes_of(mask) +
           "; expected the calling lane " + std::to_string(current_->number % kWarp) +
           " among them",
       here);
}

void Machine::throw_mixed(Wait kind, const Group& group, Here here) const {
  fail(std::string(name_of(kind)) + ": lanes " + lanes_of(group.arrived) + " are at " +
           name_of(group.kind) + ", " + to_text(group.here) +
           "; expected all lanes of the mask at the same function",
       here);
}

// The last lane to come goes on at once, the others after it.
void Machine::open_group(Warp& warp, Group& group, Thread* last) {
  Thread* first_of_warp = &threads_[(&warp - warps_.data()) * kWarp];
  group.present[group.turn] = group.arrived;
  std::uint32_t waiting = group.arrived;
  if (last != nullptr) {
    waiting &= ~(1u << last->number % kWarp);
    last->wait = Wait::kNothing;
  }
  group.readers += static_cast<std::uint32_t>(__builtin_popcount(waiting));
  group.arrived = 0;
  group.turn ^= 1;
  if (schedule_.order == Schedule::kDescending) {
    while (waiting != 0) {
      const int lane = kWarp - 1 - __builtin_clz(waiting);
      waiting &= ~(1u << lane);
      make_ready(first_of_warp[lane]);
    }
    return;
  }
  for (; waiting != 0; waiting &= waiting - 1) make_ready(first_of_warp[__builtin_ctz(waiting)]);
}

void Machine::fence() {
  const Unseen unseen;
  tsan_acquire(&fence_tag_);
  tsan_release(&fence_tag_);
}

void* Machine::static_shared(const void* key, std::size_t bytes, const char* name, Here here) {
  const Unseen unseen;
  const std::size_t limit = grid_->launch.large_shared ? ~std::size_t{0} : std::size_t{48} << 10;
  void* memory = shared_.array(key, bytes, name, here, limit);
  if (memory == nullptr) {
    fail("shared memory: " + std::to_string(shared_.static_bytes()) + " bytes with " + name +
             (shared_.dynamic_bytes() > 0
                  ? ", and " + std::to_string(shared_.dynamic_bytes()) + " dynamic ones"
                  : "") +
             "; expected at most 49152 static bytes, and together, unless the launch sets "
             "large_shared",
         here);
  }
  return memory;
}

void* Machine::dynamic_shared(Here here) {
  const Unseen unseen;
  if (shared_.dynamic_bytes() == 0) {
    fail("dynamic shared memory: the launch gave 0 bytes; expected Launch::shared_bytes", here);
  }
  return shared_.array(shared_.dynamic_key(), shared_.dynamic_bytes(), "dynamic shared memory",
                       here, ~std::size_t{0});
}

std::string Machine::names_of(const std::vector<int>& threads) const {
  if (block_shape.y == 1 && block_shape.z == 1) return ranges(threads);
  std::string text = to_text(threads_[threads.front()].index);
  if (threads.size() > 1) text += " .. " + to_text(threads_[threads.back()].index);
  return text;
}

std::string Machine::who_waits() const {
  std::map<std::tuple<Wait, std::string, std::uint32_t>, std::vector<int>> groups;
  for (int i = 0; i < count_; ++i) {
    const Thread& thread = threads_[i];
    if (thread.wait == Wait::kNothing) continue;
    const std::uint32_t mask = is_barrier(thread.wait) ? 0 : thread.mask;
    groups[{thread.wait, to_text(thread.here), mask}].push_back(i);
  }
  std::string text;
  for (const auto& [key, threads] : groups) {
    const auto& [wait, here, mask] = key;
    text += (text.empty() ? "" : "; ") + std::string("threads ") + names_of(threads) + " at " +
            name_of(wait) + ", " + here;
    if (mask != 0) text += ", for lanes " + lanes_of(mask);
  }
  return text + ", in block " + to_text(block_index);
}

void Machine::fail(const std::string& message, Here here) const {
  throw DeviceError("[" + std::string(grid_->kernel) + "] " + message + ", in block " +
                    to_text(block_index) + ", thread " + to_text(thread_index) + ", " +
                    to_text(here));
}

}  // namespace gradus::simt
