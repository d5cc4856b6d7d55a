#include "train/text_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <thread>

#include "tensor/error.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"

namespace gradus::train {
namespace {

namespace fs = std::filesystem;
using testing::expect_throws_text;
using testing::file_text;
using testing::TemporaryFolder;

void expect_refused(const fs::path& file, const std::string& reason) {
  expect_throws_text<IoError>([&] { write_text_atomically(file, "new"); },
                              "[write] " + file.string() + ": cannot be written: " + reason +
                                  "; expected a place that has room and may be written to");
}

TEST(WriteText, KeepsEveryByteAndReplacesTheOldFile) {
  const TemporaryFolder folder;
  const std::string bytes("a\0\r\n\xFF", 5);
  write_text_atomically(folder / "a.bin", bytes);
  EXPECT_EQ(file_text(folder / "a.bin"), bytes);
  write_text_atomically(folder / "a.bin", "short");
  EXPECT_EQ(file_text(folder / "a.bin"), "short");
  write_text_atomically(folder / "a.bin", "");
  EXPECT_EQ(file_text(folder / "a.bin"), "");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(WriteText, MakesFoldersOnTheWay) {
  const TemporaryFolder folder;
  write_text_atomically(folder / "x/y/a.txt", "new");
  EXPECT_EQ(file_text(folder / "x/y/a.txt"), "new");
}

TEST(WriteText, TakesANameWithoutAFolderAndALongOne) {
  const TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  write_text_atomically("a.txt", "new");
  fs::current_path(before);
  EXPECT_EQ(file_text(folder / "a.txt"), "new");
  const std::string longest(255, 'n');
  write_text_atomically(folder / longest, "new");
  EXPECT_EQ(file_text(folder / longest), "new");
  expect_refused(folder / (longest + "n"), "File name too long");
  EXPECT_EQ(folder.entries(), 2);
}

TEST(WriteText, WritesThroughLinksAndIntoDevices) {
  const TemporaryFolder folder;
  folder.file("far/a.txt", "old");
  fs::create_symlink(folder / "far/a.txt", folder / "link");
  write_text_atomically(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(file_text(folder / "far/a.txt"), "new");

  write_text_atomically("/dev/null", "new");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));

  const std::string pipe = (folder / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string read;
  std::thread reader([&] { read = file_text(pipe); });
  write_text_atomically(pipe, "new");
  reader.join();
  EXPECT_EQ(read, "new");
  EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST(WriteText, SaysWhyAPlaceCannotBeWrittenTo) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "sub");
  expect_refused(folder / "sub", "Is a directory");
  expect_refused(folder / "sub/", "Is a directory");
  folder.file("plain", "old");
  expect_refused(folder / "plain/a.txt", "Not a directory");
  expect_refused("", "No such file or directory");
  expect_refused("/dev/full", "No space left on device");
  EXPECT_EQ(file_text(folder / "plain"), "old");
  EXPECT_EQ(folder.entries(), 2);
}

TEST(WriteText, WithoutPermissionNothingChanges) {
  const TemporaryFolder folder;
  folder.file("a.txt", "old");
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec |
                                     fs::perms::others_read | fs::perms::others_exec);
  {
    const testing::WithoutRights nobody;
    if (!nobody.works()) GTEST_SKIP() << "this user may write everywhere";
    expect_refused(folder / "a.txt", "Permission denied");
    expect_refused(folder / "sub/a.txt", "Permission denied");
  }
  fs::permissions(folder.path(), fs::perms::owner_all);
  EXPECT_EQ(file_text(folder / "a.txt"), "old");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(WriteText, AFailureHalfwayLeavesTheOldFileAndNothingElse) {
  const TemporaryFolder folder;
  folder.file("a.txt", "old");
  // No file may grow beyond 4096 bytes, as if the disk were full there.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 4096;
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string text;
  try {
    write_text_atomically(folder / "a.txt", std::string(100000, 'x'));
  } catch (const IoError& error) {
    text = error.what();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);
  EXPECT_EQ(text, "[write] " + (folder / "a.txt").string() +
                      ": cannot be written: File too large; expected a place that has room and "
                      "may be written to");
  EXPECT_EQ(file_text(folder / "a.txt"), "old");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(WriteText, WritersOfOneFileDoNotMix) {
  const TemporaryFolder folder;
  std::vector<std::thread> writers;
  for (char c = 'a'; c < 'e'; ++c) {
    writers.emplace_back([&folder, c] {
      for (int i = 0; i < 20; ++i) {
        write_text_atomically(folder / "a.txt", std::string(200000, c));
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  const std::string text = file_text(folder / "a.txt");
  EXPECT_EQ(text.size(), 200000u);
  EXPECT_EQ(text.find_first_not_of(text.substr(0, 1)), std::string::npos);
  EXPECT_EQ(folder.entries(), 1);
}

}  // namespace
}  // namespace gradus::train
