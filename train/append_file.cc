#include "train/append_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "tensor/error.h"

namespace gradus::train {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, int code) {
  throw IoError("[append] " + file.string() + ": cannot be written: " + std::strerror(code) +
                "; expected a place that has room and may be written to");
}

}  // namespace

AppendFile::AppendFile(std::filesystem::path file) : path_(std::move(file)) {
  std::error_code error;
  if (path_.has_parent_path()) std::filesystem::create_directories(path_.parent_path(), error);
  if (error) fail(path_, error.value());
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(path_, errno);
}

AppendFile::AppendFile(AppendFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

AppendFile& AppendFile::operator=(AppendFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

AppendFile::~AppendFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void AppendFile::append(std::string_view record) {
  const off_t end = ::lseek(descriptor_, 0, SEEK_END);
  while (!record.empty()) {
    const ssize_t written = ::write(descriptor_, record.data(), record.size());
    if (written >= 0) {
      record.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      const int code = errno;
      if (end >= 0 && ::ftruncate(descriptor_, end) != 0) fail(path_, errno);
      fail(path_, code);
    }
  }
}

}  // namespace gradus::train
