#pragma once
// Which kernels were launched lately. A kernel that fails on a GPU is noticed later, by whatever
// waits for it: the error then names those that may have been it.
#include <string>

namespace gradus::gpu {

/// The text must live for ever.
void note_launch(const char* kernel) noexcept;
/// All kernels launched so far are done, without an error.
void launches_are_done() noexcept;

/// "" or "; launched since the last check, the latest first: softmax_rows<T>, Tanh; with
/// GRADUS_CUDA_SYNC=1 each launch waits, and the error names the one". At most 8 kernels.
std::string launches_text();

/// Whether each launch waits for its kernel, to name the one that fails: GRADUS_CUDA_SYNC=1.
bool launches_wait();

/// "sum_naive<T>" of "(sum_naive<T>)", as a kernel whose name has commas is written.
std::string launch_name(const char* kernel);

}  // namespace gradus::gpu
