#include "examples/support/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "tensor/error.h"

namespace gradus {

struct CommandLine::Parser {
  CLI::App app;
};

CommandLine::CommandLine(const std::string& title) : parser_(new Parser{.app = CLI::App(title)}) {}
CommandLine::~CommandLine() = default;

void CommandLine::option(const std::string& name, std::string& value, const std::string& help,
                         const std::vector<std::string>& choices) {
  CLI::Option* option = parser_->app.add_option(name, value, help);
  if (!value.empty()) option->capture_default_str();
  if (!choices.empty()) option->check(CLI::IsMember(choices));
}

void CommandLine::option(const std::string& name, std::uint64_t& value, const std::string& help) {
  // Without the check CLI11 turns -1 into 2^64 - 1.
  parser_->app.add_option(name, value, help)->check(CLI::NonNegativeNumber)->capture_default_str();
}

void CommandLine::count(const std::string& name, int& value, const std::string& help) {
  parser_->app.add_option(name, value, help)->check(CLI::PositiveNumber)->capture_default_str();
}

int CommandLine::run(int argc, char** argv, const std::function<void()>& program) {
  try {
    parser_->app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return parser_->app.exit(error);
  }
  try {
    program();
    return 0;
  } catch (const Error& error) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

}  // namespace gradus
