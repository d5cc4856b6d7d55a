#pragma once
#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "tensor/io/named_tensors.h"

namespace gradus {

using Metadata = std::map<std::string, std::string>;

/// What a .safetensors file holds.
struct Safetensors {
  NamedTensors tensors;  ///< in the order of the header
  Metadata metadata;     ///< the header's __metadata__, often {"format": "pt"}
};

/// Reads a .safetensors file: all eight dtypes (BOOL U8 I32 I64 F16 BF16 F32 F64).
/// With Mapping::kCopyOnWrite the elements stay in the file until they are used; bools are looked
/// at once, and elements that are not aligned are read. Writing to such a tensor never changes the
/// file. The tensors keep the file.
/// Throws IoError for a file that is missing, not readable, cut off or malformed: a header of more
/// than 100 MB or with another form, names or keys that are there twice, tensors that overlap,
/// leave holes or lie outside of the file; all before memory is taken for elements; ShapeError for
/// more than 8 axes; DTypeError for elements that Gradus lacks:
///   "[load_safetensors] a.safetensors: tensor 'w' is F8_E4M3; expected BOOL, U8, I32, I64, F16,
/// BF16, F32 or F64; convert it where it was made"
/// Source: https://github.com/huggingface/safetensors, "Format".
/// Differs: the Python package takes names and metadata that are there twice, unknown keys, and
/// blanks before the header; here they are an IoError.
Safetensors load_safetensors(const std::filesystem::path& path, Mapping mapping = Mapping::kNone);

/// The same for the bytes of such a file; the tensors are copies. In errors they are called
/// "bytes".
Safetensors parse_safetensors(std::span<const std::byte> bytes);

/// Writes what the Python package writes: dtypes with more bytes first, then by name, elements row
/// by row; metadata sorted. The file appears whole or not at all, and folders on the way are made.
/// Throws ConfigError when a name appears twice, is "__metadata__" or is no UTF-8, or when the
/// header becomes longer than 100 MB; Error for an undefined tensor; IoError when it cannot be
/// written.
void save_safetensors(const std::filesystem::path& path, const NamedTensors& entries,
                      const Metadata& metadata = {});

}  // namespace gradus
