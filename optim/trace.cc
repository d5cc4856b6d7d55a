// Engine: what a traced step did to each parameter.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "autograd/node.h"
#include "optim/engine.h"
#include "optim/symbol.h"
#include "optim/text.h"

namespace gradus::optim {
namespace {

double quotient(double a, double b) { return b == 0 ? 0 : a / b; }

// The part of the elements of two arrays of one dtype that have the same bits.
double part_with_same_bits(const Tensor& a, const Tensor& b) {
  const std::int64_t n = a.numel();
  if (n == 0) return 0;
  std::int64_t same = 0;
  dispatch(a.dtype(), [&]<class T>(std::type_identity<T>) {
    const T *const x = static_cast<const T*>(a.raw_data()), *const y =
                                                                static_cast<const T*>(b.raw_data());
    for (std::int64_t i = 0; i < n; ++i) same += std::memcmp(x + i, y + i, sizeof(T)) == 0;
  });
  return static_cast<double>(same) / static_cast<double>(n);
}

}  // namespace

// For each member two tensors: its bits, and the numbers that they and `low` stand for.
std::vector<Tensor> Engine::traced_before(std::span<const Work> work) const {
  std::vector<Tensor> before;
  for (const Work& each : work) {
    const Tensor& theta = each.member->variable.value();
    before.push_back(theta.on_cpu() ? theta.clone() : theta.to(kCpu));
    before.push_back(is_half(theta.dtype()) ? whole(*each.member).to(kCpu) : before.back());
  }
  return before;
}

void Engine::trace_after(std::span<const Work> work, const GradientUse& use,
                         const std::vector<Tensor>& before) {
  for (std::size_t i = 0; i < work.size(); ++i) {
    const Member& member = *work[i].member;
    const Tensor &theta = member.variable.value(), &numbers = before[2 * i + 1];
    const Tensor after = whole(member).to(kCpu), update = numbers.clone();
    dispatch_floating(update.dtype(), [&]<class T>(std::type_identity<T>) {
      T* const u = update.data<T>();
      const T* const x = after.data<T>();
      for (std::int64_t k = 0; k < update.numel(); ++k) u[k] = x[k] - u[k];
    });
    const Tensor g = prepared_gradient(theta, work[i].g, {});
    ParameterTrace trace{.parameter = member.name};
    trace.gradient_norm = std::sqrt(sum_of_squares(g));
    trace.weight_norm = std::sqrt(sum_of_squares(numbers));
    trace.update_norm = std::sqrt(sum_of_squares(update));
    trace.ratio = quotient(trace.update_norm, trace.weight_norm);
    const double used = std::sqrt(sum_of_squares(prepared_gradient(theta, work[i].g, use)));
    trace.effective_lr = quotient(trace.update_norm, used);
    trace.clip_coefficient = std::fabs(use.scale);
    trace.unchanged = part_with_same_bits(theta.to(kCpu), before[2 * i]);
    const auto old = std::ranges::find(trace_, member.name, &ParameterTrace::parameter);
    (old == trace_.end() ? trace_.emplace_back() : *old) = std::move(trace);
  }
}

std::string Engine::trace_table() const {
  using symbolic::number_text;
  std::vector<std::vector<std::string>> rows = {
      {"parameter", "gradient", "weight", "update", "ratio", "effective lr", "clip", "unchanged"}};
  for (const ParameterTrace& t : trace_) {
    rows.push_back({t.parameter, number_text(t.gradient_norm), number_text(t.weight_norm),
                    number_text(t.update_norm), number_text(t.ratio), number_text(t.effective_lr),
                    number_text(t.clip_coefficient), number_text(t.unchanged)});
  }
  return columns(rows);
}

}  // namespace gradus::optim
