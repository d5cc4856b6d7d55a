#pragma once
#include "optim/rules/adamw.h"

namespace gradus::optim {

/// PagedAdamW: AdamW, bit for bit, whose m and v are in the memory of the host. A step takes them
/// through in chunks: brings a chunk to the parameter, updates it, writes it back; beside the
/// parameters there is room for one chunk, not for m and v.
/// This pays where parameters are in another memory than the host's, with chunks of a million
/// elements. On the CPU they are not: m and v lie in host memory with every rule, chunks of 512
/// elements are copied into the cache and back, and nothing is saved; a step takes a few percent
/// longer than AdamW's.
/// Source: Dettmers et al. 2023, NeurIPS, arXiv:2305.14314, Section 3 (paged optimizers).
/// Differs: chunks in a fixed order instead of the driver's pages.
struct PagedAdamW : AdamW {
  using Inner = AdamW;
  static constexpr const char* kName = "PagedAdamW";
  static constexpr bool kElementwise = true;
  static constexpr bool kStateOnHost = true;

  template <class T>
  void load(const std::array<void*, 2>& arrays, std::int64_t begin, std::int64_t n,
            const std::array<T*, 2>& chunk) const {
    for (std::size_t k = 0; k < 2; ++k) {
      std::copy_n(static_cast<const T*>(arrays[k]) + begin, n, chunk[k]);
    }
  }
  template <class T>
  void store(const std::array<void*, 2>& arrays, std::int64_t begin, std::int64_t n,
             const std::array<T*, 2>& chunk) const {
    for (std::size_t k = 0; k < 2; ++k) {
      std::copy_n(chunk[k], n, static_cast<T*>(arrays[k]) + begin);
    }
  }
};
GRADUS_UPDATE_RULE(PagedAdamW);

}  // namespace gradus::optim
