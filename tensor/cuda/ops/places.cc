#include "tensor/cuda/ops/places.h"

#include <vector>

#include "tensor/assemble.h"
#include "tensor/cuda/dispatch.h"
#include "tensor/cuda/ops/walks.h"
#include "tensor/cuda/places.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/less.h"
#include "tensor/reduce.h"

namespace gradus::gpu {

void read_places(const Tensor& x, const Tensor& table, const Tensor& y) {
  if (y.numel() == 0) return;
  const LoopPlan<2> plan(y.shape(), {&x, &table});
  on_device(y.device(), [&]<class D>(std::type_identity<D>) {
    read_places<D>(static_cast<std::int64_t>(size_of(y.dtype())), y.numel(), walk_of(plan),
                   x.raw_device_data(), table.device_data<std::int64_t>(), y.raw_device_data(),
                   nullptr);
  });
}

void write_places(const Tensor& x, const Tensor& table, const Tensor& values, int axis,
                  cpu::Write how) {
  if (values.numel() == 0) return;
  PlacesLine line;
  if (values.rank() > 0) {
    line = {values.shape()[axis],
            {x.strides()[axis], table.strides()[axis], values.strides()[axis]}};
  } else {
    line.length = 1;
  }
  const auto starts = [&](const Tensor& t) { return t.rank() == 0 ? t : t.select(axis, 0); };
  const Tensor first = starts(x), places = starts(table), from = starts(values);
  const LoopPlan<3> plan(from.shape(), {&first, &places, &from});
  on_device(x.device(), [&]<class D>(std::type_identity<D>) {
    write_places<D>(x.dtype(), how == cpu::Write::kAdd, from.numel(), walk_of(plan), line,
                    x.raw_device_data(), table.device_data<std::int64_t>(),
                    values.raw_device_data(), nullptr);
  });
}

Tensor checked_positions(const Tensor& index, std::int64_t size) {
  Tensor positions = index.to(kInt64).contiguous();
  if (positions.numel() == 0) return positions;
  // Read at once, since each reading waits for the device.
  const std::vector<double> ends = stack({min(positions), max(positions)}).to_vector();
  if (ends[0] < static_cast<double>(-size) || ends[1] >= static_cast<double>(size)) return {};
  if (ends[0] >= 0) return positions;
  return where(less(positions, 0), add(positions, Tensor(size)), positions);
}

}  // namespace gradus::gpu
