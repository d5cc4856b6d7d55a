#pragma once
// Models that PyTorch has saved, in tests/golden/nn/fixtures, whose script tells what they are.
#include <functional>
#include <string>

#include "nn/state.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"

namespace gradus::testing {

/// Loads <name>.safetensors into the model, which must give PyTorch's logits for PyTorch's input,
/// and must be saved as the same bytes. `call` runs the model; it is given the input.
inline void expect_model_of_torch(const std::string& name, nn::Module& model,
                                  const std::function<Variable(const Tensor&)>& call) {
  SCOPED_TRACE(name);
  const std::filesystem::path folder = "tests/golden/nn/fixtures";
  const std::filesystem::path file = folder / (name + ".safetensors");
  const nn::LoadReport report = nn::load(model, file);
  EXPECT_EQ(to_string(report), "");
  EXPECT_EQ(report.loaded.size(), model.state_dict().size());
  const auto io = load_safetensors(folder / (name + "_io.safetensors")).tensors;
  Tensor input, logits;
  for (const auto& [key, x] : io) (key == "input" ? input : logits) = x;
  model.eval();
  // Sums of a few hundred products in float32, in another order than PyTorch's.
  expect_close(call(input).value(), logits, 1e-5, 1e-5, "logits");
  const TemporaryFolder saved;
  nn::save(model, saved / "model.safetensors");
  EXPECT_TRUE(file_text(saved / "model.safetensors") == file_text(file)) << "other bytes";
}

}  // namespace gradus::testing
