#include "optim/schedules/range_test.h"

#include <algorithm>
#include <limits>
#include <string>

namespace gradus::optim::schedules {

double suggested_lr(const std::vector<double>& rates, const std::vector<double>& losses,
                    double beta, double stop_factor) {
  if (rates.size() != losses.size() || rates.size() < 3) {
    throw ConfigError("[suggested_lr] losses: " + std::to_string(losses.size()) + " for " +
                      std::to_string(rates.size()) + " rates; expected equally many, at least 3");
  }
  check_range("suggested_lr", "beta", beta, Range::kFraction);
  std::vector<double> smooth;
  double mean = 0, weight = 1, best = std::numeric_limits<double>::infinity();
  for (const double loss : losses) {
    mean = beta * mean + (1 - beta) * loss;
    weight *= beta;
    const double value = mean / (1 - weight);
    // A NaN stops as well.
    if (!(value <= stop_factor * best) && std::isfinite(best)) break;
    best = std::min(best, value);
    smooth.push_back(value);
  }
  double steepest = 0, found = 0;
  for (std::size_t k = 1; k + 1 < smooth.size(); ++k) {
    const double slope = (smooth[k + 1] - smooth[k - 1]) / std::log(rates[k + 1] / rates[k - 1]);
    if (slope < steepest) {
      steepest = slope;
      found = rates[k];
    }
  }
  if (found == 0) {
    throw ConfigError(
        "[suggested_lr] losses: never fall; expected rates small enough to learn with");
  }
  return found;
}

}  // namespace gradus::optim::schedules
