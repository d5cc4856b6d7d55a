// Every file of the corpus goes through its reader, so that what a fuzzer once found stays found.
// GRADUS_READER is the name of the fuzz target that this is compiled with.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/touch.h"

namespace {

TEST(Corpus, EveryFileIsReadOrRefused) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("fuzz/corpus/" GRADUS_READER)) {
    SCOPED_TRACE(entry.path().string());
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(stream), {});
    // A copy on the heap of exactly this size: --config=asan sees one byte too far.
    const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
    EXPECT_EQ(LLVMFuzzerTestOneInput(input.data(), input.size()), 0);
    ++files;
  }
  EXPECT_GT(files, 0);
}

}  // namespace
