#include "tensor/io/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "tensor/error.h"

namespace gradus::io {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void throw_io(std::string_view op, const fs::path& file, const char* reason) {
  throw IoError("[" + std::string(op) + "] " + file.string() + ": cannot be written: " + reason +
                "; expected a place that has room and may be written to");
}

// 0, or the errno of what failed.
int write_all(int descriptor, std::span<const std::string_view> pieces) {
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const ssize_t written = ::write(descriptor, piece.data(), piece.size());
      if (written >= 0) {
        piece.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EINTR) {
        return errno;
      }
    }
  }
  return 0;
}

// The same for a whole file.
int write_file(const fs::path& file, int flags, bool to_disk,
               std::span<const std::string_view> pieces) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CLOEXEC | flags, 0666);
  if (descriptor < 0) return errno;
  int error = write_all(descriptor, pieces);
  if (error == 0 && to_disk && ::fsync(descriptor) != 0) error = errno;
  if (::close(descriptor) != 0 && error == 0) error = errno;
  return error;
}

}  // namespace

void write_file_atomically(std::string_view op, const fs::path& file,
                           std::span<const std::string_view> pieces) {
  std::error_code code;
  const fs::file_status status = fs::status(file, code);
  if (fs::is_directory(status)) throw_io(op, file, std::strerror(EISDIR));
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    // Renaming would replace the device itself.
    const int error = write_file(file, 0, false, pieces);
    if (error != 0) throw_io(op, file, std::strerror(error));
    return;
  }
  const fs::path target = fs::exists(status) ? fs::canonical(file, code) : file;
  if (target.empty() || !target.has_filename()) throw_io(op, file, std::strerror(ENOENT));
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  fs::create_directories(folder, code);
  if (code) throw_io(op, file, code.message().c_str());

  // A name of its own for each call, so that programs that write the same file do not mix.
  static std::atomic<int> calls{0};
  const fs::path part =
      folder / (".gradus-" + std::to_string(::getpid()) + "-" + std::to_string(calls++) + ".part");
  int error = write_file(part, O_CREAT | O_EXCL, true, pieces);
  if (error == 0 && ::rename(part.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0) {
    if (error != EEXIST) ::unlink(part.c_str());
    throw_io(op, file, std::strerror(error));
  }
}

}  // namespace gradus::io
