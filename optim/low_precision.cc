#include "optim/low_precision.h"

#include <type_traits>

#include "optim/cuda/gradients.h"
#include "optim/halves.h"
#include "tensor/cuda/dispatch.h"

namespace gradus::optim {
namespace {

using namespace halves;  // NOLINT: the formulas of one element

template <class Half>
void round_all_by_chance(const float* x, std::int64_t n, const RoundingStream& stream,
                         Half* theta) {
  PhiloxWords words{};
  for (std::int64_t i = 0; i < n; ++i) {
    const auto element = static_cast<std::uint64_t>(stream.first + i);
    if (i == 0 || element % 4 == 0) words = words_of(stream.key, stream.step, element / 4);
    theta[i] = round_by_chance<Half>(x[i], words.word[element % 4]);
  }
}

template <class F>
void with_half(DType dtype, F&& f) {
  if (dtype == kBFloat16) {
    f(std::type_identity<BFloat16>{});
  } else {
    f(std::type_identity<Float16>{});
  }
}

}  // namespace

void load_half(DType dtype, LowPrecision way, const void* theta, const void* low, std::int64_t n,
               float* x) {
  with_half(dtype, [&]<class Half>(std::type_identity<Half>) {
    const auto* const values = static_cast<const Half*>(theta);
    if (way == LowPrecision::kSplitMaster) {
      for (std::int64_t i = 0; i < n; ++i) x[i] = load(LowPrecision::kSplitMaster, values, low, i);
    } else if (way == LowPrecision::kKahan) {
      for (std::int64_t i = 0; i < n; ++i) x[i] = load(LowPrecision::kKahan, values, low, i);
    } else {
      for (std::int64_t i = 0; i < n; ++i) x[i] = values[i];
    }
  });
}

void store_half(DType dtype, LowPrecision way, const float* x, std::int64_t n,
                const RoundingStream& stream, void* theta, void* low) {
  with_half(dtype, [&]<class Half>(std::type_identity<Half>) {
    auto* const values = static_cast<Half*>(theta);
    if (way == LowPrecision::kSplitMaster) {
      for (std::int64_t i = 0; i < n; ++i) {
        store(LowPrecision::kSplitMaster, x[i], 0, 0, 0, values, low, i);
      }
    } else if (way == LowPrecision::kKahan) {
      for (std::int64_t i = 0; i < n; ++i) {
        store(LowPrecision::kKahan, x[i], 0, 0, 0, values, low, i);
      }
    } else if (way == LowPrecision::kStochastic) {
      round_all_by_chance(x, n, stream, values);
    } else {
      for (std::int64_t i = 0; i < n; ++i) values[i] = Half(x[i]);
    }
  });
}

void load_half(const Tensor& theta, LowPrecision way, const void* low, const Tensor& x) {
  if (theta.on_cpu()) {
    return load_half(theta.dtype(), way, theta.raw_data(), low, theta.numel(), x.data<float>());
  }
  gpu::on_device(theta.device(), [&]<class D>(std::type_identity<D>) {
    gpu::load_halves<D>(theta.dtype(), way, theta.numel(), theta.raw_device_data(), low,
                        x.device_data<float>(), nullptr);
  });
}

void store_half(const Tensor& x, LowPrecision way, const RoundingStream& stream,
                const Tensor& theta, void* low) {
  if (theta.on_cpu()) {
    return store_half(theta.dtype(), way, x.data<float>(), theta.numel(), stream, theta.raw_data(),
                      low);
  }
  gpu::on_device(theta.device(), [&]<class D>(std::type_identity<D>) {
    gpu::store_halves<D>(theta.dtype(), way, theta.numel(), x.device_data<float>(), stream,
                         theta.raw_device_data(), low, nullptr);
  });
}

}  // namespace gradus::optim
