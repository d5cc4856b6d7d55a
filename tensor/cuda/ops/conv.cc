#include "tensor/cuda/ops/conv.h"

#include <algorithm>

#include "tensor/cuda/blas.h"
#include "tensor/cuda/conv.h"
#include "tensor/cuda/dispatch.h"
#include "tensor/elementwise/add.h"
#include "tensor/reduce.h"

namespace gradus::gpu {
namespace {

constexpr std::int64_t kColumnBytes = std::int64_t{64} << 20;  // of one piece of the images
constexpr std::int64_t kChain = 1024;  // numbers summed one after another in a float

/// Sizes of one call. x [N, C, H, W] is what windows slide over, y [N, O, TH, TW].
struct Sizes {
  Sizes(const cpu::Convolution& conv, const Tensor& x, const Tensor& y)
      : plane{x.dim(1), line(conv.rows, x.dim(2), y.dim(2)),
              line(conv.columns, x.dim(3), y.dim(3))},
        images(x.dim(0)),
        outputs(y.dim(1)),
        groups(conv.groups),
        windows(plane.windows()),
        rows(plane.channels * plane.taps()) {
    const auto same = [](const ConvLine& l) {
      return l.kernel == 1 && l.stride == 1 && l.padding == 0 && l.windows == l.size;
    };
    pointwise = same(plane.down) && same(plane.across);
  }
  /// Images whose columns are in memory at a time.
  std::int64_t together(const Tensor& x) const {
    const std::int64_t bytes = rows * windows * static_cast<std::int64_t>(size_of(x.dtype()));
    return std::clamp<std::int64_t>(kColumnBytes / std::max<std::int64_t>(1, bytes), 1, images);
  }

  ConvPlane plane;
  std::int64_t images, outputs, groups, windows, rows;
  bool pointwise;  // the columns are the images

 private:
  static ConvLine line(const WindowAxis& axis, std::int64_t size, std::int64_t windows) {
    return {size, windows, axis.kernel, axis.stride, axis.padding, axis.dilation};
  }
};

/// How far apart the matrices of A, B and C are, in elements.
struct Apart {
  std::int64_t a, b, c;
};
const void* moved(const void* p, std::int64_t elements, DType dtype) {
  return static_cast<const std::byte*>(p) + elements * static_cast<std::int64_t>(size_of(dtype));
}

/// The product for every image and every group; the longer of the two is the batch.
void multiply_all(Device device, Gemm call, std::int64_t images, const Apart& of_images,
                  std::int64_t groups, const Apart& of_groups) {
  if (images < groups) return multiply_all(device, call, groups, of_groups, images, of_images);
  call.batch = images;
  call.stride_a = of_images.a;
  call.stride_b = of_images.b;
  call.stride_c = of_images.c;
  const Gemm first = call;
  for (std::int64_t g = 0; g < groups; ++g) {
    call.a = moved(first.a, g * of_groups.a, call.dtype);
    call.b = moved(first.b, g * of_groups.b, call.dtype);
    call.c = const_cast<void*>(moved(first.c, g * of_groups.c, call.dtype));
    gemm(device, call);
  }
}

template <class T>
const T* data_of(const Tensor& x) {
  return x.defined() ? x.device_data<T>() : nullptr;
}

/// f(std::type_identity<D>{}, std::type_identity<T>{})
template <class F>
void for_device_and_type(const Tensor& x, F f) {
  on_device(x.device(), [&]<class D>(std::type_identity<D> device) {
    dispatch_floating(x.dtype(), [&]<class T>(std::type_identity<T> type) { f(device, type); });
  });
}

Tensor in_order(const Tensor& x) { return x.defined() ? x.contiguous() : x; }

}  // namespace

void convolve(const cpu::Convolution& conv, const Tensor& given, const Tensor& weight,
              const Tensor& added, const Tensor& y) {
  if (y.numel() == 0) return;
  const Tensor x = given.contiguous(), w = weight.contiguous(), bias = in_order(added);
  const Sizes s(conv, x, y);
  const std::int64_t p = s.windows, k = s.rows / s.groups, o = s.outputs / s.groups;
  if (k == 0) y.fill(0);
  const std::int64_t together = s.together(x);
  for_device_and_type(y, [&]<class D, class T>(std::type_identity<D>, std::type_identity<T>) {
    const bool copies = !s.pointwise && k > 0;
    const Tensor columns =
        Tensor::empty({copies ? together * s.rows * p : 0}, y.dtype(), y.device());
    for (std::int64_t first = 0; k > 0 && first < s.images; first += together) {
      const std::int64_t count = std::min(together, s.images - first);
      const T* from = x.device_data<T>() + first * s.plane.channels * s.plane.size();
      if (copies) {
        windows_to_columns<D, T>(count, s.plane, from, columns.device_data<T>(), s.rows * p, p,
                                 nullptr);
        from = columns.device_data<T>();
      }
      // Row-major y = w columns of each group; column-major y' = columns' w'.
      Gemm call{.dtype = y.dtype(), .m = p, .n = o, .k = k, .a = from, .lda = p};
      call.b = w.raw_device_data();
      call.ldb = k;
      call.c = y.device_data<T>() + first * s.outputs * p;
      call.ldc = p;
      multiply_all(y.device(), call, count, {s.rows * p, 0, s.outputs * p}, s.groups,
                   {k * p, o * k, o * p});
    }
    if (bias.defined()) {
      add_to_channels<D, T>(s.images, s.outputs, p, data_of<T>(bias), y.device_data<T>(), nullptr);
    }
  });
}

void convolve_transposed(const cpu::Convolution& conv, const Tensor& given, const Tensor& weight,
                         const Tensor& added, const Tensor& x) {
  if (x.numel() == 0) return;
  const Tensor y = given.contiguous(), w = weight.contiguous(), bias = in_order(added);
  const Sizes s(conv, x, y);
  const std::int64_t p = s.windows, k = s.rows / s.groups, o = s.outputs / s.groups;
  const std::int64_t together = s.together(x);
  for_device_and_type(x, [&]<class D, class T>(std::type_identity<D>, std::type_identity<T>) {
    const Tensor columns = Tensor::empty({together, s.rows, p}, x.dtype(), x.device());
    if (y.numel() == 0) columns.fill(0);
    for (std::int64_t first = 0; first < s.images; first += together) {
      const std::int64_t count = std::min(together, s.images - first);
      if (y.numel() > 0) {
        // Row-major columns = w' y of each group; column-major columns' = y' w.
        Gemm call{.dtype = x.dtype(), .transpose_b = true, .m = p, .n = k, .k = o};
        call.a = y.device_data<T>() + first * s.outputs * p;
        call.lda = p;
        call.b = w.raw_device_data();
        call.ldb = k;
        call.c = columns.raw_device_data();
        call.ldc = p;
        multiply_all(x.device(), call, count, {s.outputs * p, 0, s.rows * p}, s.groups,
                     {o * p, o * k, k * p});
      }
      columns_to_images<D, T>(count, s.plane, columns.device_data<T>(), data_of<T>(bias),
                              x.device_data<T>() + first * s.plane.channels * s.plane.size(),
                              nullptr);
    }
  });
}

void convolve_weight(const cpu::Convolution& conv, const Tensor& given, const Tensor& y,
                     const Tensor& w) {
  if (w.numel() == 0) return;
  if (given.numel() == 0 || y.numel() == 0) return w.fill(0);
  const Tensor x = given.contiguous();
  const Sizes s(conv, x, y);
  const std::int64_t k = s.rows / s.groups, o = s.outputs / s.groups, together = s.together(x);
  Tensor total;
  for_device_and_type(w, [&]<class D, class T>(std::type_identity<D>, std::type_identity<T>) {
    const Tensor columns = Tensor::empty({s.rows * together * s.windows}, w.dtype(), w.device());
    for (std::int64_t first = 0; first < s.images; first += together) {
      const std::int64_t count = std::min(together, s.images - first), all = count * s.windows;
      // Both with the windows of all images as neighbours: columns [rows, all], dy [O, all].
      windows_to_columns<D, T>(count, s.plane,
                               x.device_data<T>() + first * s.plane.channels * s.plane.size(),
                               columns.device_data<T>(), s.windows, all, nullptr);
      const Tensor dy = y.narrow(0, first, count).transpose(0, 1).contiguous();
      const std::int64_t chains = all / kChain, rest = all % kChain;
      const Tensor parts =
          Tensor::empty({chains + (rest > 0 ? 1 : 0), s.outputs, k}, w.dtype(), w.device());
      // Row-major part = dy columns' of each group; column-major part' = columns dy'.
      Gemm call{.dtype = w.dtype(), .transpose_a = true, .m = k, .n = o, .k = kChain};
      call.a = columns.raw_device_data();
      call.lda = all;
      call.b = dy.raw_device_data();
      call.ldb = all;
      call.c = parts.raw_device_data();
      call.ldc = k;
      const Apart of_groups{k * all, o * all, o * k};
      if (chains > 0) {
        multiply_all(w.device(), call, chains, {kChain, kChain, s.outputs * k}, s.groups,
                     of_groups);
      }
      if (rest > 0) {
        call.k = rest;
        call.a = columns.device_data<T>() + chains * kChain;
        call.b = dy.device_data<T>() + chains * kChain;
        call.c = parts.device_data<T>() + chains * s.outputs * k;
        multiply_all(w.device(), call, 1, {0, 0, 0}, s.groups, of_groups);
      }
      const Tensor part = parts.dim(0) == 1 ? parts.select(0, 0) : sum(parts, 0);
      total = total.defined() ? add(total, part) : part;
    }
  });
  w.copy_from(total.reshape(w.shape()));
}

}  // namespace gradus::gpu
