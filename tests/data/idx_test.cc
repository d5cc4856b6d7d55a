#include "data/idx.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "data/bytes.h"
#include "data/find.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"

namespace gradus::data {
namespace {

using testing::Environment;
using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::TemporaryFolder;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string idx(char type, const std::vector<std::uint32_t>& sizes, const std::string& elements) {
  std::string text{'\0', '\0', type, static_cast<char>(sizes.size())};
  for (const std::uint32_t size : sizes) text += big_endian(size);
  return text + elements;
}

TEST(ParseIdx, ReadsBytesIntegersAndRealNumbers) {
  expect_same_bits(parse_idx(bytes_of(idx(8, {2, 3}, {1, 2, 3, 4, 5, '\xFF'}))),
                   tensor({{1, 2, 3}, {4, 5, 255}}).to(kUInt8));
  expect_same_bits(parse_idx(bytes_of(idx(12, {2}, big_endian(7) + big_endian(0xFFFFFFFB)))),
                   tensor({7, -5}).to(kInt32));
  expect_same_bits(parse_idx(bytes_of(idx(13, {1}, big_endian(0x3FC00000)))), tensor({1.5F}));
  expect_same_bits(parse_idx(bytes_of(idx(14, {1}, big_endian(0xC0040000) + big_endian(0)))),
                   tensor({-2.5}).to(kFloat64));
  EXPECT_EQ(parse_idx(bytes_of(idx(8, {0, 28, 28}, ""))).shape(), (Shape{0, 28, 28}));
}

TEST(ParseIdx, SaysWhatIsWrong) {
  const auto expect = [](const std::string& bytes, const std::string& text) {
    expect_throws_text<IoError>([&] { parse_idx(bytes_of(bytes), "x"); }, "[idx] x: " + text);
  };
  expect("\x89PNG", "begins with 89 50 4e 47; expected 00 00, a type and the number of axes (IDX)");
  expect("", "begins with nothing; expected 00 00, a type and the number of axes (IDX)");
  expect(idx(11, {1}, "ab"),
         "type 0b (int16); expected 08 (uint8), 0c (int32), 0d (float32) or 0e (float64)");
  expect(idx(7, {1}, "a"),
         "type 07 (unknown); expected 08 (uint8), 0c (int32), 0d (float32) or 0e (float64)");
  expect(idx(8, {1, 1, 1, 1, 1, 1, 1, 1, 1}, "a"), "9 axes; expected at most 8");
  expect(std::string("\0\0\x08\x02\0\0\0\1", 8),
         "8 bytes; expected a header of 12; was it cut off?");
  expect(idx(8, {2, 3}, "abcde"), "5 bytes of elements; expected 6 for [2, 3]; was it cut off?");
  expect(idx(8, {2}, "abc"), "3 bytes of elements; expected 2 for [2]; the file is damaged");
  expect(idx(14, {0xFFFFFFFF, 0xFFFFFFFF}, "abc"),
         "sizes [4294967295, 4294967295]; expected less than 2^63 bytes of elements");
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Gunzip, ReadsMembersAndRefusesDamage) {
  std::string hello;
  for (int i = 0; i < 100000; ++i) hello += "hello " + std::to_string(i);
  const std::string whole = gzipped(hello), small = gzipped("one two three");
  EXPECT_EQ(gunzip("t", "x", whole), hello);
  EXPECT_EQ(gunzip("t", "x", small + whole), "one two three" + hello);
  const auto expect = [](const std::string& bytes, const std::string& text) {
    expect_throws_text<IoError>([&] { gunzip("t", "x", bytes, 1 << 21); }, "[t] x: " + text);
  };
  expect(small + "xx", "no gzip header; expected bytes 1f 8b; the file is damaged");
  expect(gzipped(std::string(1 << 22, 'a')),
         "more than 2097152 bytes come out of the compressed file; expected fewer");
  std::string damaged = small;
  damaged[damaged.size() - 6] ^= 1;
  expect(damaged,
         "the check sum of the compressed bytes is wrong; expected another; the file is damaged");
  damaged = small;
  damaged[10] ^= 0x07;
  expect(damaged, "the compressed bytes are malformed; expected gzip; the file is damaged");
  for (std::size_t n = 2; n < small.size(); ++n) {  // cut anywhere, it is noticed
    expect(small.substr(0, n),
           "the compressed bytes end too early; expected more; was it cut off?");
  }
}

class Mnist : public ::testing::Test {
 protected:
  // Two images of 28 x 28 with the labels 3 and 9, not compressed.
  void write(const std::string& labels = {3, 9}, std::uint32_t count = 2) {
    std::string pixels(2 * 28 * 28, '\0');
    pixels[0] = '\xFF';
    pixels[28 * 28 + 1] = 51;
    folder_.file("mnist/train-images-idx3-ubyte", idx(8, {2, 28, 28}, pixels));
    folder_.file("mnist/train-labels-idx1-ubyte", idx(8, {count}, labels));
  }
  std::string path(const std::string& name) { return (folder_ / ("mnist/" + name)).string(); }
  TemporaryFolder folder_;
};

TEST_F(Mnist, HasImagesFrom0To1AndLabels) {
  write();
  const TensorDataset set = mnist(Split::kTrain, folder_.path().string());
  EXPECT_EQ(set.features.shape(), (Shape{2, 1, 28, 28}));
  EXPECT_EQ(set.features.dtype(), kFloat32);
  EXPECT_EQ(set.features.flatten().to_vector()[0], 1.0);
  EXPECT_FLOAT_EQ(static_cast<float>(set.features.flatten().to_vector()[28 * 28 + 1]), 0.2F);
  expect_same_bits(set.targets, tensor({3, 9}).to(kInt64));
}

TEST_F(Mnist, SaysWhatDoesNotFit) {
  const std::string folder = folder_.path().string();
  expect_throws_text<IoError>([&] { mnist(Split::kTest, folder); },
                              "[mnist] --data: no t10k-images-idx3-ubyte.gz in '" + folder +
                                  "'; expected " + path("t10k-images-idx3-ubyte.gz") + " or " +
                                  folder +
                                  "/t10k-images-idx3-ubyte.gz; ./gradus data mnist downloads it");
  write({3}, 1);
  expect_throws_text<IoError>(
      [&] { mnist(Split::kTrain, folder); },
      "[mnist] " + path("train-labels-idx1-ubyte") + ": 1 labels; expected 2, one for each image");
  write({3, 12});
  expect_throws_text<IoError>(
      [&] { mnist(Split::kTrain, folder); },
      "[mnist] " + path("train-labels-idx1-ubyte") + ": label 12 at 1; expected 0..9");
  folder_.file("mnist/train-labels-idx1-ubyte", idx(8, {1, 2}, "ab"));
  expect_throws_text<IoError>(
      [&] { mnist(Split::kTrain, folder); },
      "[mnist] " + path("train-labels-idx1-ubyte") + ": uint8 [1, 2]; expected labels, uint8 [N]");
  write();
  folder_.file("mnist/train-images-idx3-ubyte", idx(8, {0, 28, 28}, ""));
  expect_throws_text<IoError>(
      [&] { mnist(Split::kTrain, folder); },
      "[mnist] " + path("train-images-idx3-ubyte") + ": 0 images; expected at least one");
}

TEST_F(Mnist, IsNamedWhenItIsNowhere) {
  const Environment data("GRADUS_DATA", std::nullopt), cache("XDG_CACHE_HOME", "/nonexistent"),
      workspace("BUILD_WORKSPACE_DIRECTORY", std::nullopt);
  if (std::filesystem::exists("../shared/data/mnist")) GTEST_SKIP() << "the data are beside it";
  expect_throws_text<IoError>(
      [] { mnist(Split::kTest); },
      "[mnist] t10k-images-idx3-ubyte.gz: not found; expected it in --data, $GRADUS_DATA, "
      "../shared/data or the download cache; ./gradus data mnist downloads it");
}

// The published files, where they are.
TEST(MnistFiles, HaveTheirPublishedSizesAndClasses) {
  if (find_data("mnist", {"t10k-images-idx3-ubyte.gz"}).empty()) {
    GTEST_SKIP() << "no MNIST files here; ./gradus data mnist downloads them";
  }
  const TensorDataset set = mnist(Split::kTest);
  EXPECT_EQ(set.features.shape(), (Shape{10000, 1, 28, 28}));
  std::vector<int> counts(10);
  for (const double label : set.targets.to_vector()) ++counts[static_cast<std::size_t>(label)];
  EXPECT_EQ(counts, (std::vector<int>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}));
  EXPECT_EQ(set.targets.to_vector()[0], 7);
}

TEST(ReadBytes, SaysWhatIsNoFile) {
  const TemporaryFolder folder;
  expect_throws_text<IoError>(
      [&] { load_idx(folder / "none"); },
      "[idx] " + (folder / "none").string() + ": no such file; expected a file");
  expect_throws_text<IoError>([&] { load_idx(folder.path()); },
                              "[idx] " + folder.path().string() + ": a folder; expected a file");
}

}  // namespace
}  // namespace gradus::data
