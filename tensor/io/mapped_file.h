#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

namespace gradus::io {

/// A whole file in memory, of which the system reads a page when it is first used. Writing to the
/// memory makes a private copy of the page; the file never changes. The file itself may be replaced
/// meanwhile (as Gradus does when it saves); if another program cuts it short in place, the system
/// ends a process that touches the missing part.
class MappedFile {
 public:
  /// bytes > 0. Throws std::system_error.
  MappedFile(int descriptor, std::size_t bytes);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::byte* data() const { return data_; }

 private:
  std::byte* data_;
  std::size_t bytes_;
};

/// A file that is open for reading.
class File {
 public:
  /// Throws IoError, for the caller `op`:
  ///   "[load_npy] a.npy: cannot be read: No such file or directory; expected a file that may be
  /// read"
  File(std::string_view op, const std::filesystem::path& path);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  /// Bytes in it when it was opened.
  std::uint64_t size() const { return size_; }
  /// Fills `out` from position `offset`. Throws IoError, also when the file has become shorter.
  void read(std::uint64_t offset, void* out, std::size_t bytes) const;
  /// All of it; null for an empty file. Throws IoError.
  std::shared_ptr<MappedFile> map() const;

 private:
  [[noreturn]] void fail(const std::string& reason) const;

  std::string op_, name_;
  int descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace gradus::io
