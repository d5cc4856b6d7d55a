#pragma once
#include "optim/rules/adabound.h"

namespace gradus::optim {

/// AMSBound: AdaBound whose v never shrinks.
///   v_max = max(v_max, v), which stands for v in the clipped quotient
/// Source: Luo, Xiong, Liu & Sun 2019, ICLR, arXiv:1902.09843, and its published program with
/// amsbound=True, which takes the maximum of the uncorrected v.
using AMSBound = AdaBoundOr<true>;
GRADUS_UPDATE_RULE(AMSBound);

}  // namespace gradus::optim
