// Reads the C++ files of the repository, for tests that check how they are written.
#pragma once

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace gradus::house {

struct SourceFile {
  std::string path;  // from the root of the repository, such as "tensor/cpu/matmul.cc"
  std::string text;
};

inline bool starts_with_any(const std::string& text, const std::vector<std::string>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](const std::string& beginning) { return text.starts_with(beginning); });
}

// All .h and .cc files below `folder`. Bazel starts a test in the root of its copy of the tree.
inline std::vector<SourceFile> files_below(const std::string& folder) {
  std::vector<SourceFile> files;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (!entry.is_regular_file() || (extension != ".h" && extension != ".cc")) continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    files.push_back(
        {entry.path().generic_string(), std::string(std::istreambuf_iterator<char>(stream), {})});
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::string line;
  for (const char c : text) {
    if (c != '\n') {
      line += c;
      continue;
    }
    lines.push_back(line);
    line.clear();
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

// The text with comments and the insides of quotes turned to blanks; line breaks stay.
inline std::string code_only(const std::string& text) {
  std::string code;
  const auto blank_until = [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) code += text[i] == '\n' ? '\n' : ' ';
    return to;
  };
  const auto end_of = [&](const std::string& mark, size_t from) {
    const size_t found = text.find(mark, from);
    return found == std::string::npos ? text.size() : found + mark.size();
  };
  for (size_t i = 0; i < text.size();) {
    const bool after_word = i > 0 && (std::isalnum(static_cast<unsigned char>(text[i - 1])) != 0);
    if (text.compare(i, 2, "//") == 0) {
      i = blank_until(i, std::min(text.find('\n', i), text.size()));
    } else if (text.compare(i, 2, "/*") == 0) {
      i = blank_until(i, end_of("*/", i + 2));
    } else if (text.compare(i, 2, "R\"") == 0 && !after_word) {
      const size_t open = std::min(text.find('(', i), text.size());
      const std::string tag = text.substr(i + 2, open - std::min(open, i + 2));
      i = blank_until(i, end_of(")" + tag + "\"", open));
    } else if (text[i] == '"' || (text[i] == '\'' && !after_word)) {  // 1'000 is no quote
      size_t end = i + 1;
      while (end < text.size() && text[end] != text[i] && text[end] != '\n') {
        end += text[end] == '\\' ? 2 : 1;
      }
      i = blank_until(i, std::min(end + 1, text.size()));
    } else {
      code += text[i++];
    }
  }
  return code;
}

}  // namespace gradus::house
