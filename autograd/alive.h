#pragma once
#include <span>
#include <string>

#include "autograd/watch.h"

namespace gradus {

/// While it lives, the results that this thread records are noted until they die, so that
/// explain_alive finds them. Costs a few hundred bytes a result.
class TapeTrace final : public TapeWatch {
 public:
  TapeTrace() = default;

 private:
  void handled(Node& node) override;
};

/// Why the elements of x are still in memory, as text: each result on a tape that has them and why
/// it keeps them, the way from there up to what the program holds, and how many bytes these tapes
/// keep, by line of the program:
///   f32[1000,1000], 3.8 MiB, has the elements of
///     tanh -> f32[1000,1000] "h"  train.cc:12
///       kept because its own backward reads them
///       an input of sum -> f32[]  train.cc:13
///       which the program holds (2 Variables)
///   the tapes of these hold 7.6 MiB:
///        3.8 MiB  train.cc:12
/// Looked at are the results noted by a TapeTrace and the tapes of `held`. What is not on a tape
/// is not seen: a Tensor of the program, or one that an operation saved (an index, a mask).
/// Threads: no other may work on these tapes meanwhile.
std::string explain_alive(const Tensor& x, std::span<const Variable> held = {});
std::string explain_alive(const Variable& x, std::span<const Variable> held = {});

}  // namespace gradus
