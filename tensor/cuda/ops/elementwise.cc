#include <array>
#include <cstring>

#include "tensor/cuda/apply.h"
#include "tensor/cuda/ops/walks.h"

namespace gradus::gpu {
namespace {

// Large and dense, but neighbours in memory are not neighbours in the walk: each of its elements
// would bring 31 bytes that nobody wants, so it is transposed first, in tiles.
bool lies_across(const Tensor& x) {
  constexpr std::int64_t kLarge = 1 << 16;
  return x.rank() == 2 && x.numel() >= kLarge && x.strides()[1] != 1 &&
         x.transpose().is_contiguous();
}

}  // namespace

Tensor map_elements(std::string_view op, const Shape& shape, DType computed, DType given,
                    DType result, LaunchRule launch, const void* rule,
                    std::initializer_list<const Tensor*> operands,
                    std::initializer_list<std::string_view> names) {
  const int count = static_cast<int>(operands.size());
  const auto operand = [&](int k) -> const Tensor& { return **(operands.begin() + k); };
  int there = 0;  // an operand that is on the device
  while (operand(there).on_cpu()) ++there;
  for (int k = 0; k < count; ++k) {
    if (operand(k).on_cpu() && operand(k).rank() == 0) continue;
    check_same_device(op, names.begin()[there], operand(there), names.begin()[k], operand(k));
  }
  const Tensor y = Tensor::empty(shape, given, operand(there).device());
  ElementCall call;
  call.dtype = computed;
  call.n = y.numel();
  std::array<Tensor, kMaxOperands> converted;
  std::array<const Tensor*, kMaxOperands> walked;
  for (int k = 0; k < count; ++k) {
    const Tensor& x = operand(k);
    converted[k] = x.dtype() == computed ? x : x.to(computed, Cast::kWrap);
    if (!x.on_cpu() && lies_across(converted[k])) converted[k] = converted[k].contiguous();
    if (x.on_cpu()) std::memcpy(&call.scalar[k], converted[k].raw_data(), size_of(computed));
  }
  // A scalar is walked as an operand that is there, which changes nothing.
  for (int k = 0; k < kMaxOperands; ++k) {
    walked[k] = &converted[k < count && !operand(k).on_cpu() ? k : there];
  }
  call.walk = walk_of(LoopPlan<kMaxOperands>(shape, walked));
  for (int k = 0; k < count; ++k) {
    if (!operand(k).on_cpu()) call.operand[k] = converted[k].raw_device_data();
  }
  call.result = y.raw_device_data();
  if (call.n > 0) launch(y.device(), rule, call);
  return given == result ? y : y.to(result, Cast::kWrap);
}

}  // namespace gradus::gpu
