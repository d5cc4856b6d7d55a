#include "train/preview_schedule.h"

#include <algorithm>

namespace gradus::train {

Figure preview_figure(const std::vector<NamedSchedule>& schedules, std::int64_t steps) {
  if (steps < 2) {
    throw ConfigError("[preview] steps: " + std::to_string(steps) + "; expected at least 2");
  }
  const std::int64_t points = std::min<std::int64_t>(steps, 1000);
  Figure figure{.x = {.label = "step"}, .y = {.label = "value"}};
  for (const auto& [name, schedule] : schedules) {
    Curve curve{.label = name};
    for (std::int64_t k = 0; k < points; ++k) {
      const auto step = static_cast<double>(k * (steps - 1) / (points - 1));
      curve.x.push_back(step);
      curve.y.push_back(schedule(step));
    }
    figure.curves.push_back(std::move(curve));
  }
  return figure;
}

std::string preview(const optim::Schedule& schedule, std::int64_t steps, int columns, int rows) {
  return plot_text(preview_figure({{"", schedule}}, steps), columns, rows);
}

void write_preview(const optim::Schedule& schedule, std::int64_t steps,
                   const std::filesystem::path& file) {
  write_figure(preview_figure({{"", schedule}}, steps), file);
}

}  // namespace gradus::train
