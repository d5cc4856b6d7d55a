#pragma once
#include <cmath>
#include <cstdint>

namespace gradus::nn {

/// The mean of numbers that arrive in turn, such as the mean loss of each batch, weighted by the
/// size of the batch:  sum_i n_i x_i / sum_i n_i. The sum keeps what each addition rounds off, so
/// that the error does not grow with the number of batches. Nothing at all has the mean NaN.
/// Source: Neumaier 1974, ZAMM 54.
class RunningMean {
 public:
  void update(double x, double n = 1) {
    const double product = n * x;
    add(product);
    if (std::isfinite(product)) add(std::fma(n, x, -product));  // what the product has rounded off
    weight_ += n;
  }
  double compute() const { return (sum_ + lost_) / weight_; }
  /// The sum of the weights.
  double weight() const { return weight_; }
  void reset() { *this = RunningMean(); }

 private:
  void add(double x) {
    const double sum = sum_ + x;
    if (std::isfinite(sum)) {
      lost_ += std::fabs(sum_) >= std::fabs(x) ? (sum_ - sum) + x : (x - sum) + sum_;
    }
    sum_ = sum;
  }
  double sum_ = 0, lost_ = 0, weight_ = 0;
};

}  // namespace gradus::nn
