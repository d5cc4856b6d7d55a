// Reading and writing at tables of places.
#include "tensor/cpu/places.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "tensor/broadcast.h"
#include "tensor/cpu/positions.h"
#include "tensor/cuda/ops/places.h"
#include "tensor/thread_pool.h"

namespace gradus::cpu {
namespace {

template <class U>
void copy_run(const U* from, U* to, std::int64_t n) {
  if (n >= 16) {
    std::memcpy(to, from, n * sizeof(U));
  } else {
    for (std::int64_t i = 0; i < n; ++i) to[i] = from[i];
  }
}

/// Whether all places of a plan stand for whole rows: axis 0 is the table's, axis 1 a run of x.
bool has_rows(const LoopPlan<2>& plan) {
  return plan.shape.rank() == 2 && plan.strides[0][0] == 0 && plan.strides[0][1] == 1 &&
         plan.strides[1][0] == 1 && plan.strides[1][1] == 0 && plan.shape[1] <= kPieceSize;
}

template <class U>
void read_as(const Tensor& x, const Tensor& table, const Tensor& y) {
  const auto* first = static_cast<const U*>(x.raw_data());
  const auto* places = static_cast<const std::int64_t*>(table.raw_data());
  auto* to = static_cast<U*>(y.raw_data());
  const LoopPlan<2> plan(y.shape(), {&x, &table});
  if (has_rows(plan)) {
    const std::int64_t rows = plan.shape[0], width = plan.shape[1];
    const std::int64_t together = std::max<std::int64_t>(1, kPieceSize / width);
    parallel_for((rows + together - 1) / together, [&](std::int64_t piece) {
      const std::int64_t end = std::min(rows, (piece + 1) * together);
      for (std::int64_t i = piece * together; i < end; ++i) {
        copy_run(first + places[i], to + i * width, width);
      }
    });
    return;
  }
  const std::int64_t step = plan.inner(0), next = plan.inner(1);
  parallel_pieces(y.numel(), [&](std::int64_t begin, std::int64_t end) {
    plan.rows(begin, end, [&](const auto& offset, std::int64_t n, std::int64_t position) {
      const U* from = first + offset[0];
      const std::int64_t* place = places + offset[1];
      U* out = to + position;
      if (next == 0 && step == 1) {
        copy_run(from + *place, out, n);
      } else if (next == 0) {
        from += *place;
        for (std::int64_t i = 0; i < n; ++i) out[i] = from[i * step];
      } else {
        for (std::int64_t i = 0; i < n; ++i) out[i] = from[i * step + place[i * next]];
      }
    });
  });
}

template <class T>
void put(T& to, T value, Write how) {
  if (how == Write::kReplace) {
    to = value;
  } else if constexpr (std::is_same_v<T, bool>) {
    to = to || value;
  } else if constexpr (std::is_integral_v<T>) {
    using Wrapping = std::make_unsigned_t<T>;
    to = static_cast<T>(static_cast<Wrapping>(to) + static_cast<Wrapping>(value));
  } else {
    to = static_cast<T>(to + value);  // each sum of half types is rounded
  }
}

/// In row-major order of the values.
template <class T, Write kHow>
void write_in_order(const Tensor& x, const Tensor& table, const Tensor& values) {
  auto* first = static_cast<T*>(x.raw_data());
  const auto* places = static_cast<const std::int64_t*>(table.raw_data());
  const auto* source = static_cast<const T*>(values.raw_data());
  const LoopPlan<3> plan(values.shape(), {&x, &table, &values});
  const std::int64_t step = plan.inner(0), next = plan.inner(1), by = plan.inner(2);
  plan.rows(0, values.numel(), [&](const auto& offset, std::int64_t n, std::int64_t) {
    T* to = first + offset[0];
    const std::int64_t* place = places + offset[1];
    const T* from = source + offset[2];
    if (next == 0) {
      to += *place;
      if (step == 1 && by == 1) {
        for (std::int64_t i = 0; i < n; ++i) put(to[i], from[i], kHow);
      } else {
        for (std::int64_t i = 0; i < n; ++i) put(to[i * step], from[i * by], kHow);
      }
    } else {
      for (std::int64_t i = 0; i < n; ++i) put(to[i * step + place[i * next]], from[i * by], kHow);
    }
  });
}

/// As many as a core has pages at hand: twice as many take twice the time to fill.
constexpr std::int64_t kBuckets = 64, kBucketPiece = 1 << 16;
/// What stays in the second-level cache while it is written to at random.
constexpr std::int64_t kCachedBytes = 1 << 20;

/// Numbers 0..n-1 sorted by the highest digit of their places and within equal digits by number:
/// one place always has one digit, and the places of a digit lie close together.
class Buckets {
 public:
  Buckets(const std::int64_t* places, std::int64_t step, std::int64_t n)
      : places_(places), step_(step), n_(n), pieces_((n + kBucketPiece - 1) / kBucketPiece) {
    const auto lows = std::make_unique<std::int64_t[]>(pieces_);
    const auto highs = std::make_unique<std::int64_t[]>(pieces_);
    parallel_for(pieces_, [&](std::int64_t piece) {
      std::int64_t low = places[piece * kBucketPiece * step], high = low;
      in_piece(piece, [&](std::int64_t i) {
        low = std::min(low, places[i * step]);
        high = std::max(high, places[i * step]);
      });
      lows[piece] = low, highs[piece] = high;
    });
    low_ = *std::min_element(lows.get(), lows.get() + pieces_);
    range_ = *std::max_element(highs.get(), highs.get() + pieces_) - low_;
    while (range_ >> shift_ >= kBuckets) ++shift_;
  }

  std::int64_t low() const { return low_; }
  std::int64_t range() const { return range_; }

  /// Calls put(slot, i) for all numbers; those of one digit get slots next to each other.
  template <class Put>
  void sort(Put put) {
    const auto digit = [&](std::int64_t i) { return (places_[i * step_] - low_) >> shift_; };
    const auto counts = std::make_unique<std::int64_t[]>(pieces_ * kBuckets);
    parallel_for(pieces_, [&](std::int64_t piece) {
      std::int64_t* mine = counts.get() + piece * kBuckets;
      in_piece(piece, [&](std::int64_t i) { ++mine[digit(i)]; });
    });
    std::int64_t start = 0;
    for (std::int64_t d = 0; d < kBuckets; ++d) {
      starts_[d] = start;
      for (std::int64_t piece = 0; piece < pieces_; ++piece) {
        start += std::exchange(counts[piece * kBuckets + d], start);
      }
    }
    starts_[kBuckets] = n_;
    parallel_for(pieces_, [&](std::int64_t piece) {
      std::int64_t* next = counts.get() + piece * kBuckets;
      in_piece(piece, [&](std::int64_t i) { put(next[digit(i)]++, i); });
    });
  }

  /// Calls f(slot) for all slots, those of one digit in their order on one thread.
  template <class F>
  void each(F f) const {
    parallel_for(kBuckets, [&](std::int64_t d) {
      for (std::int64_t slot = starts_[d]; slot < starts_[d + 1]; ++slot) f(slot);
    });
  }

  /// Whether one thread would have most of the work.
  bool lopsided() const {
    std::int64_t most = 0;
    for (std::int64_t d = 0; d < kBuckets; ++d) {
      most = std::max(most, starts_[d + 1] - starts_[d]);
    }
    return most > n_ / 2;
  }

 private:
  template <class F>
  void in_piece(std::int64_t piece, F f) const {
    const std::int64_t end = std::min(n_, (piece + 1) * kBucketPiece);
    for (std::int64_t i = piece * kBucketPiece; i < end; ++i) f(i);
  }

  const std::int64_t* places_;
  std::int64_t step_, n_, pieces_;
  std::int64_t low_ = 0, range_ = 0;
  int shift_ = 0;
  std::int64_t starts_[kBuckets + 1];
};

/// One line of values: they are moved next to others with close places and then written within the
/// cache; threads share the places, and each place sees its values in order.
template <class T, Write kHow>
void write_line(const Tensor& x, const Tensor& table, const Tensor& values) {
  const std::int64_t n = values.numel();
  const std::int64_t next = table.strides()[0], by = values.strides()[0];
  const auto* places = static_cast<const std::int64_t*>(table.raw_data());
  const auto* from = static_cast<const T*>(values.raw_data());
  Buckets buckets(places, next, n);
  const bool cached = buckets.range() * static_cast<std::int64_t>(sizeof(T)) <= kCachedBytes;
  if (buckets.range() >> 32 != 0 || (cached && num_threads() == 1)) {
    return write_in_order<T, kHow>(x, table, values);
  }
  struct Placed {
    std::uint32_t place;
    T value;
  };
  const Tensor memory = Tensor::empty({n * static_cast<std::int64_t>(sizeof(Placed))}, kUInt8);
  auto* sorted = static_cast<Placed*>(memory.raw_data());
  const std::int64_t low = buckets.low();
  buckets.sort([&](std::int64_t slot, std::int64_t i) {
    sorted[slot] = {static_cast<std::uint32_t>(places[i * next] - low), from[i * by]};
  });
  T* to = static_cast<T*>(x.raw_data()) + low;
  buckets.each([&](std::int64_t slot) { put(to[sorted[slot].place], sorted[slot].value, kHow); });
}

/// Rows of values: threads share the places. Returns whether the places are spread enough for that.
template <class T, Write kHow>
bool write_rows(const LoopPlan<3>& plan, const Tensor& x, const Tensor& table,
                const Tensor& values) {
  const std::int64_t rows = plan.shape[0], width = plan.shape[1];
  const std::int64_t next = plan.strides[1][0], next_row = plan.strides[2][0];
  const std::int64_t step = plan.inner(0), by = plan.inner(2);
  const auto* places = static_cast<const std::int64_t*>(table.raw_data());
  const auto* from = static_cast<const T*>(values.raw_data());
  auto* to = static_cast<T*>(x.raw_data());
  Buckets buckets(places, next, rows);
  const Tensor order = Tensor::empty({rows}, kInt64);
  auto* sorted = static_cast<std::int64_t*>(order.raw_data());
  buckets.sort([&](std::int64_t slot, std::int64_t i) { sorted[slot] = i; });
  if (buckets.lopsided()) return false;
  buckets.each([&](std::int64_t slot) {
    T* row = to + places[sorted[slot] * next];
    const T* source = from + sorted[slot] * next_row;
    if (step == 1 && by == 1) {
      for (std::int64_t j = 0; j < width; ++j) put(row[j], source[j], kHow);
    } else {
      for (std::int64_t j = 0; j < width; ++j) put(row[j * step], source[j * by], kHow);
    }
  });
  return true;
}

/// Slabs across another axis than that of the table have places of their own.
template <class T, Write kHow>
void write_slabs(const Tensor& x, const Tensor& table, const Tensor& values, int across,
                 std::int64_t slabs) {
  const std::int64_t width = values.shape()[across];
  parallel_for(slabs, [&](std::int64_t slab) {
    const std::int64_t begin = width * slab / slabs, size = width * (slab + 1) / slabs - begin;
    write_in_order<T, kHow>(x.narrow(across, begin, size), table.narrow(across, begin, size),
                            values.narrow(across, begin, size));
  });
}

template <class T, Write kHow>
void write_as(const Tensor& x, const Tensor& table, const Tensor& values, int axis) {
  const Shape& shape = values.shape();
  const std::int64_t n = values.numel();
  if (n <= kPieceSize) return write_in_order<T, kHow>(x, table, values);
  const LoopPlan<3> plan(shape, {&x, &table, &values});
  const bool has_rows =
      plan.shape.rank() == 2 && plan.strides[0][0] == 0 && plan.strides[1][1] == 0;
  if (has_rows && num_threads() == 1) return write_in_order<T, kHow>(x, table, values);
  if (has_rows && plan.shape[0] >= 4 * kBuckets && write_rows<T, kHow>(plan, x, table, values)) {
    return;
  }
  int widest = axis == 0 ? 1 : 0;
  for (int i = 0; i < shape.rank(); ++i) {
    if (i != axis && shape[i] > shape[widest]) widest = i;
  }
  const std::int64_t width = widest < shape.rank() ? shape[widest] : 1;
  if (width >= 4) {
    // Lines across: what is written at random is to stay in the cache.
    constexpr std::int64_t kCached = kCachedBytes / sizeof(T), kLine = 64 / sizeof(T);
    const std::int64_t narrow = std::max(kLine, kCached / shape[axis]);
    const std::int64_t cached = widest > axis && !has_rows ? width / narrow : 1;
    const std::int64_t shared = num_threads() == 1 ? 1 : 2 * num_threads();
    const std::int64_t slabs = std::min(width, std::max(cached, shared));
    return write_slabs<T, kHow>(x, table, values, widest, slabs);
  }
  if (shape[axis] <= kBucketPiece) return write_in_order<T, kHow>(x, table, values);
  if (width > 1) {
    for (std::int64_t i = 0; i < width; ++i) {
      write_as<T, kHow>(x.narrow(widest, i, 1), table.narrow(widest, i, 1),
                        values.narrow(widest, i, 1), axis);
    }
    return;
  }
  const auto line = [&](const Tensor& t) {
    return as_strided_unchecked(t, {n}, {t.strides()[axis]}, 0);
  };
  write_line<T, kHow>(line(x), line(table), line(values));
}

}  // namespace

void read_places(const Tensor& x, const Tensor& table, const Tensor& y) {
  if (y.numel() == 0) return;
  if (!y.on_cpu()) [[unlikely]]
    return gpu::read_places(x, table, y);
  dispatch_size(size_of(y.dtype()),
                [&]<class U>(std::type_identity<U>) { read_as<U>(x, table, y); });
}

void write_places(const Tensor& x, const Tensor& table, const Tensor& values, int axis, Write how) {
  if (values.numel() == 0) return;
  if (!x.on_cpu()) [[unlikely]]
    return gpu::write_places(x, table, values, axis, how);
  if (how == Write::kReplace) {
    dispatch_size(size_of(values.dtype()), [&]<class U>(std::type_identity<U>) {
      write_as<U, Write::kReplace>(x, table, values, axis);
    });
    return;
  }
  dispatch(values.dtype(), [&]<class T>(std::type_identity<T>) {
    write_as<T, Write::kAdd>(x, table, values, axis);
  });
}

}  // namespace gradus::cpu
