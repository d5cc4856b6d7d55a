#pragma once
// The files of tests/golden/io, and what must be in them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tensor/io/named_tensors.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace gradus::testing {

const std::string kFiles = "tests/golden/io/";

struct ExpectedArray {
  std::string name, dtype, bytes;
  Shape shape;
};

struct ExpectedFile {
  std::string name;
  std::vector<ExpectedArray> arrays;
};

/// Those whose name ends with `suffix`, at least one.
inline std::vector<ExpectedFile> expected_files(const std::string& suffix) {
  std::vector<ExpectedFile> files;
  const nlohmann::json manifest = golden("io/files");
  for (const auto& [file, arrays] : manifest.items()) {
    if (!file.ends_with(suffix)) continue;
    files.push_back({file, {}});
    for (const auto& array : arrays) {
      const std::string hex = array.at("bytes");
      std::string bytes;
      for (std::size_t i = 0; i < hex.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
      }
      files.back().arrays.push_back(
          {array.at("name"), array.at("dtype"), bytes, golden_shape(array.at("shape"))});
    }
  }
  EXPECT_FALSE(files.empty()) << "no file is called *" << suffix;
  return files;
}

inline std::string row_major_bytes(const Tensor& x) {
  const Tensor rows = x.contiguous();
  const auto count = static_cast<std::size_t>(rows.numel()) * size_of(rows.dtype());
  return std::string(static_cast<const char*>(rows.raw_data()), count);
}

inline void expect_array(const Tensor& x, const ExpectedArray& expected) {
  ASSERT_TRUE(x.defined());
  EXPECT_EQ(name(x.dtype()), expected.dtype);
  EXPECT_EQ(x.shape(), expected.shape);
  EXPECT_EQ(row_major_bytes(x), expected.bytes);
  EXPECT_FALSE(x.weak());
}

inline void expect_arrays(const NamedTensors& tensors, const ExpectedFile& file) {
  ASSERT_EQ(tensors.size(), file.arrays.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    SCOPED_TRACE(file.name + ": " + file.arrays[i].name);
    EXPECT_EQ(tensors[i].first, file.arrays[i].name);
    expect_array(tensors[i].second, file.arrays[i]);
  }
}

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// What f() throws, or "" when it does not throw; fails for anything but an error of Gradus.
template <class F>
std::string error_text(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "no error of Gradus: " << error.what();
  }
  return "";
}

/// Every beginning of `bytes`, and `bytes` with each single bit flipped, is read or refused; a
/// beginning is always refused.
template <class Parse>
void expect_robust(const std::string& bytes, Parse&& parse) {
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    // On the heap, of exactly this size, so that sanitizers see a byte too far.
    const std::vector<char> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_NE(error_text([&] { parse(std::as_bytes(std::span(part))); }), "") << n << " bytes";
  }
  std::vector<char> changed(bytes.begin(), bytes.end());
  for (std::size_t i = 0; i < 8 * changed.size(); ++i) {
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ 1 << i % 8);
    error_text([&] { parse(std::as_bytes(std::span(changed))); });
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ 1 << i % 8);
  }
}

}  // namespace gradus::testing
