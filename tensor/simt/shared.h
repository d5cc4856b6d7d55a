#pragma once
// Shared memory of the block that runs.
#include <cstddef>
#include <string>
#include <vector>

#include "tensor/simt/shape.h"

namespace gradus::simt {

class SharedMemory {
 public:
  SharedMemory() = default;
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  /// Gives the arrays of the last launch back.
  void start_launch(std::size_t dynamic_bytes);
  /// From here on the first use of an array fills it with ones in every bit.
  void start_block();
  /// Null when it does not fit: static arrays together take at most 48 KiB, and with the dynamic
  /// one no more than `limit`.
  void* array(const void* key, std::size_t bytes, const char* name, Here here, std::size_t limit);
  std::size_t dynamic_bytes() const { return dynamic_bytes_; }
  /// Bytes of the static arrays.
  std::size_t static_bytes() const { return static_bytes_; }
  /// The key of the dynamic array.
  const void* dynamic_key() const { return &dynamic_bytes_; }
  /// The name and line of an array around which bytes were written, else "". Under ASan always "",
  /// since the heap's red zones stand there.
  std::string damaged() const;

 private:
  struct Array {
    const void* key;
    std::byte* data;
    std::size_t bytes;
    const char* name;
    Here here;
    bool fresh;  // filled in this block
  };
  static std::byte* make(std::size_t bytes);
  static void drop(std::byte* data);
  void* refill(Array& array);

  std::vector<Array> arrays_;
  std::size_t dynamic_bytes_ = 0, static_bytes_ = 0;
};

}  // namespace gradus::simt
