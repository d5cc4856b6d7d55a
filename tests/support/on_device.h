#pragma once
// Arrays on the emulated device and the schedules that every kernel is run in.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tensor/error.h"
#include "tensor/simt/memory.h"
#include "tensor/simt/schedule.h"

namespace gradus::testing {

/// Device memory with these values; given back at the end.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t n)
      : n_(n), data_(static_cast<T*>(simt::allocate(n * sizeof(T)))) {}
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    simt::copy_to_device(data_, values.data(), n_ * sizeof(T));
  }
  DeviceArray(const T* values, std::size_t n) : DeviceArray(n) {
    simt::copy_to_device(data_, values, n_ * sizeof(T));
  }
  ~DeviceArray() {
    try {
      simt::release(data_);
    } catch (const Error&) {  // written around it, which a test did on purpose
    }
  }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* data() const { return data_; }
  std::vector<T> values() const {
    std::vector<T> all(n_);
    simt::copy_to_host(all.data(), data_, n_ * sizeof(T));
    return all;
  }

 private:
  std::size_t n_;
  T* data_;
};

inline std::vector<simt::Schedule> schedules() {
  using simt::Schedule;
  return {{Schedule::kAscending, 0}, {Schedule::kDescending, 0}, {Schedule::kSeeded, 7}};
}

/// f() in each of the three.
template <class F>
void in_all_schedules(F f) {
  for (const simt::Schedule& schedule : schedules()) {
    SCOPED_TRACE(simt::to_string(schedule));
    const simt::UseSchedule use(schedule);
    f();
  }
}

/// Runs f, which must throw a DeviceError; returns its text.
template <class F>
std::string device_error(F f) {
  try {
    f();
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "no DeviceError";
}

}  // namespace gradus::testing
