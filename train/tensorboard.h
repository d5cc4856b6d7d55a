#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "train/append_file.h"

namespace gradus::train {

/// Writes curves for TensorBoard (`tensorboard --logdir FOLDER`): an event file of its own in
/// `folder`, one record per call.
/// Source: tensorflow/core/util/event.proto, summary.proto; the record format of TFRecord.
class TensorBoard {
 public:
  /// first_step: of this run; TensorBoard forgets what earlier files of the folder say about this
  /// step and later ones. seconds: the time since 1970, for tests; none means the system's.
  /// Throws IoError when the file cannot be written.
  explicit TensorBoard(const std::filesystem::path& folder, std::int64_t first_step = 0,
                       std::function<double()> seconds = {});

  /// Values of named curves ("loss/train") at a step.
  void add(std::int64_t step, const std::vector<std::pair<std::string, double>>& values);
  const std::filesystem::path& path() const { return file_.path(); }

 private:
  void write(const std::string& event);

  std::function<double()> seconds_;
  AppendFile file_;
};

/// CRC-32C (Castagnoli) of bytes: crc32c("123456789") = 0xE3069283.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace gradus::train
