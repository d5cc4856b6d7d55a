#include "train/interrupt.h"

#include <signal.h>

#include <atomic>

#include "tensor/error.h"

namespace gradus::train {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM};
volatile sig_atomic_t was_asked = 0;
std::atomic<bool> alive = false;
struct sigaction before[2];

void remember(int signal) {
  if (was_asked != 0) {  // the second time: as if nobody listened
    ::signal(signal, SIG_DFL);
    ::raise(signal);
  }
  was_asked = 1;
}

}  // namespace

Interrupt::Interrupt() {
  if (alive.exchange(true)) {
    throw ConfigError("[interrupt] Interrupt: a second one; expected one at a time");
  }
  was_asked = 0;
  struct sigaction action {};
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART;
  for (int i = 0; i < 2; ++i) ::sigaction(kSignals[i], &action, &before[i]);
}

Interrupt::~Interrupt() {
  for (int i = 0; i < 2; ++i) ::sigaction(kSignals[i], &before[i], nullptr);
  alive = false;
}

bool Interrupt::asked() const { return was_asked != 0; }

}  // namespace gradus::train
