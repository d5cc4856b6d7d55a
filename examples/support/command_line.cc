#include "examples/support/command_line.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>

#include "tensor/error.h"

namespace gradus {

struct CommandLine::Parser {
  CLI::App app;
};

namespace {

// CLI11's own checks name a range with 300 digits, and without one it turns -1 into 2^64 - 1.
CLI::Validator whole_number(std::uint64_t least) {
  const std::string what = "whole number >= " + std::to_string(least);
  return CLI::Validator(
      [=](std::string& text) -> std::string {
        std::uint64_t number = 0;
        const char* end = text.data() + text.size();
        const auto [rest, error] = std::from_chars(text.data(), end, number);
        const bool fits = error == std::errc() && rest == end && number >= least;
        return fits ? "" : text + "; expected a " + what;
      },
      "");
}

}  // namespace

CommandLine::CommandLine(const std::string& title) : parser_(new Parser{.app = CLI::App(title)}) {}
CommandLine::~CommandLine() = default;

void CommandLine::option(const std::string& name, std::string& value, const std::string& help,
                         const std::vector<std::string>& choices) {
  CLI::Option* option = parser_->app.add_option(name, value, help);
  if (!value.empty()) option->capture_default_str();
  if (!choices.empty()) option->check(CLI::IsMember(choices));
}

void CommandLine::option(const std::string& name, std::uint64_t& value, const std::string& help) {
  parser_->app.add_option(name, value, help)->check(whole_number(0))->capture_default_str();
}

void CommandLine::option(const std::string& name, double& value, const std::string& help) {
  parser_->app.add_option(name, value, help)->capture_default_str();
}

void CommandLine::flag(const std::string& name, bool& value, const std::string& help) {
  parser_->app.add_flag(name, value, help);
}

void CommandLine::count(const std::string& name, int& value, const std::string& help) {
  parser_->app.add_option(name, value, help)->check(whole_number(1))->capture_default_str();
}

int CommandLine::run(int argc, char** argv, const std::function<void()>& program) {
  try {
    parser_->app.parse(argc, argv);
  } catch (const CLI::ExtrasError& error) {
    std::string unknown, known;
    for (const std::string& word : parser_->app.remaining()) unknown += word + " ";
    for (const CLI::Option* each : parser_->app.get_options()) {
      known += (known.empty() ? "" : ", ") + each->get_name();
    }
    std::fprintf(stderr, "%s: unknown; expected one of %s\n",
                 unknown.substr(0, unknown.size() - 1).c_str(), known.c_str());
    return error.get_exit_code();
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
