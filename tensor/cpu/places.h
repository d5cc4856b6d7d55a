#pragma once
// Elements at computed places: what indexing, gather and scatter are made of. A table of places
// holds for each element of a result how far behind the first element of x it stands, beside what
// the strides of x say; an axis that the table speaks of has stride 0 in x, one that it does not
// speak of has stride 0 in the table.
#include "tensor/tensor.h"

namespace gradus::cpu {

/// y = the elements of x at the places of the table. All have the shape of y, which is contiguous;
/// x and y have the same dtype.
void read_places(const Tensor& x, const Tensor& table, const Tensor& y);

enum class Write { kReplace, kAdd };

/// Writes values to the places of the table in x, or adds them (whole numbers wrap around). Only
/// values that differ in their position on `axis` may have the same place: they are written in
/// their order there, on any number of threads. All have the shape of values, which have the dtype
/// of x.
void write_places(const Tensor& x, const Tensor& table, const Tensor& values, int axis, Write how);

}  // namespace gradus::cpu
