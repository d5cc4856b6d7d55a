#pragma once
#include <cstddef>
#include <filesystem>
#include <span>

#include "tensor/io/named_tensors.h"
#include "tensor/tensor.h"

namespace gradus {

/// Reads the array of a .npy file, format 1.0, 2.0 or 3.0, of any byte order. What is stored column
/// by column (fortran_order) becomes a view with the strides of columns.
/// With Mapping::kCopyOnWrite the elements stay in the file until they are used; bools are looked
/// at once, and a foreign byte order or elements that are not aligned are read as with kNone.
/// Writing to such a tensor never changes the file. The tensor keeps the file. Throws IoError for a
/// file that is missing, not readable, cut off or malformed, before memory is taken for elements;
/// ShapeError for more than 8 axes; DTypeError for elements that Gradus lacks:
///   "[load_npy] a.npy: elements of type 'complex64' ('<c8'); expected bool, uint8, int32, int64,
/// float16, float32 or float64; save x.real and x.imag on their own"
/// Source: NumPy, numpy.lib.format, the NPY format.
/// Differs: NumPy ignores bytes behind the elements; here they are an IoError.
Tensor load_npy(const std::filesystem::path& path, Mapping mapping = Mapping::kNone);

/// The same for the bytes of such a file; the tensor is a copy. In errors they are called "bytes".
Tensor parse_npy(std::span<const std::byte> bytes);

/// Writes x as numpy.save does, byte for byte: row by row, or, where only that needs no copy,
/// column by column. The file appears whole or not at all, and folders on the way are made. Throws
/// IoError when it cannot be written, Error for an undefined tensor; DTypeError:
///   "[save_npy] x: bfloat16, which .npy has no name for; expected bool, uint8, int32, int64,
/// float16, float32 or float64; save it as .safetensors, or convert it with to(kFloat32)"
/// Differs: NumPy appends .npy to a name without it; here the file has the name that was given.
void save_npy(const std::filesystem::path& path, const Tensor& x);

}  // namespace gradus
