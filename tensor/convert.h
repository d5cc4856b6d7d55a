#pragma once
// Conversion between dtypes: one function for each pair, for runs of elements.
#include "tensor/tensor.h"

namespace gradus {

/// Writes n elements, `step_to` apart, with those of `from`, `step_from` apart (in elements).
using ConvertRun = void (*)(const std::byte* from, std::int64_t step_from, std::byte* to,
                            std::int64_t step_to, std::int64_t n);

/// The conversion from one dtype to another, wrapping (see convert_to).
ConvertRun convert_run(DType from, DType to);

/// y = source, broadcast and converted, on any devices; y may have any strides and does not overlap
/// source.
/// Throws DTypeError with the name of the caller when the cast is checked and a value does not fit.
void convert_elements(std::string_view op, const Tensor& source, const Tensor& y, Cast cast);

}  // namespace gradus
