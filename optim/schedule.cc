#include "optim/schedule.h"

namespace gradus::optim {

Schedule::Schedule(double value) {
  schedules::check_finite("schedule", "value", value);
  value_ = std::make_shared<const std::function<double(double)>>([value](double) { return value; });
}

double Schedule::operator()(double step) const {
  check_range("schedule", "step", step, Range::kNonNegative);
  return (*value_)(step);
}

namespace schedules {
namespace {

void require(bool right, const char* schedule, const char* field, double value,
             const std::string& expected) {
  if (right) return;
  throw ConfigError("[" + std::string(schedule) + "] " + field + ": " + to_text(value) +
                    "; expected " + expected);
}

}  // namespace

void check_finite(const char* schedule, const char* field, double value) {
  require(std::isfinite(value), schedule, field, value, "a finite number");
}

void check_unit(const char* schedule, const char* field, double value) {
  require(value >= 0 && value <= 1, schedule, field, value, "0 <= " + std::string(field) + " <= 1");
}

void check_at_least_one(const char* schedule, const char* field, double value) {
  require(value >= 1 && std::isfinite(value), schedule, field, value,
          std::string(field) + " >= 1 and finite");
}

}  // namespace schedules
}  // namespace gradus::optim
