#include "autograd/ops/class_targets.h"

namespace gradus {

std::string place_in(const Shape& shape, std::int64_t i) {
  Dims where = Dims::filled(shape.rank(), 0);
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    where[axis] = i % shape[axis];
    i /= shape[axis];
  }
  return to_string(where);
}

ClassTargets class_targets(std::string_view op, const Tensor& target, std::int64_t classes,
                           std::optional<std::int64_t> ignore_index) {
  if (!is_integral(target.dtype())) {
    throw DTypeError("[" + std::string(op) + "] target: " + std::string(name(target.dtype())) +
                     "; expected whole numbers, one class each");
  }
  // Those of a device are checked on the CPU, for which a step waits anyway: the divisor of a mean
  // is a number of the host.
  const Tensor index = target.to(kCpu).to(kInt64).clone(), ignored = zeros(target.shape(), kBool);
  auto* at = index.data<std::int64_t>();
  bool* skip = ignored.data<bool>();
  std::int64_t taken = index.numel();
  for (std::int64_t i = 0; i < index.numel(); ++i) {
    if (ignore_index && at[i] == *ignore_index) {
      at[i] = 0;
      skip[i] = true;
      --taken;
    } else if (at[i] < 0 || at[i] >= classes) {
      throw IndexError(
          "[" + std::string(op) + "] target: " + std::to_string(at[i]) + " at " +
          place_in(target.shape(), i) + "; expected " +
          (classes == 0 ? "no class" : "a class in 0.." + std::to_string(classes - 1)) +
          (ignore_index ? ", or ignore_index " + std::to_string(*ignore_index) : ""));
    }
  }
  return {index.to(target.device()), ignored.to(target.device()), taken};
}

}  // namespace gradus
