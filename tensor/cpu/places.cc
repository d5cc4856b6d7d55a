// Reading and writing at tables of places.
#include "tensor/cpu/places.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "tensor/broadcast.h"
#include "tensor/cpu/positions.h"
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

constexpr std::int64_t kBuckets = 256, kBucketPiece = 1 << 16;

/// The numbers 0..n-1, ordered by the highest digit of their places and within equal digits by
/// number, and where the numbers of each digit start: one place always has one digit.
struct Buckets {
  std::unique_ptr<std::int64_t[]> order;
  std::int64_t starts[kBuckets + 1];

  Buckets(const std::int64_t* places, std::int64_t step, std::int64_t n)
      : order(std::make_unique_for_overwrite<std::int64_t[]>(n)) {
    std::int64_t low = places[0], high = places[0];
    for (std::int64_t i = 0; i < n; ++i) {
      low = std::min(low, places[i * step]);
      high = std::max(high, places[i * step]);
    }
    int shift = 0;
    while ((high - low) >> shift >= kBuckets) ++shift;
    const auto digit = [=](std::int64_t i) { return (places[i * step] - low) >> shift; };
    const std::int64_t pieces = (n + kBucketPiece - 1) / kBucketPiece;
    const auto counts = std::make_unique<std::int64_t[]>(pieces * kBuckets);
    const auto in_piece = [&](std::int64_t piece, auto f) {
      const std::int64_t end = std::min(n, (piece + 1) * kBucketPiece);
      std::int64_t* mine = counts.get() + piece * kBuckets;
      for (std::int64_t i = piece * kBucketPiece; i < end; ++i) f(mine[digit(i)], i);
    };
    parallel_for(pieces, [&](std::int64_t piece) {
      in_piece(piece, [](std::int64_t& count, std::int64_t) { ++count; });
    });
    std::int64_t start = 0;
    for (std::int64_t d = 0; d < kBuckets; ++d) {
      starts[d] = start;
      for (std::int64_t piece = 0; piece < pieces; ++piece) {
        const std::int64_t count = counts[piece * kBuckets + d];
        counts[piece * kBuckets + d] = start;
        start += count;
      }
    }
    starts[kBuckets] = n;
    parallel_for(pieces, [&](std::int64_t piece) {
      in_piece(piece, [&](std::int64_t& next, std::int64_t i) { order[next++] = i; });
    });
  }
};

/// One line of values: threads share its places, and each place sees its values in order.
template <class T, Write kHow>
void write_line(const Tensor& x, const Tensor& table, const Tensor& values) {
  const std::int64_t n = values.numel();
  const std::int64_t next = table.strides()[0], by = values.strides()[0];
  const auto* places = static_cast<const std::int64_t*>(table.raw_data());
  const auto* from = static_cast<const T*>(values.raw_data());
  auto* to = static_cast<T*>(x.raw_data());
  const Buckets buckets(places, next, n);
  parallel_for(kBuckets, [&](std::int64_t d) {
    for (std::int64_t k = buckets.starts[d]; k < buckets.starts[d + 1]; ++k) {
      const std::int64_t i = buckets.order[k];
      put(to[places[i * next]], from[i * by], kHow);
    }
  });
}

template <class T, Write kHow>
void write_as(const Tensor& x, const Tensor& table, const Tensor& values, int axis) {
  const Shape& shape = values.shape();
  const std::int64_t n = values.numel();
  if (n <= kPieceSize || num_threads() == 1) return write_in_order<T, kHow>(x, table, values);
  int widest = axis == 0 ? 1 : 0;
  for (int i = 0; i < shape.rank(); ++i) {
    if (i != axis && shape[i] > shape[widest]) widest = i;
  }
  // Slabs across another axis have places of their own, however many there are.
  const std::int64_t width = widest < shape.rank() ? shape[widest] : 1;
  if (width >= 4) {
    const std::int64_t slabs = std::min<std::int64_t>(width, 2 * num_threads());
    parallel_for(slabs, [&](std::int64_t slab) {
      const std::int64_t begin = width * slab / slabs, size = width * (slab + 1) / slabs - begin;
      write_in_order<T, kHow>(x.narrow(widest, begin, size), table.narrow(widest, begin, size),
                              values.narrow(widest, begin, size));
    });
    return;
  }
  if (shape[axis] > kBucketPiece && width > 1) {
    for (std::int64_t i = 0; i < width; ++i) {
      write_as<T, kHow>(x.narrow(widest, i, 1), table.narrow(widest, i, 1),
                        values.narrow(widest, i, 1), axis);
    }
    return;
  }
  if (shape[axis] > kBucketPiece) {
    const auto line = [&](const Tensor& t) {
      return as_strided_unchecked(t, {n}, {t.strides()[axis]}, 0);
    };
    return write_line<T, kHow>(line(x), line(table), line(values));
  }
  write_in_order<T, kHow>(x, table, values);
}

}  // namespace

void read_places(const Tensor& x, const Tensor& table, const Tensor& y) {
  if (y.numel() == 0) return;
  dispatch_size(size_of(y.dtype()),
                [&]<class U>(std::type_identity<U>) { read_as<U>(x, table, y); });
}

void write_places(const Tensor& x, const Tensor& table, const Tensor& values, int axis, Write how) {
  if (values.numel() == 0) return;
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
