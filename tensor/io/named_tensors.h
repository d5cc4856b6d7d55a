#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tensor/tensor.h"

namespace gradus {

/// Tensors with their names, in the order of the file.
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// How the elements of a file get into memory.
enum class Mapping {
  kNone,         ///< read at once
  kCopyOnWrite,  ///< borrowed from the file; a page is read when it is first used
};

}  // namespace gradus
