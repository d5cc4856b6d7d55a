#pragma once
// The functions of tensor/attention.h for tensors of a device, made of operations that are there:
// two products and a softmax of rows, with all scores in memory at a time.
#include "tensor/attention.h"

namespace gradus::gpu {

void attention_into(const Tensor& y, const Tensor& log_sum, const Tensor& q, const Tensor& k,
                    const Tensor& v, const AttentionScores& scores);
void attention_backward_into(const Tensor& dq, const Tensor& dk, const Tensor& dv, const Tensor& dy,
                             const Tensor& y, const Tensor& log_sum, const Tensor& q,
                             const Tensor& k, const Tensor& v, const AttentionScores& scores);

}  // namespace gradus::gpu
