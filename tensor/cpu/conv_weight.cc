// The gradient of a convolution in its kernel: products of two images, x shifted by the place of an
// element in the window, summed over all windows.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "tensor/cpu/conv.h"
#include "tensor/cpu/fused.h"
#include "tensor/cpu/vectors.h"
#include "tensor/thread_pool.h"

namespace gradus::cpu {
namespace {

// Windows are summed in lanes of 64 bytes on every machine, so that the bits are the same.
constexpr int kParts = 64 / kRegisterBytes;
template <class T>
constexpr int kLanes = 64 / static_cast<int>(sizeof(T));
template <class T>
struct Lanes {
  Vector<T> part[kParts];
};

#if defined(__AVX512F__)
constexpr int kSums = 24, kMostOutputs = 4, kMostTaps = 8;
#else
constexpr int kSums = 6, kMostOutputs = 3, kMostTaps = 3;
#endif
constexpr int taps_for(int outputs) { return std::min(kMostTaps, kSums / outputs); }

constexpr std::int64_t kPassBytes = 1024 * 1024;  // copies of x and y that are used together: L2
constexpr std::int64_t kTileBytes = 32 * 1024;    // of y in one row of tiles: L1
constexpr std::int64_t kBlockTaps = 288;          // of x: worth a copy of y
constexpr std::int64_t kUnits = 8;
constexpr std::int64_t kUnitWork = std::int64_t{1} << 17;  // multiply-adds worth a unit
constexpr std::int64_t kPartialBytes = 32 * 1024 * 1024;

/// Lanes of p; with kMasked those that are no window as 0, whatever stands there.
template <bool kMasked, class T>
inline Lanes<T> load_masked(const T* p, std::uint32_t mask) {
  if constexpr (kMasked) {
    T lanes[kLanes<T>];
    for (int i = 0; i < kLanes<T>; ++i) lanes[i] = (mask >> i & 1) != 0 ? p[i] : T(0);
    return load<Lanes<T>>(lanes);
  } else {
    return load<Lanes<T>>(p);
  }
}

/// Where the windows of a band stand: line s of y has those that begin at from[s] in a plane of x.
struct Lines {
  std::vector<std::int64_t> from;
  std::vector<std::uint32_t> masks;  // lanes that are windows
  std::int64_t row;                  // lanes from one row of windows to the next

  Lines(const ConvBand& band, std::int64_t length, std::int64_t lanes) {
    const std::int64_t run = (band.rows - 1) * length + band.columns;
    const std::int64_t per_row = (band.columns + lanes - 1) / lanes;
    const bool by_rows = band.rows * per_row <= (run + lanes - 1) / lanes;
    row = by_rows ? per_row * lanes : length;
    const std::int64_t end = by_rows ? band.rows * row : run;
    for (std::int64_t q = 0; q < end; q += lanes) {
      from.push_back(by_rows ? q / row * length + q % row : q);
      std::uint32_t mask = 0;
      for (std::int64_t i = 0; i < lanes; ++i) {
        const bool window = (q + i) % row < band.columns && q + i < end;
        mask |= static_cast<std::uint32_t>(window) << i;
      }
      masks.push_back(mask);
    }
  }
  std::int64_t count() const { return static_cast<std::int64_t>(from.size()); }
};

/// The work of one tile: w[r * w_step + t] += sum over images and lines of y (row r) times x at
/// offset t. The rows of a tile stand side by side in y, line by line.
template <class T>
struct Work {
  std::int64_t images;
  const T* x;
  std::int64_t x_image;
  const std::int64_t* offsets;
  const T* y;
  std::int64_t y_image;
  const Lines* lines;
  T* w;
  std::int64_t w_step;
};

/// The sum of each of n lanes, in a tree.
template <class T, int n>
void add_lanes(const Lanes<T> (&sums)[n], T (&totals)[n]) {
  T all[n][kLanes<T>];
  for (int i = 0; i < n; ++i) store(sums[i], all[i]);
  for (int half = kLanes<T> / 2; half > 0; half /= 2) {
    for (int i = 0; i < n; ++i) {
      for (int l = 0; l < half; ++l) all[i][l] += all[i][l + half];
    }
  }
  for (int i = 0; i < n; ++i) totals[i] = all[i][0];
}

/// Where lanes are no window y is 0, which is enough unless x is infinite or NaN there.
template <class T, int R, int V, bool kMasked = false>
void tile(const Work<T>& work) {
  Lanes<T> sums[R * V] = {};
  const std::int64_t* from = work.lines->from.data();
  const std::uint32_t* masks = work.lines->masks.data();
  const std::int64_t count = work.lines->count();
  for (std::int64_t image = 0; image < work.images; ++image) {
    const T* x[V];
    for (int v = 0; v < V; ++v) x[v] = work.x + image * work.x_image + work.offsets[v];
    const T* y = work.y + image * work.y_image;
    for (std::int64_t s = 0; s < count; ++s, y += R * kLanes<T>) {
      Lanes<T> row[R];
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) row[r] = load<Lanes<T>>(y + r * kLanes<T>);
      const std::int64_t at = from[s];
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) {
        const Lanes<T> shifted = load_masked<kMasked>(x[v] + at, masks[s]);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
          for (int p = 0; p < kParts; ++p) {
            Vector<T>& sum = sums[r * V + v].part[p];
            sum = multiply_add(row[r].part[p], shifted.part[p], sum);
          }
        }
      }
    }
  }
  T totals[R * V];
  add_lanes<T, R * V>(sums, totals);
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < V; ++v) work.w[r * work.w_step + v] += totals[r * V + v];
  }
}

template <class T>
using Tile = void (*)(const Work<T>&);

template <class T, int R>
constexpr auto kTilesOfRows = []<int... v>(std::integer_sequence<int, v...>) {
  return std::array<Tile<T>, kMostTaps>{&tile<T, R, std::min(v + 1, taps_for(R))>...};
}
(std::make_integer_sequence<int, kMostTaps>{});

/// Tile [outputs - 1][taps - 1].
template <class T>
constexpr auto kTiles = []<int... r>(std::integer_sequence<int, r...>) {
  return std::array<std::array<Tile<T>, kMostTaps>, kMostOutputs>{kTilesOfRows<T, r + 1>...};
}
(std::make_integer_sequence<int, kMostOutputs>{});

/// Tile [outputs - 1] of one tap, masked.
template <class T>
constexpr auto kMaskedTiles = []<int... r>(std::integer_sequence<int, r...>) {
  return std::array<Tile<T>, kMostOutputs>{&tile<T, r + 1, 1, true>...};
}
(std::make_integer_sequence<int, kMostOutputs>{});

/// Whether there is neither NaN nor an infinity among n numbers.
template <class T>
bool all_finite(const T* x, std::int64_t n) {
  T sum[kLanes<T>] = {};
  std::int64_t i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) {
    for (int l = 0; l < kLanes<T>; ++l) sum[l] += x[i + l] * T(0);
  }
  for (; i < n; ++i) sum[0] += x[i] * T(0);
  for (int l = 1; l < kLanes<T>; ++l) sum[0] += sum[l];
  return sum[0] == T(0);
}

std::int64_t parts_of(std::int64_t n, std::int64_t most) { return (n + most - 1) / most; }

/// Where part i of n begins when all are equal, or one larger.
std::int64_t begin_of(std::int64_t i, std::int64_t n, std::int64_t parts) {
  return i * (n / parts) + std::min(i, n % parts);
}

template <class T>
class WeightGradient {
 public:
  WeightGradient(const Convolution& conv, const Tensor& x, const Tensor& y, const Tensor& w)
      : down_(ConvAxis::forward(conv.rows, x.dim(2), y.dim(2))),
        across_(ConvAxis::forward(conv.columns, x.dim(3), y.dim(3))),
        x_(x),
        y_(y),
        w_(w),
        groups_(conv.groups),
        images_(x.dim(0)),
        channels_(x.dim(1) / conv.groups),
        outputs_(y.dim(1) / conv.groups),
        taps_(conv.rows.kernel * conv.columns.kernel),
        copies_(static_cast<std::int64_t>(down_.copies.size() * across_.copies.size())) {
    blocks_ = parts_of(channels_, std::max<std::int64_t>(16, parts_of(kBlockTaps, taps_)));
    const std::int64_t work = images_ * y.dim(2) * y.dim(3) * w.numel();
    const std::int64_t room = kPartialBytes / (w.numel() * static_cast<std::int64_t>(sizeof(T)));
    chunks_ = std::min({parts_of(kUnits, blocks_ * groups_), images_, room, work / kUnitWork});
    chunks_ = std::max<std::int64_t>(chunks_, 1);
    band_ = {0, 0, y.dim(2), y.dim(3)};
    while (bytes() > kPassBytes && band_.rows * band_.columns > kLanes<T>) {
      std::int64_t& cut = band_.rows > 1 ? band_.rows : band_.columns;
      cut = (cut + 1) / 2;
    }
  }

  void run() const {
    const std::int64_t n = w_.numel();
    const Buffer<T> partial(chunks_ > 1 ? chunks_ * n : 0);
    T* first = chunks_ > 1 ? partial.data() : w_.data<T>();
    std::fill_n(first, chunks_ * n, T(0));
    parallel_for(chunks_ * groups_ * blocks_, [&](std::int64_t i) {
      const std::int64_t chunk = i / (groups_ * blocks_);
      run_unit(chunk, i / blocks_ % groups_, i % blocks_, first + chunk * n);
    });
    if (chunks_ == 1) return;
    T* w = w_.data<T>();
    parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        T sum = first[i];
        for (std::int64_t chunk = 1; chunk < chunks_; ++chunk) sum += first[chunk * n + i];
        w[i] = sum;
      }
    });
  }

 private:
  std::int64_t block_channels() const { return parts_of(channels_, blocks_); }
  std::int64_t x_size(const ConvBand& band) const {
    return block_channels() * copies_ * band.plane(down_, across_);
  }
  /// Of one image in a band.
  std::int64_t bytes() const {
    return static_cast<std::int64_t>(sizeof(T)) *
           (x_size(band_) + outputs_ * band_.rows * band_.row_length(across_));
  }

  void run_unit(std::int64_t chunk, std::int64_t group, std::int64_t block, T* w) const {
    const std::int64_t begin = begin_of(chunk, images_, chunks_);
    const std::int64_t end = begin_of(chunk + 1, images_, chunks_);
    const std::int64_t channel = begin_of(block, channels_, blocks_);
    const std::int64_t channels = begin_of(block + 1, channels_, blocks_) - channel;
    for (std::int64_t row = 0; row < y_.dim(2); row += band_.rows) {
      for (std::int64_t column = 0; column < y_.dim(3); column += band_.columns) {
        const ConvBand band{row, column, std::min(band_.rows, y_.dim(2) - row),
                            std::min(band_.columns, y_.dim(3) - column)};
        const Lines lines(band, band.row_length(across_), kLanes<T>);
        const std::int64_t y_row = lines.count() * kLanes<T>;
        const std::int64_t tile_bytes =
            std::min<std::int64_t>(outputs_, 4) * y_row * static_cast<std::int64_t>(sizeof(T));
        const std::int64_t pass = std::clamp<std::int64_t>(
            std::min(kPassBytes / bytes(), kTileBytes / tile_bytes), 1, end - begin);
        const std::int64_t x_image = channels * copies_ * band.plane(down_, across_);
        const std::int64_t y_image = outputs_ * y_row;
        const Buffer<T> x(pass * x_image + kLanes<T>), y(pass * y_image);
        std::fill_n(x.data() + pass * x_image, kLanes<T>, T(0));
        const std::vector<std::int64_t> table = offsets(band, channels);
        for (std::int64_t first = begin; first < end; first += pass) {
          const std::int64_t images = std::min(pass, end - first);
          for (std::int64_t i = 0; i < images; ++i) {
            copy_x(band, first + i, group * channels_ + channel, channels, x.data() + i * x_image);
            copy_y(band, lines, first + i, group, y.data() + i * y_image);
          }
          multiply({images, x.data(), x_image, table.data(), y.data(), y_image, &lines,
                    w + (group * outputs_ * channels_ + channel) * taps_, channels_ * taps_},
                   channels * taps_, !all_finite(x.data(), images * x_image));
        }
      }
    }
  }

  std::vector<std::int64_t> offsets(const ConvBand& band, std::int64_t channels) const {
    std::vector<std::int64_t> found;
    const std::int64_t length = band.row_length(across_), plane = band.plane(down_, across_);
    const std::int64_t across = static_cast<std::int64_t>(across_.copies.size());
    for (std::int64_t c = 0; c < channels; ++c) {
      for (const Tap& i : down_.phases[0]) {
        for (const Tap& j : across_.phases[0]) {
          found.push_back((c * copies_ + i.copy * across + j.copy) * plane + i.shift * length +
                          j.shift);
        }
      }
    }
    return found;
  }

  void copy_x(const ConvBand& band, std::int64_t image, std::int64_t channel, std::int64_t count,
              T* to) const {
    const Strides& s = x_.strides();
    for (std::int64_t c = 0; c < count; ++c) {
      copy_band(down_, across_, band, x_.data<T>() + image * s[0] + (channel + c) * s[1], s[2],
                s[3], to + c * copies_ * band.plane(down_, across_));
    }
  }

  /// The lines of windows, with zeros where a line has none, as tiles read them.
  void copy_y(const ConvBand& band, const Lines& lines, std::int64_t image, std::int64_t group,
              T* to) const {
    const Strides& s = y_.strides();
    const std::int64_t size = lines.count() * kLanes<T>, tall = parts_of(outputs_, kMostOutputs);
    const Buffer<T> line(size);
    for (std::int64_t tile = 0; tile < tall; ++tile) {
      const std::int64_t begin = begin_of(tile, outputs_, tall);
      const std::int64_t rows = begin_of(tile + 1, outputs_, tall) - begin;
      for (std::int64_t r = 0; r < rows; ++r) {
        const T* plane = y_.data<T>() + image * s[0] + (group * outputs_ + begin + r) * s[1] +
                         band.row * s[2] + band.column * s[3];
        for (std::int64_t t = 0; t < band.rows; ++t) {
          const T* from = plane + t * s[2];
          T* row = line.data() + t * lines.row;
          if (s[3] == 1) {
            for (std::int64_t u = 0; u < band.columns; ++u) row[u] = from[u];
          } else {
            for (std::int64_t u = 0; u < band.columns; ++u) row[u] = from[u * s[3]];
          }
          const std::int64_t end = t + 1 < band.rows ? lines.row : size - t * lines.row;
          for (std::int64_t u = band.columns; u < end; ++u) row[u] = T(0);
        }
        T* place = to + begin * size + r * kLanes<T>;
        for (std::int64_t q = 0; q < size; q += kLanes<T>, place += rows * kLanes<T>) {
          store(load<Lanes<T>>(line.data() + q), place);
        }
      }
    }
  }

  /// All tiles of a block of channels.
  void multiply(Work<T> work, std::int64_t taps, bool masked) const {
    const T* y = work.y;
    const std::int64_t* offsets = work.offsets;
    T* w = work.w;
    const std::int64_t tall = parts_of(outputs_, kMostOutputs);
    const int most = masked ? 1 : taps_for(static_cast<int>(parts_of(outputs_, tall)));
    const std::int64_t wide = parts_of(taps, most);
    for (std::int64_t i = 0; i < tall; ++i) {
      const std::int64_t o = begin_of(i, outputs_, tall),
                         rows = begin_of(i + 1, outputs_, tall) - o;
      work.y = y + o * work.lines->count() * kLanes<T>;
      for (std::int64_t j = 0; j < wide; ++j) {
        const std::int64_t k = begin_of(j, taps, wide), columns = begin_of(j + 1, taps, wide) - k;
        work.offsets = offsets + k;
        work.w = w + o * work.w_step + k;
        (masked ? kMaskedTiles<T>[rows - 1] : kTiles<T>[rows - 1][columns - 1])(work);
      }
    }
  }

  const ConvAxis down_, across_;
  const Tensor &x_, &y_, &w_;
  std::int64_t groups_, images_, channels_, outputs_, taps_, copies_;
  std::int64_t blocks_, chunks_;
  ConvBand band_;
};

}  // namespace

void convolve_weight(const Convolution& conv, const Tensor& x, const Tensor& y, const Tensor& w) {
  if (w.numel() == 0) return;
  if (x.numel() == 0 || y.numel() == 0) {
    w.fill(0);
    return;
  }
  dispatch_floating(
      w.dtype(), [&]<class T>(std::type_identity<T>) { WeightGradient<T>(conv, x, y, w).run(); });
}

}  // namespace gradus::cpu
