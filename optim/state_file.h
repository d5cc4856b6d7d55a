#pragma once
#include <filesystem>

#include "optim/any_optimizer.h"

namespace gradus::optim {

/// Writes all of a state dict into one .safetensors file: tensors under their names in their own
/// dtypes, numbers as metadata with all their digits. The file appears whole or not at all.
/// Throws what save_safetensors throws.
void save_state(const std::filesystem::path& path, const StateDict& state);

/// Reads it again: the same bits. Throws what load_safetensors throws, and IoError:
///   "[load_state] a.safetensors: no optimizer's state; expected a file of save_state"
///   "[load_state] a.safetensors: 'group/default/lr' is 'x'; expected a number"
StateDict load_state(const std::filesystem::path& path);

}  // namespace gradus::optim
