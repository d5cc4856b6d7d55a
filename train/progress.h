#pragma once
#include <cstdint>
#include <cstdio>
#include <functional>
#include <iosfwd>
#include <string>

namespace gradus::train {

/// Whether `file` (stdout, stderr) is shown to a person rather than written to a file or a pipe.
bool is_terminal(std::FILE* file);

/// Tells how far a loop is. A terminal sees one line that is drawn anew at most ten times a
/// second, with rate and remaining time; anything else gets at most ten plain lines and the last.
///   Progress progress(std::cerr, is_terminal(stderr), "adam", steps);
///   for (...) progress.update(step + 1, "loss 0.25");
///   progress.finish();
class Progress {
 public:
  /// total: updates to come, 0 if not known. `seconds`: a clock, for tests; none means the
  /// system's. Throws ConfigError: "[progress] total: -1; expected >= 0"
  Progress(std::ostream& out, bool terminal, std::string title, std::int64_t total,
           std::function<double()> seconds = {});
  /// Ends a line that is still open, so that what follows starts on a new one.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` of the total are done; `note` is shown behind (the current loss).
  void update(std::int64_t done, const std::string& note = "");
  /// Shows the last state and the time it took. Later calls do nothing.
  void finish();

 private:
  std::string line() const;
  void redraw(std::string text);

  std::ostream& out_;
  bool terminal_;
  std::string title_;
  std::int64_t total_;
  std::function<double()> seconds_;
  double start_, now_, drawn_at_;
  std::int64_t done_ = 0, tenths_shown_ = 0;
  std::string note_;
  std::size_t width_shown_ = 0;
  bool finished_ = false;
};

}  // namespace gradus::train
