// ./gradus data NAME: downloads, goes on where it was cut off, and keeps nothing that is wrong. The
// addresses here are files.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cctype>
#include <cstdlib>
#include <sstream>

#include "tests/support/temporary_folder.h"

namespace gradus::testing {
namespace {

namespace fs = std::filesystem;

class DataCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v curl sha256sum > /dev/null") != 0) {
      GTEST_SKIP() << "SKIPPED: curl is not installed; ./gradus setup installs it";
    }
    folder_.file("gradus", file_text("gradus"));
  }

  // Offers these bytes as the set `toy`, whose right bytes are others.
  void offer(const std::string& bytes, const std::string& right) {
    const fs::path offered = folder_.file("offered", bytes);
    const std::string sum = folder_ / "sum", file = folder_.file("right", right);
    ASSERT_EQ(std::system(("sha256sum '" + file + "' > '" + sum + "'").c_str()), 0);
    folder_.file("data/sources.txt", "# name, file, SHA-256, address\ntoy a.bin " +
                                         file_text(sum).substr(0, 64) + " file://" +
                                         offered.string() + "\n");
  }

  int data(const std::string& arguments) {
    const std::string in = folder_.path();
    const int status = std::system(("XDG_CACHE_HOME='" + in + "/cache' bash '" + in +
                                    "/gradus' data " + arguments + " > '" + in + "/out' 2>&1")
                                       .c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  bool said(const std::string& text) {
    return file_text(folder_ / "out").find(text) != std::string::npos;
  }

  TemporaryFolder folder_;
  const fs::path kept_ = folder_ / "cache/gradus/toy/a.bin";
};

TEST_F(DataCommand, FetchesOnce) {
  offer("some bytes", "some bytes");
  EXPECT_EQ(data("toy"), 0);
  EXPECT_EQ(file_text(kept_), "some bytes");
  fs::remove(folder_ / "offered");
  EXPECT_EQ(data("toy"), 0);
  EXPECT_TRUE(said("is there, and its checksum is right"));
  EXPECT_EQ(data("tory"), 1);
  EXPECT_TRUE(said("no data set is called 'tory'; ./gradus data lists them"));
}

TEST_F(DataCommand, GoesOnWhereItWasCutOff) {
  offer("XXXX bytes", "some bytes");  // only who asks for the rest gets the right file
  folder_.file("cache/gradus/toy/a.bin.part", "some");
  EXPECT_EQ(data("toy"), 0) << file_text(folder_ / "out");
  EXPECT_EQ(file_text(kept_), "some bytes");
}

TEST_F(DataCommand, KeepsNothingThatIsWrong) {
  offer("other bytes", "some bytes");
  EXPECT_EQ(data("toy"), 1);
  EXPECT_TRUE(said("does not give the file we know")) << file_text(folder_ / "out");
  EXPECT_TRUE(fs::is_empty(kept_.parent_path()));
  fs::remove(folder_ / "offered");
  EXPECT_EQ(data("toy"), 1);
  EXPECT_TRUE(said("If you have the file (SHA-256 ")) << file_text(folder_ / "out");
}

TEST(DataSources, HaveAFileAChecksumAndAnAddress) {
  std::istringstream lines(file_text("data/sources.txt"));
  int found = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string name, file, sum, address, more;
    words >> name >> file >> sum >> address;
    EXPECT_FALSE(words >> more) << line;
    EXPECT_EQ(sum.size(), 64u) << line;
    for (const char c : sum) EXPECT_TRUE(std::isxdigit(static_cast<unsigned char>(c))) << line;
    EXPECT_EQ(address.find("http"), 0u) << line;
    ++found;
  }
  EXPECT_GE(found, 11);
}

}  // namespace
}  // namespace gradus::testing
