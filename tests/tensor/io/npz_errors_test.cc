// What the reader and the writer of .npz refuse, with whole texts. Hostile archives are good ones
// with some bytes changed.
#include "tensor/io/npz.h"
#include "tests/support/compare.h"
#include "tests/tensor/io/files.h"

namespace gradus::testing {
namespace {

constexpr const char* kDamaged = "; the file is damaged";
const std::string kLocal = "PK\3\4", kCentral = "PK\1\2";
const std::string kEnd("PK\5\6"), kEnd64("PK\6\6");

template <class ErrorType = IoError>
void expect_refused(const std::string& bytes, const std::string& text) {
  expect_throws_text<ErrorType>([&] { parse_npz(bytes_of(bytes)); }, "[load_npz] bytes" + text);
}

// Writes `value` with `count` bytes, `offset` bytes behind the i-th place where `record` is.
void put(std::string& bytes, const std::string& record, int i, std::size_t offset,
         std::uint64_t value, int count) {
  std::size_t at = bytes.find(record);
  while (i-- > 0) at = bytes.find(record, at + 1);
  ASSERT_NE(at, std::string::npos);
  for (int k = 0; k < count; ++k) bytes[at + offset + k] = static_cast<char>(value >> 8 * k);
}

// x: 6 float32 from 0; y: the same as float64. NumPy's layout: 32-bit sizes in the directory.
std::string stored() { return file_text(kFiles + "two.npz"); }
std::string packed() { return file_text(kFiles + "two_packed.npz"); }

TEST(NpzErrors, NoArchive) {
  const std::string text = ": no directory of a zip archive at the end; expected an .npz file; ";
  expect_refused("", text + "was it cut off?");
  expect_refused("PK\5\6 too short", text + "was it cut off?");
  expect_refused(std::string(100000, 'x'), text + "was it cut off?");
  expect_refused(stored().substr(0, 300), text + "was it cut off?");
  expect_refused(stored() + "x", text + "was it cut off?");
  expect_refused(file_text(kFiles + "float32.npy"), text + "this is a single array, use load_npy");
  const TemporaryFolder folder;
  expect_throws_text<IoError>([&] { load_npz(folder / "a.npz"); },
                              "[load_npz] " + (folder / "a.npz").string() +
                                  ": cannot be read: No such file or directory; expected a file "
                                  "that may be read");
}

TEST(NpzErrors, DirectoriesThatLie) {
  std::string bytes = stored();
  put(bytes, kEnd, 0, 10, 60000, 2);
  expect_refused(bytes,
                 ": a directory of 60000 entries and 102 bytes at 438; expected it to fit "
                 "before its end record at 540; the file is damaged");
  bytes = stored();
  put(bytes, kEnd, 0, 16, 0xFFFFFFF0, 4);
  expect_refused(bytes,
                 ": a directory of 2 entries and 102 bytes at 4294967280; expected it to "
                 "fit before its end record at 540; the file is damaged");
  bytes = stored();
  put(bytes, kEnd, 0, 12, 0xFFFFFFF0, 4);
  expect_refused(bytes,
                 ": a directory of 2 entries and 4294967280 bytes at 438; expected it to "
                 "fit before its end record at 540; the file is damaged");
  bytes = stored();
  put(bytes, kEnd, 0, 10, 1, 2);
  expect_refused(bytes,
                 ": the directory has 51 bytes more than its 1 entries; expected none; the "
                 "file is damaged");
  bytes = stored();
  put(bytes, kEnd, 0, 4, 1, 2);
  expect_refused(bytes, ": an archive in several parts; expected one file; join the parts");
  const std::string malformed =
      " of the directory is malformed; expected 2 entries; the file is damaged";
  bytes = stored();
  put(bytes, kCentral, 1, 0, 0, 1);
  expect_refused(bytes, ": entry 1" + malformed);
  bytes = stored();
  put(bytes, kCentral, 0, 28, 65000, 2);
  expect_refused(bytes, ": entry 0" + malformed);
  bytes = stored();
  put(bytes, kCentral, 0, 20, 0xFFFFFFFF, 4);  // a 64-bit size without the field for it
  expect_refused(bytes, ": entry 0" + malformed);

  std::string large = file_text(kFiles + "zip64.npz");
  const std::uint64_t size = large.size();
  put(large, "PK\6\7", 0, 8, UINT64_MAX - 3, 8);
  expect_refused(large, ": the 64-bit end record at 18446744073709551612 lies outside of the " +
                            std::to_string(size) + " bytes; expected it inside" + kDamaged);
  put(large, "PK\6\7", 0, 8, 5, 8);
  expect_refused(large, std::string(": no 64-bit end record at 5; expected one") + kDamaged);
}

TEST(NpzErrors, EntriesThatLie) {
  const auto expect_entry = [](std::string bytes, const std::string& text, const char* name = "y") {
    expect_refused(bytes, std::string(", entry '") + name + ".npy': " + text);
  };
  std::string bytes = stored();
  put(bytes, kCentral, 1, 42, 0xFFFFFF00, 4);
  expect_entry(bytes, std::string("lies outside of the file; expected its 176 bytes inside of "
                                  "562") +
                          kDamaged);
  bytes = stored();
  put(bytes, kCentral, 1, 20, 500, 4);
  put(bytes, kCentral, 1, 24, 500, 4);
  expect_entry(bytes, std::string("lies outside of the file; expected its 500 bytes inside of "
                                  "562") +
                          kDamaged);
  bytes = stored();
  put(bytes, kCentral, 1, 42, 0, 4);
  expect_entry(bytes, std::string("has no header of that name at 0; expected one") + kDamaged);
  bytes = stored();
  put(bytes, kCentral, 0, 20, 210, 4);
  put(bytes, kCentral, 0, 24, 210, 4);
  expect_entry(bytes, std::string("overlaps entry 'y.npy'; expected bytes of its own") + kDamaged,
               "x");
  bytes = stored();
  put(bytes, kCentral, 1, 20, 200, 4);
  put(bytes, kCentral, 1, 24, 200, 4);
  expect_entry(bytes, std::string("overlaps the directory; expected bytes of its own") + kDamaged);
  bytes = stored();
  put(bytes, kCentral, 1, 46, 'x', 1);
  put(bytes, kLocal, 1, 30, 'x', 1);
  expect_entry(bytes, "is there twice; expected each name once", "x");
  bytes = stored();
  put(bytes, kCentral, 1, 24, 10000000000 & 0xFFFFFFFF, 4);
  expect_entry(bytes, std::string("claims 1410065408 bytes; expected what its 176 bytes in the "
                                  "file can hold") +
                          kDamaged);
  bytes = stored();
  put(bytes, kCentral, 1, 8, 1, 2);
  expect_entry(bytes, "is encrypted; expected an archive without a password");
  bytes = stored();
  put(bytes, kCentral, 1, 10, 14, 2);
  expect_entry(bytes,
               "compression method 14; expected 0 (stored) or 8 (deflate), which NumPy "
               "writes");
}

TEST(NpzErrors, BytesThatAreDamaged) {
  std::string bytes = stored();
  const std::size_t at = bytes.find(kLocal, 4) - 1;  // in the last element of x
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  expect_refused(bytes,
                 ", entry 'x.npy': the check sum is 0x2a00e94f and that of the bytes "
                 "0x5d07d9d9; expected the same; the file is damaged");
  bytes = packed();
  put(bytes, kCentral, 0, 16, 1, 4);
  expect_refused(bytes,
                 ", entry 'x.npy': the check sum is 0x00000001 and that of the bytes "
                 "0x2a00e94f; expected the same; the file is damaged");
}

TEST(NpzErrors, CompressedBytesThatLie) {
  std::string bytes = packed();
  // A bomb: no 90 bytes of deflate can hold 100 MB.
  put(bytes, kCentral, 0, 24, 100000000, 4);
  EXPECT_EQ(error_text([&] { parse_npz(bytes_of(bytes)); }).substr(0, 60),
            "[load_npz] bytes, entry 'x.npy': claims 100000000 bytes; exp");
  const auto expect_x = [](const std::string& changed, const std::string& text) {
    expect_refused(changed, ", entry 'x.npy': " + text);
  };
  bytes = packed();
  put(bytes, kCentral, 0, 24, 153, 4);
  expect_x(bytes,
           "shape [2, 3] of float32 needs 24 bytes, and 25 follow the header; expected as "
           "many; several arrays belong into an .npz");
  bytes = packed();
  put(bytes, kLocal, 0, 55, 0xFF, 1);  // the first compressed byte: a block of no known kind
  expect_x(bytes,
           "the compressed bytes are malformed; expected a deflate stream; the file is "
           "damaged");
  bytes = packed();
  put(bytes, kCentral, 0, 20, 40, 4);
  expect_x(bytes, "the compressed bytes end too early; expected more; was it cut off?");
}

TEST(NpzErrors, CompressedBytesBehindTheEnd) {
  std::string bytes = packed();
  const std::size_t second = bytes.find(kLocal, 4);
  bytes.insert(second, "abc");
  std::uint64_t size = 0;
  for (int k = 3; k >= 0; --k) {
    size = size << 8 | static_cast<unsigned char>(bytes[bytes.find(kCentral) + 20 + k]);
  }
  put(bytes, kCentral, 0, 20, size + 3, 4);
  put(bytes, kCentral, 1, 42, second + 3, 4);
  put(bytes, kEnd, 0, 16, bytes.find(kCentral), 4);
  expect_refused(bytes,
                 ", entry 'x.npy': the compressed bytes go on behind the last element; expected "
                 "their end there; the file is damaged");
}

TEST(NpzErrors, MembersThatAreNoArrays) {
  const auto expect_file = [](const std::string& file, const std::string& text) {
    expect_throws_text<IoError>([&] { load_npz(kFiles + file); },
                                "[load_npz] " + kFiles + file + ", entry " + text);
  };
  expect_file("refused_member.npz",
              "'notes.txt': is no array; expected a name that ends with .npy");
  expect_file("refused_bzip2.npz",
              "'x.npy': compression method 12; expected 0 (stored) or 8 (deflate), which NumPy "
              "writes");
}

TEST(NpzErrors, WhatCannotBeSaved) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.file("x.npz", "old");
  const Tensor x = ones({2});
  expect_throws_text<ConfigError>(
      [&] {
        save_npz(path, {{"a", x}, {"b", x}, {"a", x}});
      },
      "[save_npz] entries: the name 'a' twice; expected each name "
      "once");
  expect_throws_text<ConfigError>(
      [&] {
        save_npz(path, {{std::string(65532, 'a'), x}});
      },
      "[save_npz] entries: the name '" + std::string(60, 'a') +
          "...' has 65532 bytes; expected at most 65531");
  expect_throws_text<DTypeError>(
      [&] {
        save_npz(path, {{"a", x}, {"b", ones({2}, kBFloat16)}});
      },
      "[save_npz] b: bfloat16, which .npy has no name for; expected bool, uint8, int32, int64, "
      "float16, float32 or float64; save it as .safetensors, or convert it with to(kFloat32)");
  expect_throws_text<Error>(
      [&] {
        save_npz(path, {{"a", Tensor()}});
      },
      "[save_npz] a: undefined tensor; expected one with elements; was it "
      "default constructed?");
  expect_throws_text<IoError>(
      [&] {
        save_npz("/dev/full", {{"a", x}});
      },
      "[save_npz] /dev/full: cannot be written: No space left on device; "
      "expected a place that has room and may be written to");
  EXPECT_EQ(file_text(path), "old");
  EXPECT_EQ(folder.entries(), 1);
}

}  // namespace
}  // namespace gradus::testing
