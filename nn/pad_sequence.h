#pragma once
#include <span>
#include <vector>

#include "autograd/variable.h"

namespace gradus::nn {

/// Sequences of different lengths as one tensor, filled up at the end with padding_value: what RNN,
/// LSTM and GRU take with `lengths`, the sizes of the first axes.
/// Shapes: x_i [T_i, ...]  ->  y [T, N, ...], or [N, T, ...] with batch_first, T the largest T_i.
/// Throws ConfigError (no sequence), ShapeError:
///   "[pad_sequence] sequence 1 is [2, 4]; expected [T, 3] like [5, 3] of sequence 0"
Variable pad_sequence(std::span<const Variable> sequences, bool batch_first = false,
                      double padding_value = 0,
                      std::source_location where = std::source_location::current());

/// The sequences again: y_i is the first lengths[i] steps of x. lengths: int64 [N], each in 0..T.
/// Shapes: x [T, N, ...], or [N, T, ...] with batch_first  ->  y_i [lengths[i], ...], views.
/// Throws ShapeError:
///   "[unpad_sequence] lengths: int64 [3]; expected int64 [2], each in 0..5, for x [5, 2, 3]"
std::vector<Variable> unpad_sequence(Operand x, const Tensor& lengths, bool batch_first = false);

}  // namespace gradus::nn
