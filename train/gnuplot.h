#pragma once
#include <string>
#include <string_view>

namespace gradus::train {

/// Runs the installed gnuplot on a script, without any settings of the user, and returns what it
/// writes to its standard output. No shell is involved. Throws IoError:
///   "[figure] gnuplot: not found on PATH; expected it to draw curves; ./gradus setup installs it"
///   "[figure] gnuplot: failed: undefined variable: a; expected it to draw curves;
///   ./gradus setup installs a version that does"
std::string run_gnuplot(const std::string& script);

/// A string literal of gnuplot that means exactly `text`: letters are kept, every other
/// byte becomes an octal escape, so that nothing in it can be a command, a quote, a macro or a
/// backquoted shell command. Bytes that are no UTF-8 and control characters become "?"; line
/// breaks and tabs become blanks.
std::string gnuplot_quote(std::string_view text);

}  // namespace gradus::train
