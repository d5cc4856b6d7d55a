// Which line made a tensor: the stack of return addresses is noted when it is made and looked up in
// the debug information of the program when somebody asks.
#include <unwind.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <unordered_map>

#include "tensor/ledger.h"
#include "tensor/memory.h"

#if __has_include(<backtrace.h>)
#include <backtrace.h>  // libbacktrace, a part of g++
#define GRADUS_HAS_BACKTRACE 1
#else
#define GRADUS_HAS_BACKTRACE 0
#endif

namespace gradus {
namespace {

using Stack = std::vector<std::uintptr_t>;  // innermost first

struct Record {
  std::size_t bytes = 0;
  Shape shape;
  DType dtype = kUInt8;
  const Stack* stack = nullptr;
};

struct Traces {
  std::mutex mutex;
  int running = 0;
  std::unordered_map<const void*, Record> records;
  std::set<Stack> stacks;                    // few: records of one place share theirs
  std::map<std::uintptr_t, std::string> at;  // return address -> line, empty for none
};

// Never destroyed: tensors may outlive every static object.
Traces& traces() {
  static Traces& all = *new Traces;
  return all;
}

constexpr std::size_t kDeepest = 100;

Stack current_stack() {
  Stack stack;
  stack.reserve(32);
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void* out) {
        auto& frames = *static_cast<Stack*>(out);
        int before = 0;  // whether the address is that of the instruction itself (signals)
        const std::uintptr_t address = _Unwind_GetIPInfo(context, &before);
        if (address == 0 || frames.size() == kDeepest) return _URC_END_OF_STACK;
        frames.push_back(before ? address : address - 1);
        return _URC_NO_REASON;
      },
      &stack);
  return stack;
}

// "examples/train.cc" for a file of the program; empty for one of Gradus' libraries or the system.
std::string_view program_file(std::string_view file) {
  for (std::string_view prefix : {"/proc/self/cwd/", "./"}) {  // what Bazel and make put in front
    if (file.starts_with(prefix)) file.remove_prefix(prefix.size());
  }
  std::string_view inner = file;
  if (inner.starts_with("bazel-out/")) {  // generated: bazel-out/k8-opt/bin/tensor/...
    const std::size_t bin = inner.find("/bin/");
    if (bin != std::string_view::npos) inner.remove_prefix(bin + 5);
  }
  if (inner.starts_with("external/gradus/")) inner.remove_prefix(16);
  for (std::string_view folder :
       {"tensor/", "autograd/", "nn/", "optim/", "data/", "train/", "/usr/"}) {
    if (inner.starts_with(folder)) return {};
  }
  return file;
}

#if GRADUS_HAS_BACKTRACE
backtrace_state* debug_information() {
  static backtrace_state* state = backtrace_create_state(
      nullptr, 1, [](void*, const char*, int) {}, nullptr);
  return state;
}

// The first line of the program among those that were inlined at the address, innermost first.
std::string look_up(std::uintptr_t address) {
  std::string found;
  if (debug_information() == nullptr) return found;
  backtrace_pcinfo(
      debug_information(), address,
      [](void* out, std::uintptr_t, const char* file, int line, const char*) {
        if (file == nullptr || line == 0) return 0;
        const std::string_view name = program_file(file);
        if (name.empty()) return 0;
        *static_cast<std::string*>(out) = std::string(name) + ":" + std::to_string(line);
        return 1;
      },
      [](void*, const char*, int) {}, &found);
  return found;
}
#else
std::string look_up(std::uintptr_t) { return {}; }
#endif

std::string line_of(Traces& all, const Stack& stack) {
  for (std::uintptr_t address : stack) {
    auto [entry, isnew] = all.at.try_emplace(address);
    if (isnew) entry->second = look_up(address);
    if (!entry->second.empty()) return entry->second;
  }
  return {};
}

std::string line_text(const std::string& line) { return line.empty() ? "unknown line" : line; }

}  // namespace

void ledger::trace(const void* owner, std::size_t bytes) noexcept try {
  Traces& all = traces();
  Stack stack = current_stack();
  const std::lock_guard lock(all.mutex);
  if (all.running == 0) return;
  const Stack& kept = *all.stacks.insert(std::move(stack)).first;
  all.records[owner] = {bytes, {static_cast<std::int64_t>(bytes)}, kUInt8, &kept};
} catch (const std::bad_alloc&) {  // this tensor stays untraced
}

void ledger::forget(const void* owner) noexcept {
  Traces& all = traces();
  const std::lock_guard lock(all.mutex);
  all.records.erase(owner);
  if (all.records.empty() && all.running == 0) tracing = false;
}

void ledger::note_shape(const void* owner, const Shape& shape, DType dtype) {
  Traces& all = traces();
  const std::lock_guard lock(all.mutex);
  const auto record = all.records.find(owner);
  if (record == all.records.end()) return;
  record->second.shape = shape;
  record->second.dtype = dtype;
}

MemoryTrace::MemoryTrace() {
  const std::lock_guard lock(traces().mutex);
  ++traces().running;
  ledger::tracing = true;
}

MemoryTrace::~MemoryTrace() {
  const std::lock_guard lock(traces().mutex);
  if (--traces().running == 0 && traces().records.empty()) ledger::tracing = false;
}

MemoryReport memory_report(int count) {
  MemoryReport report;
  report.stats = memory_stats();
  Traces& all = traces();
  const std::lock_guard lock(all.mutex);
  std::map<std::string, TracedLine> lines;
  bool unknown = false;
  for (const auto& [owner, record] : all.records) {
    TracedTensor x{.bytes = static_cast<std::int64_t>(record.bytes),
                   .shape = record.shape,
                   .dtype = record.dtype,
                   .line = line_of(all, *record.stack)};
    unknown |= x.line.empty();
    TracedLine& line = lines[x.line];
    line.line = x.line;
    line.bytes += x.bytes;
    ++line.count;
    report.largest.push_back(std::move(x));
  }
  for (auto& [name, line] : lines) report.lines.push_back(std::move(line));
  const auto keep_largest = [count](auto& list) {
    std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
      return a.bytes != b.bytes ? a.bytes > b.bytes : a.line < b.line;
    });
    if (static_cast<int>(list.size()) > count) list.resize(std::max(count, 0));
  };
  keep_largest(report.largest);
  keep_largest(report.lines);
  if (!GRADUS_HAS_BACKTRACE) {
    report.note = "lines are unknown: Gradus was built without libbacktrace, a part of g++";
  } else if (unknown) {
    report.note = "unknown lines: compile the program with -g1";
  } else if (report.largest.empty() && all.running == 0) {
    report.note = "lines are noted while a MemoryTrace lives";
  }
  return report;
}

std::string bytes_text(std::int64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
  double value = static_cast<double>(bytes);
  std::string_view unit;
  for (std::string_view larger : {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}) {
    if (value < 1024) break;
    value /= 1024;
    unit = larger;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.1f ", value);
  return text + std::string(unit);
}

std::string to_string(const MemoryReport& report) {
  const MemoryStats& s = report.stats;
  const auto right = [](const std::string& text, std::size_t width) {
    return std::string(width - std::min(width, text.size()), ' ') + text;
  };
  std::string text = "memory: " + bytes_text(s.current_bytes) + " in " + std::to_string(s.live) +
                     " tensors, at most " + bytes_text(s.peak_bytes) + ", " +
                     std::to_string(s.allocations) + " allocations\n";
  if (!report.lines.empty()) text += "by line:\n";
  for (const TracedLine& line : report.lines) {
    text += right(bytes_text(line.bytes), 12) + right(std::to_string(line.count), 8) + "  " +
            line_text(line.line) + "\n";
  }
  if (!report.largest.empty()) text += "largest:\n";
  for (const TracedTensor& x : report.largest) {
    text += right(bytes_text(x.bytes), 12) + "  " + std::string(name(x.dtype)) + " " +
            to_string(x.shape) + "  " + line_text(x.line) + "\n";
  }
  return report.note.empty() ? text : text + "note: " + report.note + "\n";
}

std::string ledger::text_when_exhausted() {
  const MemoryReport report = memory_report(3);
  std::string text = bytes_text(report.stats.current_bytes) + " are in use by " +
                     std::to_string(report.stats.live) + " tensors; ";
  if (report.largest.empty()) return text + "a MemoryTrace shows which lines made them";
  text += "the largest:";
  for (const TracedTensor& x : report.largest) {
    text += (&x == &report.largest[0] ? " " : ", ") + bytes_text(x.bytes) + " made at " +
            line_text(x.line);
  }
  return text;
}

}  // namespace gradus
