#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "optim/schedule.h"
#include "train/figure.h"

namespace gradus::train {

/// A schedule with the name it has in the legend.
struct NamedSchedule {
  std::string name;
  optim::Schedule schedule;
};

/// The values at steps 0 .. steps - 1 (at most 1000 of them, evenly spread) as curves over the
/// step. Throws ConfigError: "[preview] steps: 1; expected at least 2".
Figure preview_figure(const std::vector<NamedSchedule>& schedules, std::int64_t steps);

/// The same drawn with characters; throws as plot_text does.
///   std::cout << preview(schedules::OneCycle{.max = 0.1, .steps = 500}, 500);
std::string preview(const optim::Schedule& schedule, std::int64_t steps, int columns = 72,
                    int rows = 16);

/// The same into a .svg or .png file, see write_figure.
void write_preview(const optim::Schedule& schedule, std::int64_t steps,
                   const std::filesystem::path& file);

}  // namespace gradus::train
