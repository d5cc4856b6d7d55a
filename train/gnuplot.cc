#include "train/gnuplot.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tensor/error.h"

extern char** environ;

namespace gradus::train {
namespace {

[[noreturn]] void throw_failed(const std::string& reason) {
  throw IoError("[figure] gnuplot: failed: " + reason +
                "; expected it to draw curves; ./gradus setup installs a version that does");
}

// A file that lives in memory only. Files instead of pipes: neither side ever waits for the other.
class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : descriptor_(::memfd_create(name, MFD_CLOEXEC)) {
    if (descriptor_ < 0) throw_failed(std::strerror(errno));
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int descriptor() const { return descriptor_; }

  void write_and_rewind(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = ::write(descriptor_, text.data(), text.size());
      if (written < 0 && errno != EINTR) throw_failed(std::strerror(errno));
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    ::lseek(descriptor_, 0, SEEK_SET);
  }

  std::string content() const {
    std::string text;
    char buffer[1 << 16];
    while (true) {
      const ssize_t got =
          ::pread(descriptor_, buffer, sizeof buffer, static_cast<off_t>(text.size()));
      if (got < 0 && errno != EINTR) throw_failed(std::strerror(errno));
      if (got == 0) return text;
      if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
    }
  }

 private:
  int descriptor_;
};

// The line of gnuplot's error output that says what is wrong: the last one with text.
std::string complaint(const std::string& errors) {
  std::string text = errors;
  text.erase(text.find_last_not_of(" \n") + 1);
  text.erase(0, text.rfind('\n') + 1);
  text.erase(0, text.find_first_not_of(' '));
  // A script that comes from standard input is all "line 0" to gnuplot.
  if (text.starts_with("line 0: ")) text.erase(0, 8);
  return text.empty() ? "no message" : text;
}

// Length of the UTF-8 character at the start of `text`, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xC2 && first < 0xE0 ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Longer than needed, a surrogate, or past the last character.
  if (first == 0xE0 && byte(1) < 0xA0) return 0;
  if (first == 0xED && byte(1) > 0x9F) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

}  // namespace

std::string run_gnuplot(const std::string& script) {
  MemoryFile input("script"), output("figure"), errors("errors");
  input.write_and_rewind(script);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.descriptor(), 0);
  posix_spawn_file_actions_adddup2(&actions, output.descriptor(), 1);
  posix_spawn_file_actions_adddup2(&actions, errors.descriptor(), 2);
  char name[] = "gnuplot", no_settings[] = "-d";
  char* arguments[] = {name, no_settings, nullptr};
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, name, &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) {
    throw IoError(
        "[figure] gnuplot: not found on PATH; expected it to draw curves; ./gradus setup installs "
        "it");
  }
  if (error != 0) throw_failed(std::strerror(error));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw_failed(std::strerror(errno));
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw_failed(complaint(errors.content()));
  const std::string drawn = output.content();
  if (drawn.empty()) throw_failed(complaint(errors.content()));
  return drawn;
}

std::string gnuplot_quote(std::string_view text) {
  std::string literal = "\"";
  const auto append = [&](unsigned char byte) {
    // Digits too are escaped: gnuplot takes a digit behind an escape for a part of it.
    if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z')) {
      literal += static_cast<char>(byte);
    } else {
      literal += {'\\', static_cast<char>('0' + byte / 64), static_cast<char>('0' + byte / 8 % 8),
                  static_cast<char>('0' + byte % 8)};
    }
  };
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    if (first == '\n' || first == '\r' || first == '\t') {
      append(' ');
    } else if (length == 0 || first < ' ' || first == 0x7F) {
      append('?');
    } else {
      for (std::size_t i = 0; i < length; ++i) append(static_cast<unsigned char>(text[i]));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return literal + "\"";
}

}  // namespace gradus::train
