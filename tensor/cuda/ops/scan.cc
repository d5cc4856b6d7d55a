#include "tensor/cuda/ops/scan.h"

#include "tensor/cuda/dispatch.h"

namespace gradus::gpu {
namespace {

/// x with the axis last and without gaps, and room for the results.
struct ScanLines {
  ScanLines(const Tensor& x, int axis_of_x) : shape(x.shape()), axis(axis_of_x) {
    const Tensor lines = x.rank() == 0 ? x.reshape({1}) : x;
    elements = lines.transpose(axis, -1).contiguous();
    n = elements.dim(-1);
    rows = x.numel() / std::max<std::int64_t>(1, n);
    scratch = Tensor::empty({scan_scratch(rows, n)}, kUInt8, x.device());
  }
  Tensor new_lines(DType dtype) const {
    return Tensor::empty(elements.shape(), dtype, elements.device());
  }
  Tensor restored(const Tensor& lines) const {
    return lines.transpose(axis, -1).contiguous().reshape(shape);
  }

  Shape shape;
  int axis;
  Tensor elements, scratch;
  std::int64_t n, rows;
};

}  // namespace

Tensor scan(Running how, const Tensor& x, int axis) {
  const ScanLines lines(x, axis);
  const Tensor y = lines.new_lines(x.dtype());
  dispatch_compute(x.dtype(), [&]<class T>(std::type_identity<T>) {
    on_device(x.device(), [&]<class D>(std::type_identity<D>) {
      scan_rows<D, T>(how, lines.rows, lines.n, lines.elements.device_data<T>(), y.device_data<T>(),
                      lines.scratch.raw_device_data(), nullptr);
    });
  });
  return lines.restored(y);
}

ValuesAndIndices scan_extremes(bool largest, const Tensor& x, int axis) {
  const ScanLines lines(x, axis);
  const Tensor values = lines.new_lines(x.dtype()), indices = lines.new_lines(kInt64);
  dispatch_compute(x.dtype(), [&]<class T>(std::type_identity<T>) {
    on_device(x.device(), [&]<class D>(std::type_identity<D>) {
      scan_extremes<D, T>(largest, lines.rows, lines.n, lines.elements.device_data<T>(),
                          values.device_data<T>(), indices.device_data<std::int64_t>(),
                          lines.scratch.raw_device_data(), nullptr);
    });
  });
  return {lines.restored(values), lines.restored(indices)};
}

Tensor recurrence(const Tensor& a, const Tensor& b) {
  const Tensor y = Tensor::empty(b.shape(), b.dtype(), b.device());
  const std::int64_t n = b.dim(-1);
  dispatch_floating(b.dtype(), [&]<class T>(std::type_identity<T>) {
    on_device(b.device(), [&]<class D>(std::type_identity<D>) {
      recurrence_rows<D, T>(b.numel() / n, n, a.device_data<T>(), b.device_data<T>(),
                            y.device_data<T>(), nullptr);
    });
  });
  return y;
}

}  // namespace gradus::gpu
