// How the axes of a convolution are brought to stride 1, and the copies that do so.
#include <algorithm>
#include <limits>

#include "tensor/cpu/conv.h"

namespace gradus::cpu {
namespace {

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// The positions t in 0..n of which t * step + start lies in 0..size.
struct Inside {
  std::int64_t begin, end;
  Inside(std::int64_t n, std::int64_t step, std::int64_t start, std::int64_t size)
      : begin(std::clamp<std::int64_t>(floor_divide(-start + step - 1, step), 0, n)),
        end(std::clamp<std::int64_t>(floor_divide(size - 1 - start, step) + 1, begin, n)) {}
};

}  // namespace

ConvAxis ConvAxis::forward(const WindowAxis& axis, std::int64_t size, std::int64_t windows) {
  ConvAxis made{windows, 1, size, axis.stride, {}, {{}}, 0};
  for (std::int64_t i = 0; i < axis.kernel; ++i) {
    const std::int64_t at = i * axis.dilation, start = at % axis.stride - axis.padding;
    const auto known = std::find(made.copies.begin(), made.copies.end(), start);
    made.phases[0].push_back({i, known - made.copies.begin(), at / axis.stride});
    if (known == made.copies.end()) made.copies.push_back(start);
    made.reach = std::max(made.reach, at / axis.stride);
  }
  return made;
}

ConvAxis ConvAxis::transposed(const WindowAxis& axis, std::int64_t size, std::int64_t windows) {
  ConvAxis made{size, axis.stride, windows, 1, {}, {}, 0};
  std::int64_t least = std::numeric_limits<std::int64_t>::max(), most = -least;
  made.phases.resize(std::min(axis.stride, size));
  for (std::size_t f = 0; f < made.phases.size(); ++f) {
    for (std::int64_t i = 0; i < axis.kernel; ++i) {
      // x[t stride + f] has w[i] y[u] in it when u stride - padding + i dilation is that position.
      const std::int64_t at = static_cast<std::int64_t>(f) + axis.padding - i * axis.dilation;
      if (at % axis.stride != 0) continue;
      made.phases[f].push_back({i, 0, at / axis.stride});
      least = std::min(least, at / axis.stride);
      most = std::max(most, at / axis.stride);
    }
  }
  if (least > most) least = most = 0;  // no tap falls on the few elements there are
  for (auto& taps : made.phases) {
    for (Tap& tap : taps) tap.shift -= least;
  }
  made.copies = {least};
  made.reach = most - least;
  return made;
}

template <class T>
void copy_band(const ConvAxis& down, const ConvAxis& across, const ConvBand& band, const T* from,
               std::int64_t row_step, std::int64_t column_step, T* to) {
  const std::int64_t rows = band.rows + down.reach, length = band.row_length(across);
  for (const std::int64_t top : down.copies) {
    const std::int64_t y0 = band.row * down.source_step + top;
    const Inside inner(rows, down.source_step, y0, down.source);
    for (const std::int64_t left : across.copies) {
      const std::int64_t x0 = band.column * across.source_step + left;
      const Inside line(length, across.source_step, x0, across.source);
      const std::int64_t step = across.source_step * column_step, n = line.end - line.begin;
      std::fill_n(to, inner.begin * length, T(0));
      for (std::int64_t y = inner.begin; y < inner.end; ++y) {
        T* row = to + y * length;
        const T* first = from + (y0 + y * down.source_step) * row_step +
                         (x0 + line.begin * across.source_step) * column_step;
        for (std::int64_t x = 0; x < line.begin; ++x) row[x] = T(0);
        if (step == 1) {
          for (std::int64_t x = 0; x < n; ++x) row[line.begin + x] = first[x];
        } else {
          for (std::int64_t x = 0; x < n; ++x) row[line.begin + x] = first[x * step];
        }
        for (std::int64_t x = line.end; x < length; ++x) row[x] = T(0);
      }
      std::fill_n(to + inner.end * length, (rows - inner.end) * length, T(0));
      to += rows * length;
    }
  }
}

template void copy_band(const ConvAxis&, const ConvAxis&, const ConvBand&, const float*,
                        std::int64_t, std::int64_t, float*);
template void copy_band(const ConvAxis&, const ConvAxis&, const ConvBand&, const double*,
                        std::int64_t, std::int64_t, double*);

}  // namespace gradus::cpu
