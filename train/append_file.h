#pragma once
#include <filesystem>
#include <string_view>

namespace gradus::train {

/// A file that grows by whole records: each is written at once, behind what is there, so that a
/// process that is killed leaves at most the last one unfinished.
class AppendFile {
 public:
  AppendFile() = default;
  /// Opens or makes it, and the folders on the way. Throws IoError:
  ///   "[append] out/a.csv: cannot be written: No space left on device; expected a place that has
  ///   room and may be written to"
  explicit AppendFile(std::filesystem::path file);
  AppendFile(AppendFile&& other) noexcept;
  AppendFile& operator=(AppendFile&& other) noexcept;
  ~AppendFile();

  /// Throws IoError; what was written of the record is taken away again.
  void append(std::string_view record);
  bool is_open() const { return descriptor_ >= 0; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace gradus::train
