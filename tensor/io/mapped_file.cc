#include "tensor/io/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "tensor/error.h"

namespace gradus::io {

MappedFile::MappedFile(int descriptor, std::size_t bytes) : bytes_(bytes) {
  void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
  if (data == MAP_FAILED) throw std::system_error(errno, std::generic_category());
  data_ = static_cast<std::byte*>(data);
}

MappedFile::~MappedFile() { ::munmap(data_, bytes_); }

File::File(std::string_view op, const std::filesystem::path& path) : op_(op), name_(path.string()) {
  // Without O_NONBLOCK a pipe would wait for its writer before it can be refused.
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) fail(std::strerror(errno));
  struct stat status {};
  std::string reason;
  if (::fstat(descriptor_, &status) != 0) {
    reason = std::strerror(errno);
  } else if (S_ISDIR(status.st_mode)) {
    reason = std::strerror(EISDIR);
  } else if (!S_ISREG(status.st_mode)) {
    reason = "it is a device or a pipe";
  }
  if (!reason.empty()) {
    ::close(descriptor_);
    fail(reason);
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

File::~File() { ::close(descriptor_); }

void File::fail(const std::string& reason) const {
  throw IoError("[" + op_ + "] " + name_ + ": cannot be read: " + reason +
                "; expected a file that may be read");
}

void File::read(std::uint64_t offset, void* out, std::size_t bytes) const {
  auto* next = static_cast<std::byte*>(out);
  while (bytes > 0) {
    const ssize_t got = ::pread(descriptor_, next, bytes, static_cast<off_t>(offset));
    if (got == 0) fail("it became shorter while it was read");
    if (got < 0) {
      if (errno == EINTR) continue;
      fail(std::strerror(errno));
    }
    next += got;
    offset += static_cast<std::uint64_t>(got);
    bytes -= static_cast<std::size_t>(got);
  }
}

std::shared_ptr<MappedFile> File::map() const {
  if (size_ == 0) return nullptr;
  try {
    return std::make_shared<MappedFile>(descriptor_, size_);
  } catch (const std::system_error& error) {
    fail(error.code().message());
  }
}

}  // namespace gradus::io
