// Convolutions and their transposes as products of the kernel with shifted views of the source: no
// patches are unfolded. The source is copied once, with its padding and so that steps become 1;
// then element [i, j] of a window is the same distance behind its beginning for all windows.
#include "tensor/cpu/conv.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "tensor/cpu/fused.h"
#include "tensor/cpu/vectors.h"
#include "tensor/thread_pool.h"

namespace gradus::cpu {
namespace {

// Sums that stay in registers; the others hold a row of the source and an element of the kernel.
#if defined(__AVX512F__)
constexpr int kSums = 24, kMostRows = 12;
#else
constexpr int kSums = 12, kMostRows = 6;
#endif
constexpr int kMostVectors = 8;

constexpr std::int64_t kDepth = 288;  // products are cut in equal parts, for the L1 cache
constexpr std::int64_t kUnitBytes = 768 * 1024;            // what a unit of work keeps: L2 cache
constexpr std::int64_t kUnitWork = std::int64_t{1} << 19;  // multiply-adds worth a unit
constexpr std::int64_t kUnits = 8;                         // if there is so much work

constexpr int vectors_for(int rows) { return std::min(kMostVectors, kSums / rows); }

/// The work of one tile: for row i and vector v of results, out[to[v] + i * pitch] becomes its
/// start plus the sum over p < depth of weights[p][i] times the source at from[v] + offsets[p].
template <class T>
struct Work {
  std::int64_t depth;
  const T* weights;
  const std::int64_t* offsets;
  const T* source;
  const std::int64_t* from;
  T* out;
  const std::int64_t* to;
  std::int64_t pitch;
  const T* start;  // one number per row; null: what is there
};

template <class T, int R, int V>
void tile(const Work<T>& work) {
  Vector<T> sum[R][V];
  T* to[V];
  const T* from[V];
  for (int v = 0; v < V; ++v) {
    to[v] = work.out + work.to[v];
    from[v] = work.source + work.from[v];
  }
  for (int i = 0; i < R; ++i) {
    for (int v = 0; v < V; ++v) {
      if (work.start != nullptr) {
        sum[i][v] = work.start[i] - Vector<T>{};
      } else {
        sum[i][v] = load<Vector<T>>(to[v] + i * work.pitch);
      }
    }
  }
  const T* weights = work.weights;
  const std::int64_t* offsets = work.offsets;
  for (std::int64_t p = work.depth; p > 0; --p, weights += R, ++offsets) {
    Vector<T> line[V];
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) line[v] = load<Vector<T>>(from[v] + *offsets);
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i) {
      const Vector<T> element = weights[i] - Vector<T>{};
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) sum[i][v] = multiply_add(element, line[v], sum[i][v]);
    }
  }
  for (int i = 0; i < R; ++i) {
    for (int v = 0; v < V; ++v) store(sum[i][v], to[v] + i * work.pitch);
  }
}

template <class T>
using Tile = void (*)(const Work<T>&);

template <class T, int R>
constexpr auto kTilesOfRows = []<int... v>(std::integer_sequence<int, v...>) {
  // Only as many sums as there are registers.
  return std::array<Tile<T>, kMostVectors>{&tile<T, R, std::min(v + 1, vectors_for(R))>...};
}
(std::make_integer_sequence<int, kMostVectors>{});

/// Tile [R - 1][V - 1].
template <class T>
constexpr auto kTiles = []<int... r>(std::integer_sequence<int, r...>) {
  return std::array<std::array<Tile<T>, kMostVectors>, kMostRows>{kTilesOfRows<T, r + 1>...};
}
(std::make_integer_sequence<int, kMostRows>{});

/// Rows are cut into tiles of equal height, or one more.
struct RowTiles {
  std::int64_t rows, tiles;
  explicit RowTiles(std::int64_t rows) : rows(rows), tiles((rows + kMostRows - 1) / kMostRows) {}
  std::int64_t begin(std::int64_t i) const {
    return i * (rows / tiles) + std::min(i, rows % tiles);
  }
  int tallest() const { return static_cast<int>((rows + tiles - 1) / tiles); }
};

/// The taps of one phase, with the kernel packed for it: per group and tile of rows, p by p.
template <class T>
struct Phase {
  std::int64_t down, across, depth;
  std::vector<T> weights;
};

/// How a band of one phase is walked: vectors of results, and where each is read and written.
struct Walk {
  std::int64_t rows, columns;  // of results
  bool by_rows;                // vectors begin with each row; else one run over rows and gaps
  bool direct;                 // they go to their places at once; else to a room, without gaps
  std::int64_t vectors_per_row, row_in_room;
  std::vector<std::int64_t> from, to;
};

/// y (or x) [N, G M, ..] from a source [N, G C, ..] and a kernel.
template <class T>
class Correlation {
 public:
  Correlation(const ConvAxis& down, const ConvAxis& across, const Tensor& source, const Tensor& w,
              bool transposed, std::int64_t groups, const Tensor& bias, const Tensor& out)
      : down_(down),
        across_(across),
        source_(source),
        out_(out),
        groups_(groups),
        channels_(source.dim(1) / groups),
        tiles_(out.dim(1) / groups),
        vectors_(vectors_for(tiles_.tallest())),
        bias_(out.dim(1), T(0)) {
    for (std::int64_t o = 0; bias.defined() && o < out.dim(1); ++o) {
      bias_[o] = bias.data<T>()[o * bias.strides()[0]];
    }
    for (std::size_t f = 0; f < down.phases.size(); ++f) {
      for (std::size_t g = 0; g < across.phases.size(); ++g) pack(f, g, w, transposed);
    }
  }

  void run() const {
    const std::int64_t items = source_.dim(0) * groups_;
    const std::int64_t all_rows = down_.count(0), all_columns = across_.count(0);
    if (items == 0 || all_rows == 0 || all_columns == 0) return;
    // Bands that fit in the cache, and enough of them for some threads. Results do not depend on
    // how they are cut.
    std::int64_t depth = 0;
    for (const auto& phase : phases_) depth += phase.depth;
    const auto work = [&](std::int64_t rows, std::int64_t columns) {
      return rows * columns * depth * tiles_.rows;
    };
    std::int64_t rows = all_rows, columns = all_columns;
    const auto units = [&] {
      return items * ((all_rows + rows - 1) / rows) * ((all_columns + columns - 1) / columns);
    };
    while (rows * columns > 1) {
      const bool large = bytes({0, 0, rows, columns}) > kUnitBytes;
      const bool few = units() < kUnits && work(rows, columns) > 2 * kUnitWork;
      if (!large && !few) break;
      std::int64_t& cut = rows > 1 ? rows : columns;
      if (!large && rows == 1 && columns < 256) break;
      cut = (cut + 1) / 2;
    }
    const std::int64_t down = (all_rows + rows - 1) / rows;
    const std::int64_t across = (all_columns + columns - 1) / columns;
    const std::int64_t together = std::clamp<std::int64_t>(
        kUnitWork / std::max<std::int64_t>(1, work(rows, columns)), 1, items);
    const std::int64_t sets = (items + together - 1) / together;
    const auto unit = [&](std::int64_t i) {
      const std::int64_t row = i / across % down * rows, column = i % across * columns;
      const ConvBand band{row, column, std::min(rows, all_rows - row),
                          std::min(columns, all_columns - column)};
      const std::int64_t first = i / (across * down) * together;
      run_band(band, first, std::min(items, first + together));
    };
    if (sets * down * across == 1) {
      unit(0);
    } else {
      parallel_for(sets * down * across, unit);
    }
  }

 private:
  void pack(std::int64_t f, std::int64_t g, const Tensor& w, bool transposed) {
    const auto &down = down_.phases[f], &across = across_.phases[g];
    const std::int64_t taps = static_cast<std::int64_t>(down.size() * across.size());
    Phase<T> phase{f, g, channels_ * taps, {}};
    phase.weights.resize(groups_ * tiles_.rows * phase.depth);
    const Strides& s = w.strides();
    const std::int64_t row_step = s[transposed ? 1 : 0], channel_step = s[transposed ? 0 : 1];
    const std::int64_t group_step = s[0] * (transposed ? channels_ : tiles_.rows);
    const T* first = w.numel() > 0 ? w.data<T>() : nullptr;
    T* to = phase.weights.data();
    for (std::int64_t group = 0; group < groups_; ++group) {
      for (std::int64_t t = 0; t < tiles_.tiles; ++t) {
        const std::int64_t begin = tiles_.begin(t), end = tiles_.begin(t + 1);
        for (std::int64_t c = 0; c < channels_; ++c) {
          for (const Tap& i : down) {
            for (const Tap& j : across) {
              const T* from =
                  first + group * group_step + c * channel_step + i.index * s[2] + j.index * s[3];
              for (std::int64_t m = begin; m < end; ++m) *to++ = from[m * row_step];
            }
          }
        }
      }
    }
    phases_.push_back(std::move(phase));
  }

  std::int64_t planes() const {
    return channels_ * static_cast<std::int64_t>(down_.copies.size() * across_.copies.size());
  }

  /// Of what one unit keeps: the copy of the source, and a room for results.
  std::int64_t bytes(const ConvBand& band) const {
    return static_cast<std::int64_t>(sizeof(T)) * band.plane(down_, across_) *
           (planes() + tiles_.rows);
  }

  /// How far behind the beginning of a window its elements stand, in the order of the weights.
  std::vector<std::int64_t> offsets(const Phase<T>& phase, const ConvBand& band) const {
    std::vector<std::int64_t> found;
    found.reserve(phase.depth);
    const std::int64_t length = band.row_length(across_), plane = band.plane(down_, across_);
    const std::int64_t down = static_cast<std::int64_t>(down_.copies.size());
    const std::int64_t across = static_cast<std::int64_t>(across_.copies.size());
    for (std::int64_t c = 0; c < channels_; ++c) {
      for (const Tap& i : down_.phases[phase.down]) {
        for (const Tap& j : across_.phases[phase.across]) {
          found.push_back(((c * down + i.copy) * across + j.copy) * plane + i.shift * length +
                          j.shift);
        }
      }
    }
    return found;
  }

  Walk walk(const Phase<T>& phase, const ConvBand& band) const {
    Walk made;
    made.rows = std::min(band.rows, down_.count(phase.down) - band.row);
    made.columns = std::min(band.columns, across_.count(phase.across) - band.column);
    if (made.rows <= 0 || made.columns <= 0) return made;
    constexpr std::int64_t kLine = kWidth<T>;
    const std::int64_t length = band.row_length(across_);
    const std::int64_t run = (made.rows - 1) * length + made.columns;
    made.vectors_per_row = (made.columns + kLine - 1) / kLine;
    made.by_rows = made.rows * made.vectors_per_row <= (run + kLine - 1) / kLine;
    made.direct = made.by_rows && made.columns >= kLine && across_.result_step == 1;
    made.row_in_room = made.by_rows ? made.vectors_per_row * kLine : length;
    if (!made.by_rows) {
      for (std::int64_t q = 0; q < run; q += kLine) made.from.push_back(q);
      made.to = made.from;
      return made;
    }
    for (std::int64_t t = 0; t < made.rows; ++t) {
      for (std::int64_t v = 0; v < made.vectors_per_row; ++v) {
        // The last vector of a row goes back to end with it: some results are computed twice.
        const std::int64_t x = made.direct ? std::min(v * kLine, made.columns - kLine) : v * kLine;
        made.from.push_back(t * length + x);
        made.to.push_back(made.direct ? place(phase, band, t) + x
                                      : (t * made.vectors_per_row + v) * kLine);
      }
    }
    return made;
  }

  /// Where row t of a band begins in a plane of results.
  std::int64_t place(const Phase<T>& phase, const ConvBand& band, std::int64_t t) const {
    return ((band.row + t) * down_.result_step + phase.down) * across_.results +
           band.column * across_.result_step + phase.across;
  }

  void run_band(const ConvBand& band, std::int64_t first, std::int64_t last) const {
    std::vector<Walk> walks;
    std::vector<std::vector<std::int64_t>> tables;
    std::int64_t room = 0;
    for (const Phase<T>& phase : phases_) {
      walks.push_back(walk(phase, band));
      tables.push_back(offsets(phase, band));
      const auto vectors = static_cast<std::int64_t>(walks.back().from.size());
      if (vectors > 0 && !walks.back().direct) {
        room = std::max(room, vectors * kWidth<T> * tiles_.rows);
      }
    }
    const std::int64_t copied = planes() * band.plane(down_, across_);
    const Buffer<T> source(copied + kWidth<T>), results(room);
    std::fill_n(source.data() + copied, kWidth<T>, T(0));  // read beside the last row
    const Strides& s = source_.strides();
    const std::int64_t plane = down_.results * across_.results;
    for (std::int64_t item = first; item < last; ++item) {
      const std::int64_t image = item / groups_, group = item % groups_;
      for (std::int64_t c = 0; c < channels_; ++c) {
        copy_band(down_, across_, band,
                  source_.data<T>() + image * s[0] + (group * channels_ + c) * s[1], s[2], s[3],
                  source.data() + c * (copied / channels_));
      }
      T* out = out_.data<T>() + item * tiles_.rows * plane;
      for (std::size_t f = 0; f < phases_.size(); ++f) {
        const Walk& way = walks[f];
        if (way.rows <= 0 || way.columns <= 0) continue;
        multiply(phases_[f], way, group, tables[f], source.data(),
                 way.direct ? out : results.data(),
                 way.direct ? plane : static_cast<std::int64_t>(way.from.size()) * kWidth<T>);
        if (!way.direct) move(phases_[f], way, band, results.data(), out);
      }
    }
  }

  void multiply(const Phase<T>& phase, const Walk& way, std::int64_t group,
                const std::vector<std::int64_t>& table, const T* source, T* out,
                std::int64_t pitch) const {
    const std::int64_t vectors = static_cast<std::int64_t>(way.from.size());
    const std::int64_t parts = tiles_.tiles == 1 ? 1 : (phase.depth + kDepth - 1) / kDepth;
    const std::int64_t part = parts == 0 ? 0 : (phase.depth + parts - 1) / parts;
    const T* weights = phase.weights.data() + group * tiles_.rows * phase.depth;
    for (std::int64_t v = 0; v < vectors; v += vectors_) {
      const std::int64_t count = std::min<std::int64_t>(vectors_, vectors - v);
      std::int64_t p = 0;
      do {
        const std::int64_t depth = std::min(part, phase.depth - p);
        for (std::int64_t t = 0; t < tiles_.tiles; ++t) {
          const std::int64_t begin = tiles_.begin(t), rows = tiles_.begin(t + 1) - begin;
          kTiles<T>[rows - 1][count - 1](
              {depth, weights + begin * phase.depth + p * rows, table.data() + p, source,
               way.from.data() + v, out + begin * pitch, way.to.data() + v, pitch,
               p == 0 ? bias_.data() + group * tiles_.rows + begin : nullptr});
        }
        p += depth;
      } while (p < phase.depth);
    }
  }

  /// From the room to the places.
  void move(const Phase<T>& phase, const Walk& way, const ConvBand& band, const T* room,
            T* out) const {
    const std::int64_t step = across_.result_step, plane = down_.results * across_.results;
    const std::int64_t pitch = static_cast<std::int64_t>(way.from.size()) * kWidth<T>;
    for (std::int64_t m = 0; m < tiles_.rows; ++m) {
      for (std::int64_t t = 0; t < way.rows; ++t) {
        const T* from = room + m * pitch + t * way.row_in_room;
        T* to = out + m * plane + place(phase, band, t);
        if (step == 1) {
          for (std::int64_t x = 0; x < way.columns; ++x) to[x] = from[x];
        } else {
          for (std::int64_t x = 0; x < way.columns; ++x) to[x * step] = from[x];
        }
      }
    }
  }

  const ConvAxis &down_, &across_;
  const Tensor &source_, &out_;
  std::int64_t groups_, channels_;
  RowTiles tiles_;
  std::int64_t vectors_;
  std::vector<T> bias_;
  std::vector<Phase<T>> phases_;
};

}  // namespace

void convolve(const Convolution& conv, const Tensor& x, const Tensor& w, const Tensor& bias,
              const Tensor& y) {
  if (y.numel() == 0) return;
  const ConvAxis down = ConvAxis::forward(conv.rows, x.dim(2), y.dim(2));
  const ConvAxis across = ConvAxis::forward(conv.columns, x.dim(3), y.dim(3));
  dispatch_floating(y.dtype(), [&]<class T>(std::type_identity<T>) {
    Correlation<T>(down, across, x, w, false, conv.groups, bias, y).run();
  });
}

void convolve_transposed(const Convolution& conv, const Tensor& y, const Tensor& w,
                         const Tensor& bias, const Tensor& x) {
  if (x.numel() == 0) return;
  const ConvAxis down = ConvAxis::transposed(conv.rows, x.dim(2), y.dim(2));
  const ConvAxis across = ConvAxis::transposed(conv.columns, x.dim(3), y.dim(3));
  dispatch_floating(x.dtype(), [&]<class T>(std::type_identity<T>) {
    Correlation<T>(down, across, y, w, true, conv.groups, bias, x).run();
  });
}

}  // namespace gradus::cpu
