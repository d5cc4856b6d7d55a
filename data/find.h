#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::data {

/// Where a file of a data set is: in `folder_option` when that is given, else in the first of
/// $GRADUS_DATA, ../shared/data (seen from the working directory and from
/// $BUILD_WORKSPACE_DIRECTORY) and ${XDG_CACHE_HOME:-~/.cache}/gradus that has it. A folder may
/// hold SET/NAME or NAME, for any of the names; the option may also be the file. Returns an empty
/// path when it is nowhere and no option was given. Throws IoError for an option without the file:
///   "[mnist] --data: no t10k-labels-idx1-ubyte.gz in 'x'; expected
///   x/mnist/t10k-labels-idx1-ubyte.gz or x/t10k-labels-idx1-ubyte.gz; ./gradus data mnist
///   downloads it"
std::filesystem::path find_data(std::string_view set, const std::vector<std::string>& names,
                                const std::string& folder_option = "");

/// The same, but a file that is nowhere is an IoError too:
///   "[mnist] t10k-labels-idx1-ubyte.gz: not found; expected it in --data, $GRADUS_DATA,
///   ../shared/data or the download cache; ./gradus data mnist downloads it"
std::filesystem::path need_data(std::string_view set, const std::vector<std::string>& names,
                                const std::string& folder_option = "");

}  // namespace gradus::data
