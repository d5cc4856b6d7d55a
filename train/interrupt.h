#pragma once

namespace gradus::train {

/// While it lives, Ctrl-C (SIGINT) and SIGTERM do not end the program but are remembered, so that
/// a loop can finish its step, save and say how to go on. The second one ends the program at once.
///   const Interrupt interrupt;
///   for (...) { ...; if (interrupt.asked()) { checkpoints.save(...); break; } }
/// One at a time: a second object is a ConfigError.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  bool asked() const;
};

}  // namespace gradus::train
