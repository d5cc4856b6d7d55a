#pragma once
#include <string>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// Parameters for Muon, and the rest for AdamW.
struct MuonSplit {
  NamedParameters matrices;
  NamedParameters others;
};

/// Splits parameters as Muon's authors advise: what has two or more axes is a matrix, unless its
/// name holds one of these words, as embeddings and the last layer should. The order is kept.
///   auto [matrices, others] = split_params_for_muon(model.named_parameters(), {"embed", "head"});
///   Optimizer<Muon> hidden(matrices, {.scale = MuonScale::kMatchRms});
///   Optimizer<AdamW> rest(others);
/// Throws ConfigError for a word that no name holds: "[split_params_for_muon] except: 'haed' is in
/// no name of the parameters; expected a part of one".
inline MuonSplit split_params_for_muon(const NamedParameters& parameters,
                                       const std::vector<std::string>& except) {
  std::vector<bool> found(except.size(), false);
  MuonSplit split;
  for (const auto& [name, parameter] : parameters) {
    bool excepted = false;
    for (std::size_t i = 0; i < except.size(); ++i) {
      if (name.find(except[i]) == std::string::npos) continue;
      excepted = found[i] = true;
    }
    const bool matrix = !excepted && parameter.shape().rank() >= 2;
    (matrix ? split.matrices : split.others).emplace_back(name, parameter);
  }
  for (std::size_t i = 0; i < except.size(); ++i) {
    if (found[i]) continue;
    throw ConfigError("[split_params_for_muon] except: '" + except[i] +
                      "' is in no name of the parameters; expected a part of one");
  }
  return split;
}

}  // namespace gradus::optim
