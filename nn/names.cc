#include "nn/names.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

namespace gradus::nn {
namespace {

// The least number of letters to add, leave out or replace; `most` + 1 stands for all above.
// Source: Wagner and Fischer 1974, doi:10.1145/321796.321811.
std::size_t distance(std::string_view a, std::string_view b, std::size_t most) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > most) return most + 1;
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
  // Two letters in each other's place are two steps.
  std::size_t best = std::clamp<std::size_t>(name.size() / 4, 1, 3) + 1;
  const std::string* found = nullptr;
  for (const std::string& candidate : candidates) {
    const std::size_t steps = distance(name, candidate, best - 1);
    if (steps >= best) continue;
    best = steps;
    found = &candidate;
    if (best <= 1) break;
  }
  return found == nullptr ? "" : *found;
}

std::string common_prefix(const std::vector<std::string>& names,
                          const std::vector<std::string>& longer) {
  if (names.empty()) return "";
  const std::set<std::string> all(longer.begin(), longer.end());
  for (const std::string& candidate : longer) {
    if (!candidate.ends_with("." + names[0])) continue;
    const std::string prefix = candidate.substr(0, candidate.size() - names[0].size());
    if (std::all_of(names.begin(), names.end(),
                    [&](const std::string& name) { return all.contains(prefix + name); })) {
      return prefix;
    }
  }
  return "";
}

}  // namespace gradus::nn
