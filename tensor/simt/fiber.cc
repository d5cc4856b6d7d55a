#include "tensor/simt/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "tensor/simt/sanitizers.h"

#if !defined(__x86_64__) && !defined(GRADUS_SIMT_UCONTEXT)
#define GRADUS_SIMT_UCONTEXT
#endif
#if defined(GRADUS_SIMT_UCONTEXT)
#include <ucontext.h>
#endif

namespace gradus::simt {
namespace {

// Pages are taken when they are touched, so a large stack costs address space alone. Frames of
// instrumented code are several times larger.
constexpr std::size_t kStackBytes = 256 << 10;

// Stacks begin at different places of their pages, else all their ends would share the few lines of
// the first-level cache that such addresses map to: twice the time of a switch.
constexpr std::size_t kColours = 61, kColourBytes = 320;
constinit thread_local std::size_t next_colour = 0;

constinit thread_local Fiber* left = nullptr;     // the fiber that ran before
constinit thread_local Fiber* entered = nullptr;  // set before a switch

}  // namespace

#if defined(GRADUS_SIMT_UCONTEXT)

namespace {
void switch_stacks(void** from, void* to) {
  ucontext_t here;
  *from = &here;
  swapcontext(&here, static_cast<ucontext_t*>(to));
}

// The context lies at the upper end of its own stack.
void* prepare_stack(std::byte* bottom, std::size_t size, void (*begin)()) {
  auto* context = new (bottom + size - sizeof(ucontext_t) - 64) ucontext_t;
  getcontext(context);
  context->uc_stack.ss_sp = bottom;
  context->uc_stack.ss_size = size - sizeof(ucontext_t) - 128;
  context->uc_link = nullptr;
  makecontext(context, begin, 0);
  return context;
}
}  // namespace

#else

extern "C" void gradus_simt_switch_stacks(void** from, void* to);

// Saves the registers that a function must keep, swaps stacks, restores those saved there. It ends
// in `ret`, not in a jump: the processor pairs calls and returns, and most fibers wait at the same
// call, so its guesses stay right.
asm(R"(
.text
.p2align 4
.globl gradus_simt_switch_stacks
.hidden gradus_simt_switch_stacks
.type gradus_simt_switch_stacks, @function
gradus_simt_switch_stacks:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size gradus_simt_switch_stacks, .-gradus_simt_switch_stacks
)");

namespace {
void switch_stacks(void** from, void* to) { gradus_simt_switch_stacks(from, to); }

// As if switch_stacks() had been called at the start of begin(), which returns to nowhere.
void* prepare_stack(std::byte* bottom, std::size_t size, void (*begin)()) {
  auto** top = reinterpret_cast<void**>(bottom + size);
  *--top = nullptr;  // the return address of begin(): ends every backtrace
  *--top = reinterpret_cast<void*>(begin);
  for (int i = 0; i < 6; ++i) *--top = nullptr;
  return top;
}
}  // namespace

#endif

Fiber::Fiber(void (*entry)()) : entry_(entry), size_(kStackBytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* memory = mmap(nullptr, page + size_, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<std::byte*>(memory);
  mprotect(memory_, page, PROT_NONE);
  bottom_ = memory_ + page;
  const std::size_t shift = kColourBytes * (next_colour++ % kColours);
  where_ = prepare_stack(memory_ + page, size_ - shift, &Fiber::begin);
}

Fiber::~Fiber() {
  if (memory_ == nullptr) return;
  if (under_asan()) __asan_unpoison_memory_region(bottom_, size_);
  munmap(memory_, static_cast<const std::byte*>(bottom_) - memory_ + size_);
}

void Fiber::go(Fiber& from, Fiber& to) {
  left = &from;
  entered = &to;
  if (under_asan()) __sanitizer_start_switch_fiber(&from.moved_frames_, to.bottom_, to.size_);
  switch_stacks(&from.where_, to.where_);
  arrive(from);
}

// The bounds of a thread's own stack become known when it is left for the first time.
void Fiber::arrive(Fiber& here) {
  if (under_asan()) {
    __sanitizer_finish_switch_fiber(here.moved_frames_, &left->bottom_, &left->size_);
  }
}

void Fiber::begin() {
  Fiber& self = *entered;
  arrive(self);
  self.entry_();
}

}  // namespace gradus::simt
