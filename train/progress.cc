#include "train/progress.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <ostream>

#include "tensor/error.h"

namespace gradus::train {
namespace {

constexpr double kRedrawSeconds = 0.1;
constexpr std::size_t kWidth = 79;  // a longer line would wrap, and a wrapped one stays on screen
constexpr int kBarWidth = 20;
constexpr std::int64_t kPlainLines = 10;

double steady_seconds() {
  using std::chrono::steady_clock;
  return std::chrono::duration<double>(steady_clock::now().time_since_epoch()).count();
}

// Three significant digits with a unit factor: 7.25, 85.3, 1.2k, 3.4M.
std::string short_number(double value) {
  const char* unit = "";
  for (const char* larger : {"k", "M", "G"}) {
    if (value < 999.5) break;
    value /= 1000;
    unit = larger;
  }
  char text[32];
  std::snprintf(text, sizeof text,
                value < 9.995   ? "%.2f%s"
                : value < 99.95 ? "%.1f%s"
                                : "%.0f%s",
                value, unit);
  return text;
}

// 0:07, 12:30, 3:00:00.
std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::min(std::round(seconds), 1e9));
  char text[32];
  const int s = static_cast<int>(whole % 60), m = static_cast<int>(whole / 60 % 60);
  const auto h = static_cast<long long>(whole / 3600);
  if (h > 0) {
    std::snprintf(text, sizeof text, "%lld:%02d:%02d", h, m, s);
  } else {
    std::snprintf(text, sizeof text, "%d:%02d", m, s);
  }
  return text;
}

}  // namespace

bool is_terminal(std::FILE* file) { return file != nullptr && ::isatty(::fileno(file)) == 1; }

Progress::Progress(std::ostream& out, bool terminal, std::string title, std::int64_t total,
                   std::function<double()> seconds)
    : out_(out),
      terminal_(terminal),
      title_(std::move(title)),
      total_(total),
      seconds_(seconds ? std::move(seconds) : steady_seconds) {
  if (total < 0) {
    throw ConfigError("[progress] total: " + std::to_string(total) + "; expected >= 0");
  }
  start_ = now_ = seconds_();
  drawn_at_ = -std::numeric_limits<double>::infinity();  // the first update is shown
}

Progress::~Progress() {
  if (finished_ || width_shown_ == 0) return;
  try {
    out_ << '\n' << std::flush;
  } catch (...) {  // a stream that was told to throw; a destructor must not
  }
}

std::string Progress::line() const {
  const double elapsed = now_ - start_;
  std::string text = title_ + "  ";
  if (total_ > 0) {
    const double share =
        std::clamp(static_cast<double>(done_) / static_cast<double>(total_), 0., 1.);
    if (terminal_) {
      const int filled = static_cast<int>(share * kBarWidth);
      text += "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] ";
    }
    text += std::to_string(done_) + "/" + std::to_string(total_);
  } else {
    text += std::to_string(done_);
  }
  if (elapsed > 0 && done_ > 0) {
    const double rate = static_cast<double>(done_) / elapsed;
    text += "  " + short_number(rate) + "/s";
    if (finished_) {
      text += "  in " + short_number(elapsed) + " s";
    } else if (total_ > done_) {
      text += "  ETA " + clock_text(static_cast<double>(total_ - done_) / rate);
    }
  }
  if (!note_.empty()) text += "  " + note_;
  return text;
}

void Progress::redraw(std::string text) {
  if (text.size() > kWidth) {
    std::size_t end = kWidth;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text.resize(end);
  }
  const std::size_t width = text.size();
  if (width < width_shown_) text.append(width_shown_ - width, ' ');  // covers the longer line
  width_shown_ = width;
  drawn_at_ = now_;
  out_ << '\r' << text << std::flush;
}

void Progress::update(std::int64_t done, const std::string& note) {
  if (finished_) return;
  done_ = done;
  note_ = note;
  now_ = seconds_();
  if (terminal_) {
    if (now_ - drawn_at_ >= kRedrawSeconds) redraw(line());
    return;
  }
  const std::int64_t parts = std::min(total_, kPlainLines);
  if (parts == 0 || done_ >= total_) return;  // finish() shows the end
  const auto tenths = static_cast<std::int64_t>(static_cast<__int128>(done_) * parts / total_);
  if (tenths <= tenths_shown_) return;
  tenths_shown_ = tenths;
  out_ << line() << '\n' << std::flush;
}

void Progress::finish() {
  if (finished_) return;
  finished_ = true;
  now_ = seconds_();
  if (terminal_) {
    redraw(line());
    out_ << '\n' << std::flush;
  } else {
    out_ << line() << '\n' << std::flush;
  }
}

}  // namespace gradus::train
