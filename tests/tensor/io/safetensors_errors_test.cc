// What the reader and the writer of .safetensors refuse, with whole texts.
#include "tensor/io/safetensors.h"
#include "tests/support/compare.h"
#include "tests/tensor/io/files.h"

namespace gradus::testing {
namespace {

std::string file_of(const std::string& header, std::size_t bytes = 0, char byte = '\0') {
  std::string length;
  for (int i = 0; i < 8; ++i) length += static_cast<char>(header.size() >> 8 * i);
  return length + header + std::string(bytes, byte);
}

std::string tensor_of(const std::string& dtype, const std::string& shape,
                      const std::string& offsets) {
  return "{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

template <class ErrorType = IoError>
void expect_refused(const std::string& bytes, const std::string& text) {
  expect_throws_text<ErrorType>([&] { parse_safetensors(bytes_of(bytes)); },
                                "[load_safetensors] bytes: " + text);
}

TEST(SafetensorsErrors, HeadersThatAreNotThere) {
  expect_refused("", "0 bytes; expected at least 8, the length of a header; was the file cut off?");
  expect_refused("1234567",
                 "7 bytes; expected at least 8, the length of a header; was the file cut off?");
  expect_refused(std::string("\x10\0\0\0\0\0\0\0{}", 10),
                 "a header of 16 bytes; expected at most 2, which follow; was the file cut off?");
  expect_refused(std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}", 10),
                 "a header of 18446744073709551615 bytes; expected at most 100000000; is this a "
                 ".safetensors file?");
  expect_refused(std::string("\0\xE1\xF5\5\0\0\0\0{}", 10),
                 "a header of 100000000 bytes; expected at most 2, which follow; was the file cut "
                 "off?");
  expect_refused(std::string("\1\xE1\xF5\5\0\0\0\0{}", 10),
                 "a header of 100000001 bytes; expected at most 100000000; is this a .safetensors "
                 "file?");
  expect_refused(file_of(""),
                 "the header starts with ''; expected '{'; is this a .safetensors "
                 "file?");
  expect_refused(file_of(" {}"),
                 "the header starts with ' '; expected '{'; is this a .safetensors file?");
}

TEST(SafetensorsErrors, AHeaderThatIsThereAndTooLong) {
  const TemporaryFolder folder;
  const std::filesystem::path path =
      folder.file("x.safetensors", std::string("\1\xE1\xF5\5\0\0\0\0{}", 10));
  std::filesystem::resize_file(path, 8 + 100000001);  // a hole takes no room
  expect_throws_text<IoError>([&] { load_safetensors(path); },
                              "[load_safetensors] " + path.string() +
                                  ": a header of 100000001 bytes; expected at most 100000000; is "
                                  "this a .safetensors file?");
}

TEST(SafetensorsErrors, HeadersThatAreNoJson) {
  const auto expect_at = [](const std::string& header, int at) {
    expect_refused(file_of(header), "the header is no JSON at character " + std::to_string(at) +
                                        "; expected an object with an entry for each tensor");
  };
  expect_at("{", 2);
  expect_at("{}x", 3);
  expect_at("{\"a\":{\"dtype\"", 14);
  expect_at("{\"\xFF\":{}}", 3);
  expect_at("{'a':1}", 2);
  expect_at("{\"a\":{\"shape\":[1e999]}}", 20);
}

TEST(SafetensorsErrors, HeadersOfAnotherForm) {
  const std::string in_a = " in tensor 'a'; expected ";
  const std::string list = "a list of whole numbers from 0 to 2^64 - 1 for ";
  expect_refused(file_of("{\"a\":1}"), "the header has the number 1" + in_a + "an object");
  expect_refused(file_of("{\"a\":null}"), "the header has null" + in_a + "an object");
  expect_refused(file_of("{\"a\":[[[[[[" + std::string(100000, '[')),
                 "the header has a list" + in_a + "an object");
  expect_refused(file_of("{\"a\":{\"dtype\":{}}}"),
                 "the header has an object" + in_a + "a text for 'dtype'");
  expect_refused(file_of("{\"a\":{\"dtype\":true}}"),
                 "the header has true" + in_a + "a text for 'dtype'");
  expect_refused(file_of("{\"a\":{\"shape\":\"x\"}}"),
                 "the header has the text 'x'" + in_a + list + "'shape'");
  expect_refused(file_of("{\"a\":{\"shape\":[-1]}}"),
                 "the header has the number -1" + in_a + list + "'shape'");
  expect_refused(file_of("{\"a\":{\"shape\":[1.5]}}"),
                 "the header has the number '1.5'" + in_a + list + "'shape'");
  expect_refused(file_of("{\"a\":{\"shape\":[18446744073709551616]}}"),
                 "the header has the number '18446744073709551616'" + in_a + list + "'shape'");
  expect_refused(file_of("{\"a\":{\"shape\":[[1]]}}"),
                 "the header has a list" + in_a + list + "'shape'");
  const std::string three = "dtype, shape and data_offsets";
  expect_refused(file_of("{\"a\":{\"size\":1}}"), "the header has the key 'size'" + in_a + three);
  expect_refused(file_of("{\"a\":{}}"), "the header lacks dtype" + in_a + three);
  expect_refused(file_of("{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}"),
                 "the header lacks data_offsets" + in_a + three);
  expect_refused(file_of("{\"a\":" + tensor_of("F32", "[1]", "[0,4,8]") + "}", 4),
                 "the header has 3 data_offsets" + in_a + "2, begin and end");
  expect_refused(file_of("{\"__metadata__\":{\"a\":1}}"),
                 "the header has the number 1 in __metadata__; expected a text for 'a'");
  expect_refused(file_of("{\"__metadata__\":null}"),
                 "the header has null in __metadata__; expected an object");
}

TEST(SafetensorsErrors, NamesThatAreThereTwice) {
  const std::string f4 = tensor_of("F32", "[1]", "[0,4]");
  expect_refused(file_of("{\"a\":" + f4 + ",\"a\":" + f4 + "}", 4),
                 "the header has 'a' twice; expected each name once");
  expect_refused(file_of("{\"__metadata__\":{},\"__metadata__\":{}}"),
                 "the header has '__metadata__' twice; expected each name once");
  expect_refused(file_of("{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}"),
                 "the header has 'k' twice in __metadata__; expected each name once");
  expect_refused(file_of("{\"a\":{\"shape\":[],\"shape\":[]}}"),
                 "the header has 'shape' twice in tensor 'a'; expected each name once");
}

TEST(SafetensorsErrors, TensorsThatLie) {
  const auto refuse = [](const std::string& header, std::size_t bytes, const std::string& text) {
    expect_refused(file_of("{" + header + "}", bytes), text);
  };
  refuse("\"a\":" + tensor_of("F32", "[10000000000]", "[0,4]"), 4,
         "tensor 'a' of shape [10000000000] and F32 needs 40000000000 bytes, and its data_offsets "
         "are [0, 4]; expected as many between them");
  refuse("\"a\":" + tensor_of("F32", "[4294967296,4294967296]", "[0,0]"), 0,
         "tensor 'a' of shape [4294967296, 4294967296] and F32 needs more than 2^63 bytes, and its "
         "data_offsets are [0, 0]; expected as many between them");
  refuse("\"a\":" + tensor_of("U8", "[18446744073709551615]", "[0,18446744073709551615]"), 0,
         "tensor 'a' of shape [18446744073709551615] and U8 needs more than 2^63 bytes, and its "
         "data_offsets are [0, 18446744073709551615]; expected as many between them");
  refuse("\"a\":" + tensor_of("U8", "[2]", "[4,2]"), 4,
         "tensor 'a' of shape [2] and U8 needs 2 bytes, and its data_offsets are [4, 2]; expected "
         "as many between them");
  refuse("\"a\":" + tensor_of("U8", "[10000000000]", "[0,10000000000]"), 20,
         "tensor 'a' has the data_offsets [0, 10000000000], and 20 bytes follow the header; "
         "expected offsets inside; was the file cut off?");
  const std::string a = "\"a\":" + tensor_of("U8", "[4]", "[0,4]") + ",";
  refuse(a + "\"b\":" + tensor_of("U8", "[4]", "[2,6]"), 6,
         "tensor 'b' has the data_offsets [2, 6], which overlap others; expected a begin of 4");
  refuse(a + "\"b\":" + tensor_of("U8", "[4]", "[0,4]"), 4,
         "tensor 'b' has the data_offsets [0, 4], which overlap others; expected a begin of 4");
  refuse(a + "\"b\":" + tensor_of("U8", "[1]", "[5,6]"), 6,
         "tensor 'b' has the data_offsets [5, 6], which leave a hole; expected a begin of 4");
  refuse(a + "\"b\":" + tensor_of("U8", "[1]", "[4,5]"), 6,
         "the tensors end at 5, and 6 bytes follow the header; expected as many");
  refuse("", 1, "the tensors end at 0, and 1 bytes follow the header; expected as many");
  expect_refused<ShapeError>(
      file_of("{\"a\":" + tensor_of("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]") + "}", 1),
      "tensor 'a' has 9 axes; expected at most 8; merge some where it was made");
  expect_throws_text<IoError>(
      [&] {
        parse_safetensors(
            bytes_of(file_of("{\"a\":" + tensor_of("BOOL", "[1]", "[0,1]") + "}", 1, '\3')));
      },
      "[load_safetensors] bytes, tensor 'a': element 0 of a bool array is the byte 3; expected 0 "
      "or 1");
}

TEST(SafetensorsErrors, TypesThatGradusLacks) {
  for (const auto& [file, type] : {std::pair("int8", "I8"), std::pair("f8", "F8_E4M3")}) {
    const std::string path = kFiles + "refused_" + file + ".safetensors";
    expect_throws_text<DTypeError>([&] { load_safetensors(path); },
                                   "[load_safetensors] " + path + ": tensor 'w' is '" + type +
                                       "'; expected BOOL, U8, I32, I64, F16, BF16, F32 or F64; "
                                       "convert it where it was made");
  }
}

TEST(SafetensorsErrors, WhatCannotBeSaved) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.file("x.safetensors", "old");
  const Tensor x = ones({2});
  const auto expect_config = [&](const NamedTensors& entries, const Metadata& metadata,
                                 const std::string& text) {
    expect_throws_text<ConfigError>([&] { save_safetensors(path, entries, metadata); },
                                    "[save_safetensors] " + text);
  };
  expect_config({{"a", x}, {"a", x}}, {}, "entries: the name 'a' twice; expected each name once");
  expect_config({{"__metadata__", x}}, {},
                "entries: the name '__metadata__' has a meaning in the format; expected another; "
                "texts belong into the argument metadata");
  expect_config({{"a\xFF", x}}, {}, "entries: 'a\\xff' is no UTF-8; expected text in UTF-8");
  expect_config({}, {{"k", "\xC3"}}, "metadata: '\\xc3' is no UTF-8; expected text in UTF-8");
  expect_throws_text<Error>(
      [&] {
        save_safetensors(path, {{"a", Tensor()}});
      },
      "[save_safetensors] a: undefined tensor; expected one with elements; "
      "was it default constructed?");
  expect_throws_text<IoError>(
      [&] {
        save_safetensors("/dev/full", {{"a", x}});
      },
      "[save_safetensors] /dev/full: cannot be written: No space left on "
      "device; expected a place that has room and may be written to");
  EXPECT_EQ(file_text(path), "old");
  EXPECT_EQ(folder.entries(), 1);
}

}  // namespace
}  // namespace gradus::testing
