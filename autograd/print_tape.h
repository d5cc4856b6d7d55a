#pragma once
#include <string>
#include <vector>

#include "autograd/variable.h"

namespace gradus {

/// Gives x a name, which print_tape, drawings and errors show; returns x. An empty name takes it
/// away. Throws Error for an undefined variable.
Variable named(Variable x, std::string name);
/// The name, or "".
std::string name_of(const Variable& x);

/// The tape that y was computed from, as text: one line per result, oldest first, each with its
/// number in this list, the operation, the inputs, dtype[shape] and the line of the program.
///   %1 = constant -> f32[10,5] "x"
///   %2 = parameter -> f32[5,1] "w"
///   %3 = matmul(%1: f32[10,5] "x", %2: f32[5,1] "w") -> f32[10,1]  train.cc:42
/// What an earlier backward() has cut off is shown as (freed). Of a tape with more than `lines`
/// results the first and the last are shown, and how many are left out between them.
std::string print_tape(const Variable& y, std::int64_t lines = 200);

// For those who draw or explain the tape.

/// What y was computed from, y itself at the end, by number. No recursion.
std::vector<Node*> tape_of(const Variable& y);
/// "f32[10,5]"
std::string kind_text(const Tensor& x);
/// The operation, or "parameter", "constant".
std::string op_text(const Node& node);
/// "f32[10,5] "w"", without the name where there is none.
std::string kind_and_name(Node& node);
/// "[1, 2]": where element i, counted in row-major order, is.
std::string position_text(std::int64_t i, const Shape& shape);

}  // namespace gradus
