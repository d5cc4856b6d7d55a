#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace gradus {

/// What the elements of all tensors of the program take. Tensors that share elements count once;
/// borrowed memory does not count, nor do the 64 bytes in front of the elements, nor blocks that
/// wait for reuse.
struct MemoryStats {
  std::int64_t current_bytes = 0;
  std::int64_t peak_bytes = 0;   ///< the most at any time since the start, or reset_peak_memory()
  std::int64_t allocations = 0;  ///< since the start
  std::int64_t live = 0;         ///< allocations that are not freed yet
};

/// The counters, which are always on. Exact while one thread works at a time; where several
/// allocate at once, the peak may be off by 64 KiB for each of them, the others are exact.
MemoryStats memory_stats();

/// Makes the bytes of now the peak.
void reset_peak_memory();

/// Elements that were made while a MemoryTrace lived, and are still alive.
struct TracedTensor {
  std::int64_t bytes = 0;
  Shape shape;  ///< of the tensor that was made; views of it may have others
  DType dtype = kFloat32;
  std::string line;  ///< "examples/train.cc:41"; empty when unknown
};

/// The tensors that one source line made and that are still alive.
struct TracedLine {
  std::string line;
  std::int64_t bytes = 0;
  std::int64_t count = 0;
};

struct MemoryReport {
  MemoryStats stats;
  std::vector<TracedTensor> largest;  ///< by falling bytes
  std::vector<TracedLine> lines;      ///< by falling bytes
  std::string note;                   ///< why lines are missing, or empty
};

/// Notes for each tensor that is made while it lives, on any thread, which line of the program made
/// it: the innermost line outside of the folders of Gradus, so that `matmul(a, b) + c` names the
/// line where it stands. Costs some microseconds a tensor; without one nothing is noted. Traces may
/// overlap. The program must have been compiled with -g1 (Gradus' own programs and tests are).
class MemoryTrace {
 public:
  MemoryTrace();
  ~MemoryTrace();
  MemoryTrace(const MemoryTrace&) = delete;
  MemoryTrace& operator=(const MemoryTrace&) = delete;
};

/// Counters, and what is alive of the traced tensors: the `count` largest, and the `count` lines
/// that hold most.
MemoryReport memory_report(int count = 10);

/// A table for people.
std::string to_string(const MemoryReport& report);

/// "1.5 MiB"
std::string bytes_text(std::int64_t bytes);

}  // namespace gradus
