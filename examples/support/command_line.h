#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gradus {

/// The command line of an example: options with defaults, and --help. What lies behind it (CLI11)
/// is compiled once, so that examples compile fast.
///   CommandLine line("What the program does");
///   line.option("--seed", seed, "first seed");
///   return line.run(argc, argv, [&] { train(seed); });
class CommandLine {
 public:
  explicit CommandLine(const std::string& title);
  ~CommandLine();

  /// The variable's value is the default and is shown by --help. A text may be limited to choices.
  void option(const std::string& name, std::string& value, const std::string& help,
              const std::vector<std::string>& choices = {});
  void option(const std::string& name, std::uint64_t& value, const std::string& help);
  void option(const std::string& name, double& value, const std::string& help);
  /// False unless it is given.
  void flag(const std::string& name, bool& value, const std::string& help);
  /// At least 1.
  void count(const std::string& name, int& value, const std::string& help);

  /// Parses and calls the program. Returns the exit code: 0; 1 after a gradus::Error, whose text is
  /// printed to stderr; another one for a command line that does not fit, which is explained.
  int run(int argc, char** argv, const std::function<void()>& program);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace gradus
