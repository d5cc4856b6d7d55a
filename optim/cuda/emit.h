#pragma once
// Turns update rules into kernels: what GRADUS_UPDATE_RULE becomes in the generated kernel files.
// There is one kernel for each tier, a loop over the elements of a chunk; the rule is in a table.
// clang-format off
#include "tensor/cuda/kernel.h"  // first: it keeps optimizers out of the headers of rules
// clang-format on

#include <type_traits>
#include <utility>

#include "optim/cuda/update.h"
#include "optim/halves.h"

namespace gradus::GRADUS_GPU {

// Parameters are T in memory, or 16 bits that are computed in float.
template <class T, bool kHalf>
__device__ inline T stored_number(DType dtype, const void* x, std::int64_t i) {
  if constexpr (kHalf) {
    return dtype == kBFloat16 ? static_cast<float>(static_cast<const BFloat16*>(x)[i])
                              : static_cast<float>(static_cast<const Float16*>(x)[i]);
  } else {
    return static_cast<const T*>(x)[i];
  }
}

template <class T, bool kHalf, class Slot>
__device__ inline T load_parameter(const Slot& slot, const optim::Launch& launch, std::int64_t i) {
  if constexpr (kHalf) {
    const auto way = launch.low_precision;
    return slot.dtype == kBFloat16
               ? optim::halves::load(way, static_cast<const BFloat16*>(slot.theta), slot.low, i)
               : optim::halves::load(way, static_cast<const Float16*>(slot.theta), slot.low, i);
  } else {
    return static_cast<const T*>(slot.theta)[i];
  }
}
template <class T, bool kHalf, class Slot>
__device__ inline void store_parameter(T x, const Slot& slot, const optim::Launch& launch,
                                       std::int64_t i) {
  if constexpr (kHalf) {
    const auto way = launch.low_precision;
    const std::uint64_t key = slot.key ^ launch.key;
    const std::int64_t element = slot.first + i;
    if (slot.dtype == kBFloat16) {
      optim::halves::store(way, x, key, slot.step, element, static_cast<BFloat16*>(slot.theta),
                           slot.low, i);
    } else {
      optim::halves::store(way, x, key, slot.step, element, static_cast<Float16*>(slot.theta),
                           slot.low, i);
    }
  } else {
    static_cast<T*>(slot.theta)[i] = x;
  }
}

// One element: decay as the engine has it, and the rule's lines.
template <class T, class Rule, class Inner, std::size_t... k>
__device__ inline void step_element(const gpu::PreparedRule<Rule>& prepared, const Inner& rule,
                                    T& theta, T g, T* state, std::index_sequence<k...>) {
  const T decay = static_cast<T>(prepared.decay);
  if (prepared.l2) g += decay * theta;
  if (prepared.decoupled) theta -= decay * theta;
  rule(theta, g, state[k]...);
}

template <class T, bool kHalf, class Rule>
__global__ void update_chunk(gpu::UpdateTables<Rule> tables, optim::Launch launch) {
  constexpr int kStates = static_cast<int>(Rule::kState.size());
  const gpu::UpdateChunk chunk = tables.chunks[blockIdx.x];
  const auto slot = tables.slots[chunk.slot];  // a copy, which what is written cannot change
  const gpu::PreparedRule<Rule> prepared = tables.rules[tables.rule_of_slot[chunk.slot]];
  const std::int64_t begin = chunk.index * gpu::chunk_size<Rule>();
  const std::int64_t last = begin + gpu::chunk_size<Rule>(), end = last < slot.n ? last : slot.n;
  for (std::int64_t i = begin + threadIdx.x; i < end; i += blockDim.x) {
    T theta = load_parameter<T, kHalf>(slot, launch, i), state[kStates + 1];
    const T g =
        optim::used_element(stored_number<T, kHalf>(slot.dtype, slot.g, i), launch.gradient);
    for (int k = 0; k < kStates; ++k) state[k] = static_cast<const T*>(slot.state[k])[i];
    step_element(prepared, prepared.rule, theta, g, state, std::make_index_sequence<kStates>{});
    for (int k = 0; k < kStates; ++k) static_cast<T*>(slot.state[k])[i] = state[k];
    if (!launch.keep_theta) store_parameter<T, kHalf>(theta, slot, launch, i);
  }
}

// Sums in the order of the CPU (optim/apply_scaled.h): 16 threads take the elements of a piece by
// turns, the first of them adds their sums up.
constexpr int kMeasureThreads = 128;

template <class T, class Rule, std::size_t... k>
__device__ inline auto measured(const Rule& rule, T theta, T g, T* state,
                                std::index_sequence<k...>) {
  return rule.measure(theta, g, state[k]...);
}

template <class T, bool kHalf, class Rule>
__global__ void measure_chunks(std::int64_t count, gpu::UpdateTables<Rule> tables,
                               optim::Launch launch) {
  constexpr int kStates = static_cast<int>(Rule::kState.size());
  constexpr int kSums = static_cast<int>(Rule::kSums), kLanes = static_cast<int>(optim::kLanes);
  GRADUS_SHARED(double, part, [kSums * kMeasureThreads]);
  const int t = threadIdx.x, lane = t % kLanes;
  const std::int64_t c =
      static_cast<std::int64_t>(blockIdx.x) * (kMeasureThreads / kLanes) + t / kLanes;
  double sums[kSums] = {};
  if (c < count) {
    const gpu::UpdateChunk chunk = tables.chunks[c];
    const auto slot = tables.slots[chunk.slot];
    const Rule rule = tables.rules[tables.rule_of_slot[chunk.slot]].rule;
    const std::int64_t begin = chunk.index * gpu::chunk_size<Rule>();
    const std::int64_t last = begin + gpu::chunk_size<Rule>(), end = last < slot.n ? last : slot.n;
    for (std::int64_t i = begin + lane; i < end; i += kLanes) {
      T state[kStates + 1];
      const T g =
          optim::used_element(stored_number<T, kHalf>(slot.dtype, slot.g, i), launch.gradient);
      for (int k = 0; k < kStates; ++k) state[k] = static_cast<const T*>(slot.state[k])[i];
      const auto terms = measured(rule, load_parameter<T, kHalf>(slot, launch, i), g, state,
                                  std::make_index_sequence<kStates>{});
      for (int k = 0; k < kStates; ++k) static_cast<T*>(slot.state[k])[i] = state[k];
      for (int s = 0; s < kSums; ++s) sums[s] += static_cast<double>(terms[s]);
    }
  }
  for (int s = 0; s < kSums; ++s) part[s * kMeasureThreads + t] = sums[s];
  __syncthreads();
  if (lane != 0 || c >= count) return;
  for (int s = 0; s < kSums; ++s) {
    double total = 0;
    for (int k = 0; k < kLanes; ++k) total += part[s * kMeasureThreads + t + k];
    tables.sums[c * kSums + s] = total;
  }
}

// The rules that keep m and v as bytes: one thread for each element of a block of 256, which has
// one scale.
constexpr int kByteThreads = 256;

// The number with the largest |x|, from the bits of all threads: optim/quantize.cc says why.
template <class T>
__device__ inline T farthest_of_block(T x) {
  using Signed = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  using Unsigned = std::make_unsigned_t<Signed>;
  GRADUS_SHARED(Signed, high, [kByteThreads]);
  GRADUS_SHARED(Unsigned, low, [kByteThreads]);
  const int t = threadIdx.x;
  const auto bits = std::bit_cast<Signed>(x);
  high[t] = bits > 0 ? bits : 0;
  low[t] = static_cast<Unsigned>(bits);
  __syncthreads();
  for (int half = kByteThreads / 2; half > 0; half /= 2) {
    if (t < half) {
      high[t] = high[t + half] > high[t] ? high[t + half] : high[t];
      low[t] = low[t + half] > low[t] ? low[t + half] : low[t];
    }
    __syncthreads();
  }
  const T above = std::bit_cast<T>(high[0]), below = std::bit_cast<T>(low[0]);
  __syncthreads();  // before the next call writes
  return -below > above ? below : above;
}

template <class T, bool kHalf, class Rule>
__global__ void update_byte_chunk(gpu::UpdateTables<Rule> tables, optim::Launch launch) {
  using Inner = typename Rule::Inner;
  const gpu::UpdateChunk chunk = tables.chunks[blockIdx.x];
  const auto slot = tables.slots[chunk.slot];
  const gpu::PreparedRule<Rule> prepared = tables.rules[tables.rule_of_slot[chunk.slot]];
  const Inner& rule = prepared.rule;
  const std::int64_t first = chunk.index * gpu::chunk_size<Rule>();
  const std::int64_t last = first + gpu::chunk_size<Rule>(), end = last < slot.n ? last : slot.n;
  for (std::int64_t begin = first; begin < end; begin += kByteThreads) {
    const std::int64_t i = begin + threadIdx.x, block = begin / kByteThreads;
    const bool there = i < end;
    T state[2] = {};
    if (there) {
      for (int k = 0; k < 2; ++k) {
        if (slot.state[k] != nullptr) {
          state[k] = static_cast<const T*>(slot.state[k])[i];
        } else {
          const std::uint8_t code = static_cast<const std::uint8_t*>(slot.state[2 + k])[i];
          state[k] = static_cast<T>(tables.levels[k].values[code]) *
                     static_cast<T>(static_cast<const float*>(slot.state[4 + k])[block]);
        }
      }
      T theta = load_parameter<T, kHalf>(slot, launch, i);
      const T before = theta;
      const T g =
          optim::used_element(stored_number<T, kHalf>(slot.dtype, slot.g, i), launch.gradient);
      step_element(prepared, rule, theta, g, state, std::make_index_sequence<2>{});
      if (!(g - g == T(0))) {
        theta = before;
        state[0] = state[1] = T(0);
      }
      if (!launch.keep_theta) store_parameter<T, kHalf>(theta, slot, launch, i);
    }
    for (int k = 0; k < 2; ++k) {
      if (slot.state[k] != nullptr) {
        if (there) static_cast<T*>(slot.state[k])[i] = state[k];
        continue;
      }
      const auto scale = static_cast<float>(farthest_of_block(state[k]));
      const auto scaled = static_cast<float>(state[k]) * optim::inverse_of(scale);
      const auto& levels = tables.levels[k].decades;
      if (there) {
        static_cast<std::uint8_t*>(slot.state[2 + k])[i] =
            k == 0 ? optim::code_of<true>(levels, scaled) : optim::code_of<false>(levels, scaled);
      }
      if (threadIdx.x == 0) static_cast<float*>(slot.state[4 + k])[block] = scale;
    }
  }
}

// f<T, kHalf> for parameters of a dtype.
template <class F>
void for_parameters(DType dtype, F f) {
  if (dtype == kFloat64) return f.template operator()<double, false>();
  if (dtype == kFloat32) return f.template operator()<float, false>();
  return f.template operator()<float, true>();
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

// Matrix rules are made of tensors, and rules whose state is streamed have the kernels of the rule
// inside: what has no kernel here is never called.
template <class Device, class Rule>
void update([[maybe_unused]] DType dtype, std::int64_t count,
            [[maybe_unused]] const UpdateTables<Rule>& tables,
            [[maybe_unused]] const optim::Launch& launch, [[maybe_unused]] void* stream) {
  using namespace GRADUS_GPU;  // NOLINT: the kernels above
  if (count == 0) return;
  if constexpr (optim::ByteRule<Rule> || optim::ElementRule<Rule> || optim::ScaledRule<Rule>) {
    const simt::Launch shape{
        .grid = {static_cast<unsigned>(count)}, .block = {kByteThreads}, .stream = stream};
    for_parameters(dtype, [&]<class T, bool kHalf>() {
      if constexpr (optim::ByteRule<Rule>) {
        GRADUS_LAUNCH((update_byte_chunk<T, kHalf, Rule>), shape, tables, launch);
      } else {
        GRADUS_LAUNCH((update_chunk<T, kHalf, Rule>), shape, tables, launch);
      }
    });
  }
}

template <class Device, class Rule>
void measure([[maybe_unused]] DType dtype, std::int64_t count,
             [[maybe_unused]] const UpdateTables<Rule>& tables,
             [[maybe_unused]] const optim::Launch& launch, [[maybe_unused]] void* stream) {
  using namespace GRADUS_GPU;  // NOLINT: the kernels above
  if (count == 0) return;
  if constexpr (optim::ScaledRule<Rule>) {
    constexpr std::int64_t kEach = kMeasureThreads / optim::kLanes;
    const simt::Launch shape{.grid = {static_cast<unsigned>((count + kEach - 1) / kEach)},
                             .block = {kMeasureThreads},
                             .stream = stream};
    for_parameters(dtype, [&]<class T, bool kHalf>() {
      GRADUS_LAUNCH((measure_chunks<T, kHalf, Rule>), shape, count, tables, launch);
    });
  }
}

}  // namespace gradus::gpu

#define GRADUS_GPU_LAUNCHER(launcher, Rule)                                                 \
  template void gradus::gpu::launcher<gradus::GRADUS_GPU::ThisDevice, gradus::optim::Rule>( \
      gradus::DType, std::int64_t, const gradus::gpu::UpdateTables<gradus::optim::Rule>&,   \
      const gradus::optim::Launch&, void*)
#define GRADUS_EMIT_UPDATE_UPDATE_RULE(Rule) \
  GRADUS_GPU_LAUNCHER(update, Rule);         \
  GRADUS_GPU_LAUNCHER(measure, Rule)
