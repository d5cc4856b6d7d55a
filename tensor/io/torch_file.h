#pragma once
#include <cstddef>
#include <filesystem>
#include <span>

#include "tensor/io/named_tensors.h"

namespace gradus {

/// Reads what torch.save(model.state_dict(), path) writes (.pt, .pth), since PyTorch 1.6: a zip
/// archive with a pickle. The pickle is not run: its opcodes build numbers, text, tuples, lists,
/// dictionaries and dense tensors, and anything else is an IoError, so that a file can do no harm.
/// A tensor inside of dictionaries has their keys as its name, "model.0.weight"; what is in lists
/// or is no tensor is left out. Tensors that shared memory share it again; strides are kept.
/// Throws IoError, DTypeError for elements that Gradus lacks, ShapeError for more than 8 axes:
///   "[load_torch] net.pt: the pickle asks for '__main__.Net'; expected tensors in dictionaries;
/// save model.state_dict() instead of the model"
/// Source: torch/serialization.py and Python's pickletools, which documents the opcodes.
NamedTensors load_torch(const std::filesystem::path& path);

/// The same for the bytes of such a file. In errors they are called "bytes".
NamedTensors parse_torch(std::span<const std::byte> bytes);

}  // namespace gradus
