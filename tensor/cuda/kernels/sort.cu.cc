// Sorts rows by keys: unsigned numbers in the order of the elements. A key and the position of its
// element differ from all others of the row, so every way of sorting gives the one order.
#include "tensor/cuda/sort.h"

#include "tensor/cuda/map.h"

namespace gradus::GRADUS_GPU {

constexpr int kLargestTile = 1024, kSmallestTile = 256;
constexpr std::uint32_t kNoPosition = 0xffffffff;

// How the bits of an element become its key.
struct KeyRule {
  bool has_sign, floating, descending;
  std::uint64_t infinity;  // its bits
};

template <class K, class U>
__device__ K key_of(U bits, const KeyRule& rule) {
  constexpr U kSign = static_cast<U>(U(1) << (8 * sizeof(U) - 1));
  const U magnitude = static_cast<U>(bits & static_cast<U>(~kSign));
  U key = bits;
  if (rule.floating) {
    if (magnitude > static_cast<U>(rule.infinity)) {
      key = static_cast<U>(~U(0));  // NaN
    } else if (magnitude == 0) {
      key = kSign;
    } else {
      key = static_cast<U>(bits & kSign ? ~bits : bits | kSign);
    }
  } else if (rule.has_sign) {
    key = static_cast<U>(bits ^ kSign);
  }
  return static_cast<K>(rule.descending ? static_cast<U>(~key) : key);
}

template <class K>
__device__ bool goes_first(K a, std::uint32_t at_a, K b, std::uint32_t at_b) {
  return a < b || (a == b && at_a < at_b);
}

// Where run number `run` lies: rows of n elements are cut into `runs` runs of `width`.
struct Run {
  std::int64_t first;  // element
  std::int64_t begin;  // the same, counted from the start of the row
  int count;
};
__device__ inline Run run_at(std::int64_t run, std::int64_t runs, std::int64_t width,
                             std::int64_t n) {
  const std::int64_t begin = run % runs * width, left = n - begin;
  return {run / runs * n + begin, begin, static_cast<int>(left < width ? left : width)};
}

// Each block sorts a tile of twice as many elements as it has threads: one run, or several short
// ones. Bitonic: sorted lines of opposite direction, side by side, are halved by exchanges over
// half the distance, a quarter ... Elements that are not there go last. `width` is a power of two.
template <class U, class K>
__global__ void sort_runs(std::int64_t all_runs, std::int64_t runs, int width, std::int64_t n,
                          KeyRule rule, const U* x, K* keys, std::uint32_t* positions) {
  GRADUS_DYNAMIC_SHARED(K, key);
  const int t = threadIdx.x, threads = blockDim.x, tile = 2 * threads;
  auto* position = reinterpret_cast<std::uint32_t*>(key + tile);
  const std::int64_t first_run = static_cast<std::int64_t>(blockIdx.x) * (tile / width);
  for (int i = t; i < tile; i += threads) {
    key[i] = static_cast<K>(~K(0));
    position[i] = kNoPosition;
    const std::int64_t number = first_run + i / width;
    if (number >= all_runs) continue;
    const Run run = run_at(number, runs, width, n);
    const int at = i % width;
    if (at >= run.count) continue;
    key[i] = key_of<K>(x[run.first + at], rule);
    position[i] = static_cast<std::uint32_t>(run.begin + at);
  }
  for (int sorted = 2; sorted <= width; sorted *= 2) {
    for (int distance = sorted / 2; distance > 0; distance /= 2) {
      __syncthreads();
      const int low = 2 * t - (t & (distance - 1)), high = low + distance;
      const bool upwards = (low & (width - 1) & sorted) == 0;
      if (goes_first(key[high], position[high], key[low], position[low]) == upwards) {
        const K other_key = key[low];
        const std::uint32_t other_position = position[low];
        key[low] = key[high];
        position[low] = position[high];
        key[high] = other_key;
        position[high] = other_position;
      }
    }
  }
  __syncthreads();
  for (int i = t; i < tile; i += threads) {
    const std::int64_t number = first_run + i / width;
    if (number >= all_runs) continue;
    const Run run = run_at(number, runs, width, n);
    const int at = i % width;
    if (at >= run.count) continue;
    keys[run.first + at] = key[i];
    positions[run.first + at] = position[i];
  }
}

// Merges neighbouring runs of `width`: an element moves by the number of elements of the other run
// that go before it, which a search by halves counts.
template <class K>
__global__ void merge_runs(std::int64_t all, std::int64_t n, std::int64_t width, const K* keys,
                           const std::uint32_t* positions, K* to_keys,
                           std::uint32_t* to_positions) {
  for (std::int64_t i = first_position(); i < all; i += all_threads()) {
    const std::int64_t row = i / n * n, at = i - row, run = at / width;
    const std::int64_t other = (run ^ 1) * width;
    const std::int64_t end = other + width < n ? other + width : n;
    const K key = keys[i];
    const std::uint32_t position = positions[i];
    std::int64_t low = other, high = other < n ? end : other;
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      if (goes_first(keys[row + middle], positions[row + middle], key, position)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const std::int64_t to = row + (run & ~std::int64_t{1}) * width + at % width + (low - other);
    to_keys[to] = key;
    to_positions[to] = position;
  }
}

template <class U>
__global__ void pick_elements(std::int64_t all, std::int64_t n, std::int64_t from, std::int64_t m,
                              const U* x, const std::uint32_t* positions, U* values,
                              std::int64_t* indices) {
  for (std::int64_t i = first_position(); i < all; i += all_threads()) {
    const std::int64_t row = i / m * n;
    const std::int64_t at = positions[row + from + i % m];
    indices[i] = at;
    if (values != nullptr) values[i] = x[row + at];
  }
}

template <class U, class K>
const std::uint32_t* launch_sort(const KeyRule& rule, std::int64_t rows, std::int64_t n, const U* x,
                                 const gpu::SortRoom& room, void* stream) {
  int width = 1;
  while (width < kLargestTile && width < n) width *= 2;
  const int tile = width < kSmallestTile ? kSmallestTile : width;
  const std::int64_t runs = (n + width - 1) / width,
                     blocks = (rows * runs * width + tile - 1) / tile;
  auto* keys = static_cast<K*>(room.keys);
  std::uint32_t* positions = room.positions;
  GRADUS_LAUNCH((sort_runs<U, K>),
                (simt::Launch{.grid = {static_cast<unsigned>(blocks)},
                              .block = {static_cast<unsigned>(tile / 2)},
                              .shared_bytes = tile * (sizeof(K) + sizeof(std::uint32_t)),
                              .stream = stream}),
                rows * runs, runs, width, n, rule, x, keys, positions);
  K* to_keys = keys + rows * n;
  std::uint32_t* to_positions = positions + rows * n;
  for (std::int64_t length = width; length < n; length *= 2) {
    GRADUS_LAUNCH(merge_runs<K>, launch_for(rows * n, stream), rows * n, n, length, keys, positions,
                  to_keys, to_positions);
    std::swap(keys, to_keys);
    std::swap(positions, to_positions);
  }
  return positions;
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device>
const std::uint32_t* sort_rows(DType dtype, bool descending, std::int64_t rows, std::int64_t n,
                               const void* x, const SortRoom& room, void* stream) {
  if (rows == 0 || n == 0) return room.positions;
  const std::uint64_t infinity = dtype == kFloat16    ? 0x7c00
                                 : dtype == kBFloat16 ? 0x7f80
                                 : dtype == kFloat32  ? 0x7f800000
                                                      : 0x7ff0000000000000;
  const KeyRule rule{dtype == kInt32 || dtype == kInt64, is_floating(dtype), descending, infinity};
  const std::uint32_t* sorted = nullptr;
  for_size(static_cast<std::int64_t>(size_of(dtype)), [&]<class U>(std::type_identity<U>) {
    using K = std::conditional_t<sizeof(U) == 8, std::uint64_t, std::uint32_t>;
    sorted = launch_sort<U, K>(rule, rows, n, static_cast<const U*>(x), room, stream);
  });
  return sorted;
}

template <class Device>
void pick_sorted(std::int64_t bytes, std::int64_t rows, std::int64_t n, std::int64_t from,
                 std::int64_t m, const void* x, const std::uint32_t* position, void* value,
                 std::int64_t* index, void* stream) {
  if (rows == 0 || m == 0) return;
  for_size(bytes, [&]<class U>(std::type_identity<U>) {
    GRADUS_LAUNCH(pick_elements<U>, launch_for(rows * m, stream), rows * m, n, from, m,
                  static_cast<const U*>(x), position, static_cast<U*>(value), index);
  });
}

template const std::uint32_t* sort_rows<ThisDevice>(DType, bool, std::int64_t, std::int64_t,
                                                    const void*, const SortRoom&, void*);
template void pick_sorted<ThisDevice>(std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                                      std::int64_t, const void*, const std::uint32_t*, void*,
                                      std::int64_t*, void*);

}  // namespace gradus::gpu
