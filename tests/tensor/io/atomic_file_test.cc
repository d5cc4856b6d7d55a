#include "tensor/io/atomic_file.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "tensor/io/npy.h"
#include "tests/support/compare.h"
#include "tests/tensor/io/files.h"

namespace gradus::testing {
namespace {

// What is refused, links, devices, rights and a full disk: tests/train/text_file_test.cc, whose
// function writes through this one.

TEST(AtomicFile, PutsPiecesBehindEachOther) {
  const TemporaryFolder folder;
  const std::vector<std::string_view> pieces = {"ab", "", std::string_view("\0c", 2)};
  io::write_file_atomically("test", folder / "a", pieces);
  EXPECT_EQ(file_text(folder / "a"), std::string("ab\0c", 4));
  io::write_file_atomically("test", folder / "a", {});
  EXPECT_EQ(file_text(folder / "a"), "");
}

TEST(AtomicFile, NamesTheCaller) {
  expect_throws_text<IoError>([] { io::write_file_atomically("save_x", "", {}); },
                              "[save_x] : cannot be written: No such file or directory; expected a "
                              "place that has room and may be written to");
}

// A process that is killed at any moment leaves one of the files that it wrote, whole.
TEST(AtomicFile, AKilledWriterLeavesAWholeFile) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "x.npy";
  const std::vector<std::string> written = {std::string(3000000, 'a'), std::string(2000000, 'b')};
  const auto write = [&](const std::string& text) {
    const std::string_view piece = text;
    io::write_file_atomically("test", path, {&piece, 1});
  };
  write(written[0]);
  for (int round = 0; round < 20; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (std::size_t i = 0;; ++i) write(written[i % 2]);
    }
    ::usleep(static_cast<useconds_t>(1000 + 1700 * round));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const std::string text = file_text(path);
    EXPECT_TRUE(text == written[0] || text == written[1]) << text.size() << " bytes";
  }
}

}  // namespace
}  // namespace gradus::testing
