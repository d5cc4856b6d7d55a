#include "data/find.h"

#include <cstdlib>

#include "tensor/error.h"

namespace gradus::data {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The file below a folder; empty if it is not there.
fs::path inside(const fs::path& folder, std::string_view set,
                const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    for (const fs::path& file : {folder / set / name, folder / name}) {
      std::error_code ignored;
      if (fs::is_regular_file(file, ignored)) return file;
    }
  }
  return {};
}

std::vector<fs::path> usual_folders() {
  std::vector<fs::path> folders;
  const std::string data = environment("GRADUS_DATA"), cache = environment("XDG_CACHE_HOME");
  const std::string workspace = environment("BUILD_WORKSPACE_DIRECTORY"),
                    home = environment("HOME");
  if (!data.empty()) folders.emplace_back(data);
  folders.emplace_back("../shared/data");
  if (!workspace.empty()) folders.push_back(fs::path(workspace) / "../shared/data");
  if (!cache.empty()) {
    folders.push_back(fs::path(cache) / "gradus");
  } else if (!home.empty()) {
    folders.push_back(fs::path(home) / ".cache/gradus");
  }
  return folders;
}

std::string downloads(std::string_view set) {
  return "; ./gradus data " + std::string(set) + " downloads it";
}

}  // namespace

fs::path find_data(std::string_view set, const std::vector<std::string>& names,
                   const std::string& folder_option) {
  if (folder_option.empty()) {
    for (const fs::path& folder : usual_folders()) {
      const fs::path found = inside(folder, set, names);
      if (!found.empty()) return found;
    }
    return {};
  }
  std::error_code ignored;
  if (fs::is_regular_file(folder_option, ignored)) return folder_option;
  const fs::path folder = folder_option, found = inside(folder, set, names);
  if (!found.empty()) return found;
  const std::string& name = names.front();
  throw IoError("[" + std::string(set) + "] --data: no " + name + " in '" + folder_option +
                "'; expected " + (folder / set / name).string() + " or " +
                (folder / name).string() + downloads(set));
}

fs::path need_data(std::string_view set, const std::vector<std::string>& names,
                   const std::string& folder_option) {
  const fs::path found = find_data(set, names, folder_option);
  if (!found.empty()) return found;
  throw IoError("[" + std::string(set) + "] " + names.front() +
                ": not found; expected it in --data, $GRADUS_DATA, ../shared/data or the download "
                "cache" +
                downloads(set));
}

}  // namespace gradus::data
