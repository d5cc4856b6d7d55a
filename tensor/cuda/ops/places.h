#pragma once
// Tables of places (tensor/cpu/places.h) of tensors of a device.
#include <string_view>

#include "tensor/cpu/places.h"
#include "tensor/tensor.h"

namespace gradus::gpu {

void read_places(const Tensor& x, const Tensor& table, const Tensor& y);
void write_places(const Tensor& x, const Tensor& table, const Tensor& values, int axis,
                  cpu::Write how);

/// Indices, int64 and without gaps, in 0..size-1; undefined when one is outside of -size..size-1.
Tensor checked_positions(const Tensor& index, std::int64_t size);

}  // namespace gradus::gpu
