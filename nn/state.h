#pragma once
// The state of a module and files of it: what PyTorch's state_dict() has, as .safetensors.
#include <filesystem>
#include <string>
#include <vector>

#include "nn/module.h"
#include "tensor/io/safetensors.h"

namespace gradus::nn {

struct LoadOptions {
  bool strict = true;  ///< an error unless every tensor finds its place; else what fits is loaded
  /// Names that begin with this lose it: "module." where PyTorch's DataParallel saved the file.
  std::string strip_prefix = "";
};

/// Which tensor found its place and which not, by the paths of the module (stripped of the prefix).
struct LoadReport {
  struct Shapes {
    std::string name;
    Shape got, expected;
  };
  struct DTypes {
    std::string name;
    DType got, expected;
  };

  std::vector<std::string> loaded;
  std::vector<std::string> missing;     ///< the module has them, the file not
  std::vector<std::string> unexpected;  ///< the file has them, the module not
  std::vector<Shapes> wrong_shape;
  std::vector<DTypes> wrong_dtype;  ///< no conversion, or a whole number that does not fit
  /// Tied weights, one thing in the module, with other numbers under this name than before.
  std::vector<std::string> differing;

  std::vector<DTypes> converted;        ///< loaded, in the dtype of the module
  std::vector<std::string> non_finite;  ///< loaded, and there are NaN or infinite numbers in it

  /// Whether everything found its place, as strict demands.
  bool complete() const;
};

/// What did not find its place, one line for each kind, and what is to be known of the rest:
///   missing: 'fc1.weight'
///   unexpected: 'fc1.wieght' (did you mean 'fc1.weight'?)
///   wrong shape: 'fc2.weight' is [10, 84], expected [10, 120]
/// Empty when there is nothing to say.
std::string to_string(const LoadReport& report);

/// Writes the tensors into the parameters and buffers of that path, in place: views, tied weights
/// and optimizers see the new numbers, and a tape that has saved the old ones throws in backward.
/// Everything is checked before the first one is written. `requires_grad` and gradients stay.
/// Floating numbers are rounded to the dtype of the module and whole ones become another dtype of
/// whole numbers that has them; nothing else is converted. NaN and infinite numbers are loaded and
/// reported. Tied weights need one of their names; under several they must have the same numbers.
/// Throws ConfigError, if strict, with all that is wrong:
///   "[load_state_dict] 3 of 4 tensors fit the 4 of Mlp; expected all; with strict = false those
/// are loaded
///     missing: 'fc1.weight'
///     unexpected: 'fc1.wieght' (did you mean 'fc1.weight'?)"
/// and for a name that comes twice; Error for an undefined tensor.
/// Differs: PyTorch refuses a wrong shape even if not strict, converts any dtype to any, and loads
/// tied weights from the last of their names.
LoadReport load_state_dict(const Module& module, const NamedTensors& state,
                           const LoadOptions& options = {});

/// How a file holds tied weights. Here either can be loaded.
enum class TiedWeights {
  kEveryName,  ///< under each name: what PyTorch's load_state_dict takes, and save_file writes
  kOneName,    ///< under the first by the alphabet: what load_model and save_model do
};

/// Writes state_dict() as a .safetensors file, byte for byte what safetensors.torch writes for the
/// same tensors. The file appears whole or not at all: a program that is killed meanwhile leaves
/// the old one. Throws as save_safetensors.
void save(const Module& module, const std::filesystem::path& path, const Metadata& metadata = {},
          TiedWeights tied = TiedWeights::kEveryName);

/// load_state_dict from a .safetensors file, or from one that torch.save(model.state_dict(), path)
/// wrote, see tensor/io/torch_file.h. Throws as load_safetensors and load_torch, IoError where
/// load_state_dict has ConfigError, and for files of PyTorch before 1.6:
///   "[load] net.pt: a pickle, as PyTorch saved before 1.6; expected a zip archive or a
///   .safetensors
/// file; load and save it with a later one"
LoadReport load(const Module& module, const std::filesystem::path& path,
                const LoadOptions& options = {});

}  // namespace gradus::nn
