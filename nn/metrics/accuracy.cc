#include "nn/metrics/accuracy.h"

#include <string>

#include "nn/metrics/scores.h"

namespace gradus::nn {
namespace {

// Whether class j comes before class t in the order of falling scores.
template <class T>
bool before(const T* scores, std::int64_t j, std::int64_t t) {
  const T a = scores[j], b = scores[t];
  if (a != a) return b == b || j < t;
  return a > b || (a == b && j < t);
}

template <class T>
std::int64_t count_right(const Tensor& scores, const ClassTargets& classes, std::int64_t k) {
  const T* row = scores.data<T>();
  const auto* target = classes.index.data<std::int64_t>();
  const bool* skip = classes.ignored.data<bool>();
  const std::int64_t width = scores.dim(1);
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < scores.dim(0); ++i, row += width) {
    if (skip[i]) continue;
    std::int64_t ahead = 0;
    for (std::int64_t j = 0; j < width && ahead < k; ++j) ahead += before(row, j, target[i]);
    right += ahead < k;
  }
  return right;
}

}  // namespace

Accuracy::Accuracy(AccuracyOptions options) : options_(options) {
  if (options.top_k >= 1) return;
  throw ConfigError("[Accuracy] top_k: " + std::to_string(options.top_k) + "; expected >= 1");
}

void Accuracy::update(const Variable& scores, const Variable& target) {
  const Scores given = scores_of("Accuracy", scores.value(), target.value());
  if (given.are_classes) {
    if (options_.top_k != 1) {
      throw ConfigError("[Accuracy] top_k: " + std::to_string(options_.top_k) +
                        "; expected 1 with predicted classes; use scores");
    }
    const Tensor p = given.rows, t = target.value().to(kCpu, kInt64).contiguous();
    for (std::int64_t i = 0; i < t.numel(); ++i) {
      const std::int64_t wanted = t.data<std::int64_t>()[i];
      if (options_.ignore_index == wanted) continue;
      right_ += p.data<std::int64_t>()[i] == wanted;
      ++total_;
    }
    return;
  }
  const std::int64_t width = given.rows.dim(1);
  if (options_.top_k > width) {
    throw ConfigError("[Accuracy] top_k: " + std::to_string(options_.top_k) + "; expected 1.." +
                      std::to_string(width) + ", there are so many classes");
  }
  const ClassTargets classes =
      class_targets("Accuracy", target.value().to(kCpu), width, options_.ignore_index);
  const std::int64_t k = options_.top_k;
  right_ += dispatch_compute(given.rows.dtype(), [&](auto type) {
    return count_right<typename decltype(type)::type>(given.rows, classes, k);
  });
  total_ += classes.taken;
}

double accuracy(const Variable& scores, const Variable& target,
                std::optional<std::int64_t> ignore_index) {
  return top_k_accuracy(scores, target, 1, ignore_index);
}

double top_k_accuracy(const Variable& scores, const Variable& target, std::int64_t k,
                      std::optional<std::int64_t> ignore_index) {
  Accuracy one({.top_k = k, .ignore_index = ignore_index});
  one.update(scores, target);
  return one.compute();
}

}  // namespace gradus::nn
