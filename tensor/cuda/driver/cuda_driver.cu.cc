// CUDA's runtime as a driver: each function is one call of CUDA, checked.
#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "tensor/cuda/available.h"
#include "tensor/cuda/driver.h"
#include "tensor/cuda/launch_log.h"
#include "tensor/error.h"

namespace gradus::gpu {
namespace {

cudaStream_t stream_of(void* stream) { return static_cast<cudaStream_t>(stream); }
cudaEvent_t event_of(void* event) { return static_cast<cudaEvent_t>(event); }

class CudaDriver : public Driver {
 public:
  explicit CudaDriver(int index) : index_(index) {}

  // The index is the calling thread's, and another part of the program may change it.
  void use() override {
    static const bool several = cuda::device_count() > 1;
    if (several) check("device", cudaSetDevice(index_));
  }

  void* allocate(std::size_t bytes) override {
    use();
    void* memory = nullptr;
    const cudaError_t error = cudaMalloc(&memory, bytes);
    if (error == cudaErrorMemoryAllocation) {
      static_cast<void>(cudaGetLastError());
      return nullptr;
    }
    check("allocate", error);
    return memory;
  }
  void release(void* memory) noexcept override { ignore(cudaFree(memory)); }
  Room room() noexcept override {
    Room room;
    ignore(cudaMemGetInfo(&room.free, &room.total));
    return room;
  }

  void* allocate_pinned(std::size_t bytes) override {
    use();
    void* memory = nullptr;
    check("pinned memory", cudaHostAlloc(&memory, bytes, cudaHostAllocPortable));
    return memory;
  }
  void release_pinned(void* memory) noexcept override { ignore(cudaFreeHost(memory)); }
  bool copies_later() const override { return true; }

  void copy(Way way, void* to, const void* from, std::size_t bytes, void* stream) override {
    use();
    constexpr cudaMemcpyKind kKinds[] = {cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost,
                                         cudaMemcpyDeviceToDevice};
    constexpr const char* kNames[] = {"copy_to_device", "copy_to_host", "copy_on_device"};
    const int k = static_cast<int>(way);
    check(kNames[k], cudaMemcpyAsync(to, from, bytes, kKinds[k], stream_of(stream)));
  }
  void fill(void* to, int value, std::size_t bytes, void* stream) override {
    use();
    check("fill_bytes", cudaMemsetAsync(to, value, bytes, stream_of(stream)));
  }

  void* create_stream() override {
    use();
    cudaStream_t stream = nullptr;
    // One that waits for the default stream and is waited for by it.
    check("stream", cudaStreamCreate(&stream));
    const std::lock_guard lock(mutex_);
    streams_.push_back(stream);
    return stream;
  }
  void destroy_stream(void* stream) noexcept override {
    ignore(cudaStreamSynchronize(stream_of(stream)));
    {
      const std::lock_guard lock(mutex_);
      std::erase(streams_, stream_of(stream));
    }
    ignore(cudaStreamDestroy(stream_of(stream)));
  }
  void synchronize(void* stream) override {
    use();
    check("synchronize", cudaStreamSynchronize(stream_of(stream)));
    if (stream == nullptr) launches_are_done();
  }
  void synchronize_device() override {
    use();
    check("synchronize", cudaDeviceSynchronize());
    launches_are_done();
  }

  void* create_event() override {
    use();
    cudaEvent_t event = nullptr;
    check("event", cudaEventCreate(&event));
    return event;
  }
  void destroy_event(void* event) noexcept override { ignore(cudaEventDestroy(event_of(event))); }
  void record(void* event, void* stream) override {
    use();
    check("event", cudaEventRecord(event_of(event), stream_of(stream)));
  }
  void wait(void* stream, void* event) override {
    use();
    check("wait", cudaStreamWaitEvent(stream_of(stream), event_of(event), 0));
  }
  bool happened(void* event) override {
    const cudaError_t error = cudaEventQuery(event_of(event));
    if (error == cudaErrorNotReady) {
      static_cast<void>(cudaGetLastError());
      return false;
    }
    check("event", error);
    return true;
  }
  void synchronize_event(void* event) override {
    check("synchronize", cudaEventSynchronize(event_of(event)));
  }
  double seconds_between(void* first, void* second) override {
    float milliseconds = 0;
    check("event", cudaEventElapsedTime(&milliseconds, event_of(first), event_of(second)));
    return 1e-3 * milliseconds;
  }

  std::vector<void*> mark() override {
    const std::lock_guard lock(mutex_);
    std::vector<void*> events;
    if (streams_.empty()) return events;
    for (cudaStream_t stream : streams_) {
      events.push_back(create_event());
      record(events.back(), stream);
    }
    return events;
  }
  void wait_behind(const std::vector<void*>& events) override {
    for (void* event : events) {
      wait(current_stream(), event);
      destroy_event(event);  // CUDA keeps it until it has happened
    }
  }

 private:
  // A thread that ends after CUDA's runtime did may still give something back.
  static void ignore(cudaError_t error) noexcept {
    if (error != cudaSuccess) static_cast<void>(cudaGetLastError());
  }
  void check(const char* what, cudaError_t error) const {
    if (error == cudaSuccess) return;
    static_cast<void>(cudaGetLastError());
    std::string text = std::string("[") + what + "] cuda:" + std::to_string(index_) + ": " +
                       cudaGetErrorString(error) + launches_text();
    // Such an error stays until the end of the process.
    if (cudaGetLastError() != cudaSuccess)
      text += "; the GPU is lost to this program: start it again";
    throw DeviceError(text);
  }

  const int index_;
  std::mutex mutex_;
  std::vector<cudaStream_t> streams_;
};

}  // namespace

Driver& cuda_driver(int index) { return *new CudaDriver(index); }

}  // namespace gradus::gpu
