// What the reader and the writer of .npy refuse, with whole texts.
#include <sys/stat.h>

#include "tensor/io/npy.h"
#include "tests/support/compare.h"
#include "tests/tensor/io/files.h"

namespace gradus::testing {
namespace {

// A file of version 1.0 with this header and `count` bytes behind it.
std::string npy(const std::string& dictionary, std::size_t count = 0, char byte = '\0') {
  const std::string text = dictionary + "\n";
  std::string file = "\x93NUMPY";
  file += {'\1', '\0', static_cast<char>(text.size() & 0xFF), static_cast<char>(text.size() >> 8)};
  return file + text + std::string(count, byte);
}

std::string npy_of(const std::string& descr, const std::string& shape, std::size_t count = 0) {
  return npy("{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }", count);
}

template <class ErrorType = IoError>
void expect_refused(const std::string& bytes, const std::string& text) {
  expect_throws_text<ErrorType>([&] { parse_npy(bytes_of(bytes)); }, "[load_npy] bytes: " + text);
}

TEST(NpyErrors, NoSuchFormat) {
  expect_refused("", "no bytes; expected an array of NumPy");
  expect_refused("hello world",
                 "starts with 'hello '; expected '\\x93NUMPY', as an array of NumPy does");
  expect_refused("PK\3\4 and so on",
                 "starts with 'PK\\x03\\x04 a'; expected '\\x93NUMPY', as an array of NumPy does; "
                 "this is an archive, use load_npz");
  expect_refused("\x93NUM", "4 bytes; expected a header; was it cut off?");
  expect_refused(std::string("\x93NUMPY\2\0\1\0\0", 11),
                 "11 bytes; expected a header; was it cut off?");
  expect_refused(std::string("\x93NUMPY\4\0\1\0\0\0", 12),
                 "format version 4.0; expected 1.0, 2.0 or 3.0");
  expect_refused(std::string("\x93NUMPY\1\1\1\0\0\0", 12),
                 "format version 1.1; expected 1.0, 2.0 or 3.0");
  expect_refused(std::string("\x93NUMPY\1\0\x76\0{'descr'", 18),
                 "a header of 118 bytes, of which 8 are there; expected all; was it cut off?");
  expect_refused(std::string("\x93NUMPY\2\0\xFF\xFF\xFF\xFF{}", 14),
                 "a header of 4294967295 bytes, of which 2 are there; expected all; was it cut "
                 "off?");
  expect_refused(npy(std::string(10000, ' ')), "a header of 10001 bytes; expected at most 10000");
}

TEST(NpyErrors, MalformedHeaders) {
  const auto expect_at = [](const std::string& dictionary, int at, const std::string& expected) {
    const std::string shown = dictionary.substr(0, 60);
    // The newline that ends a header is seen only where the text is not cut.
    expect_refused(npy(dictionary), "the header '" + shown +
                                        (dictionary.size() < 60 ? "\\x0a" : "...") +
                                        "' is malformed at character " + std::to_string(at) +
                                        "; expected " + expected);
  };
  expect_at("", 1, "'{'");
  expect_at("[1]", 0, "'{'");
  expect_at("{descr: 1}", 1, "a string in quotes");
  expect_at("{'descr", 1, "a string without escapes");
  expect_at("{'descr': 'a\\'b'}", 10, "a string without escapes");
  expect_at("{'descr' '<f4'}", 9, "':'");
  expect_at("{'descr': 4}", 10, "a string in quotes");
  expect_at("{'descr': '<f4' 'shape': ()}", 16, "',' or '}'");
  expect_at("{'names': ()}", 1, "'descr', 'fortran_order' or 'shape'");
  expect_at("{'fortran_order': 1}", 18, "True or False");
  expect_at("{'shape': 3}", 10, "a tuple of sizes");
  expect_at("{'shape': (3)}", 12, "',' since (3) is no tuple in Python, and (3,) is");
  expect_at("{'shape': (3 4)}", 13, "',' or ')'");
  expect_at("{'shape': (,)}", 11, "a size");
  expect_at("{'shape': (-,)}", 11, "a size");
  expect_at("{'shape': (3, ", 15, "a size");
  expect_at("{'shape': (3.5,)}", 12, "',' or ')'");
  expect_at("{'shape': ()} ()", 14, "the end");
  expect_refused(npy("{'shape': ()}"),
                 "the header '{'shape': ()}\\x0a' lacks 'descr'; expected 'descr', 'fortran_order' "
                 "and 'shape'");
  expect_refused(npy("{'descr': '<f4'}"),
                 "the header '{'descr': '<f4'}\\x0a' lacks 'fortran_order'; expected 'descr', "
                 "'fortran_order' and 'shape'");
  expect_refused(npy("{'descr': '<f4', 'descr': '<f8'}"),
                 "the header has 'descr' twice; expected each key once");
  expect_refused(npy("{'shape': (), 'shape': ()}"),
                 "the header has 'shape' twice; expected each key once");
}

TEST(NpyErrors, SizesThatCannotBe) {
  expect_refused(npy_of("'<f4'", "(2, -1)"),
                 "the shape '(2, -1' has the size -1; expected 0..9223372036854775807");
  expect_refused(npy_of("'<f4'", "(9223372036854775808,)"),
                 "the shape '(9223372036854775808' has the size 9223372036854775808; expected "
                 "0..9223372036854775807");
  expect_refused(npy_of("'<f4'", "(4294967296, 4294967296)", 16),
                 "shape [4294967296, 4294967296] of float32 needs more than 2^63 bytes, and 16 "
                 "follow the header; expected as many; was it cut off?");
  expect_refused(npy_of("'<f8'", "(0, 4294967296, 4294967296)"),
                 "shape [0, 4294967296, 4294967296] of float64 needs more than 2^63 bytes, and 0 "
                 "follow the header; expected as many; was it cut off?");
  // 10 GB in a file of 100 bytes.
  expect_refused(npy_of("'|u1'", "(10000000000,)", 28),
                 "shape [10000000000] of uint8 needs 10000000000 bytes, and 28 follow the header; "
                 "expected as many; was it cut off?");
  expect_refused(npy_of("'<f4'", "(3,)", 13),
                 "shape [3] of float32 needs 12 bytes, and 13 follow the header; expected as many; "
                 "several arrays belong into an .npz");
  expect_refused<ShapeError>(
      npy_of("'<f4'", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", 4),
      "an array with 9 axes; expected at most 8; merge some in NumPy with reshape");
  expect_refused(npy("{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}", 3, '\2'),
                 "element 0 of a bool array is the byte 2; expected 0 or 1");
}

TEST(NpyErrors, TypesThatGradusLacks) {
  const std::string expected =
      "; expected bool, uint8, int32, int64, float16, float32 or float64; ";
  const auto expect_type = [&](const std::string& file, const std::string& type,
                               const std::string& advice) {
    const std::string path = kFiles + "refused_" + file + ".npy";
    expect_throws_text<DTypeError>(
        [&] { load_npy(path); },
        "[load_npy] " + path + ": elements of type " + type + expected + advice);
  };
  const std::string to_int = "convert it in NumPy, as with x.astype('int64')";
  expect_type("complex64", "'complex64' ('<c8')", "save x.real and x.imag on their own");
  expect_type("int8", "'int8' ('|i1')", to_int);
  expect_type("uint16", "'uint16' ('<u2')", to_int);
  expect_type("longdouble", "'float128' ('<f16')",
              "convert it in NumPy, as with x.astype('float64')");
  const std::string text = "save numbers, such as the positions of the words in a list";
  expect_type("text", "'text' ('<U2')", text);
  expect_type("octets", "'text' ('|S2')", text);
  expect_type("object", "'Python object' ('|O')",
              "objects are pickled, and reading them would run code; save plain numbers");
  expect_type("date", "'time' ('<M8[D]')", to_int);
  expect_type("void", "'raw bytes' ('|V2')",
              "save bfloat16 as .safetensors, and fields of records on their own");
  const std::string fields = kFiles + "refused_fields.npy";
  expect_throws_text<DTypeError>([&] { load_npy(fields); },
                                 "[load_npy] " + fields +
                                     ": elements with fields (a structured array)" + expected +
                                     "save each field on its own");
  expect_refused<DTypeError>(npy_of("'<q9'", "()"),
                             "elements of type 'unknown' ('<q9')" + expected +
                                 "convert it in NumPy, as with x.astype('float32')");
  const std::string nine = kFiles + "refused_rank9.npy";
  expect_throws_text<ShapeError>([&] { load_npy(nine); },
                                 "[load_npy] " + nine +
                                     ": an array with 9 axes; expected at most 8; merge some in "
                                     "NumPy with reshape");
}

TEST(NpyErrors, FilesThatCannotBeRead) {
  const TemporaryFolder folder;
  const auto expect_file = [&](const std::filesystem::path& path, const std::string& reason) {
    for (const Mapping mapping : {Mapping::kNone, Mapping::kCopyOnWrite}) {
      expect_throws_text<IoError>([&] { load_npy(path, mapping); },
                                  "[load_npy] " + path.string() + ": cannot be read: " + reason +
                                      "; expected a file that may be read");
    }
  };
  expect_file(folder / "none.npy", "No such file or directory");
  expect_file("", "No such file or directory");
  expect_file(folder.path(), "Is a directory");
  expect_file("/dev/zero", "it is a device or a pipe");
  const std::string pipe = (folder / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_file(pipe, "it is a device or a pipe");
  const std::filesystem::path empty = folder.file("empty.npy", "");
  for (const Mapping mapping : {Mapping::kNone, Mapping::kCopyOnWrite}) {
    expect_throws_text<IoError>(
        [&] { load_npy(empty, mapping); },
        "[load_npy] " + empty.string() + ": no bytes; expected an array of NumPy");
  }
}

TEST(NpyErrors, AFileWithoutPermission) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "x.npy";
  save_npy(path, ones({2}));
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  std::filesystem::permissions(path, std::filesystem::perms::none);
  const WithoutRights nobody;
  if (!nobody.works()) GTEST_SKIP() << "this user may read everything";
  expect_throws_text<IoError>([&] { load_npy(path); },
                              "[load_npy] " + path.string() +
                                  ": cannot be read: Permission denied; expected a file that may "
                                  "be read");
}

TEST(NpyErrors, FilesThatCannotBeWritten) {
  const TemporaryFolder folder;
  const std::string room = "; expected a place that has room and may be written to";
  expect_throws_text<IoError>(
      [] { save_npy("/dev/full", ones({2})); },
      "[save_npy] /dev/full: cannot be written: No space left on device" + room);
  expect_throws_text<IoError>(
      [&] { save_npy(folder.path(), ones({2})); },
      "[save_npy] " + folder.path().string() + ": cannot be written: Is a directory" + room);
  const std::filesystem::path old = folder.file("x.npy", "old");
  expect_throws_text<DTypeError>(
      [&] { save_npy(old, ones({2}, kBFloat16)); },
      "[save_npy] x: bfloat16, which .npy has no name for; expected bool, uint8, int32, int64, "
      "float16, float32 or float64; save it as .safetensors, or convert it with to(kFloat32)");
  expect_throws_text<Error>([&] { save_npy(old, Tensor()); },
                            "[save_npy] x: undefined tensor; expected one with elements; was it "
                            "default constructed?");
  EXPECT_EQ(file_text(old), "old");
  EXPECT_EQ(folder.entries(), 1);
}

}  // namespace
}  // namespace gradus::testing
