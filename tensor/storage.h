#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <utility>

#include "tensor/device.h"

namespace gradus {

/// Bytes shared by tensors: a reference count and, in the same block, the elements, or the address
/// of a caller's or of a device's. It counts the changes in place, for whoever must know that
/// elements are still those it once read.
class Storage {
 public:
  /// Elements are not initialised. Throws DeviceError.
  static Storage* allocate(std::size_t bytes);
  /// The same in the memory of a device. Throws DeviceError also when it is not there.
  static Storage* allocate(std::size_t bytes, Device device);
  /// Elements that stay where they are, until the last tensor is gone and `deleter` is called (by
  /// the thread that drops it; it must not throw). `data` must be aligned for its elements.
  static Storage* borrow(void* data, std::size_t bytes, std::function<void()> deleter);

  /// An address of device().
  void* data() { return data_; }
  Device device() const { return device_; }
  std::size_t bytes() const { return bytes_; }
  bool unique() const { return references_.load(std::memory_order_acquire) == 1; }

  void retain() { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
  }

  /// How often the elements were changed in place so far, and the line that did it last.
  std::uint32_t version() const { return version_.load(std::memory_order_relaxed); }
  std::source_location changed_at() const { return changed_at_.load(std::memory_order_relaxed); }
  // Not one atomic step: threads that change one storage at a time write disjoint elements, and a
  // change that is lost beside another one has still changed the version.
  void mark_changed(std::source_location where) {
    version_.store(version() + 1, std::memory_order_relaxed);
    changed_at_.store(where, std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t kHeader = 64;  // keeps the elements on a cache line of their own
  struct Borrowed;
  Storage(void* data, std::size_t bytes) : bytes_(bytes), data_(data) {}
  void destroy();

  std::atomic<std::size_t> references_{1};
  std::atomic<std::uint32_t> version_{0};
  Device device_;
  std::size_t bytes_;
  void* data_;
  std::atomic<std::source_location> changed_at_{};
};

/// A counted pointer to a Storage; null for an undefined tensor.
class StorageRef {
 public:
  StorageRef() = default;
  explicit StorageRef(Storage* adopted) : storage_(adopted) {}
  StorageRef(const StorageRef& other) : storage_(other.storage_) {
    if (storage_ != nullptr) storage_->retain();
  }
  StorageRef(StorageRef&& other) noexcept : storage_(std::exchange(other.storage_, nullptr)) {}
  StorageRef& operator=(StorageRef other) noexcept {
    std::swap(storage_, other.storage_);
    return *this;
  }
  ~StorageRef() {
    if (storage_ != nullptr) storage_->release();
  }

  Storage* get() const { return storage_; }
  Storage* operator->() const { return storage_; }
  explicit operator bool() const { return storage_ != nullptr; }

 private:
  Storage* storage_ = nullptr;
};

}  // namespace gradus
