#include "tensor/io/npz.h"

#include "tests/support/compare.h"
#include "tests/tensor/io/files.h"

namespace gradus::testing {
namespace {

TEST(Npz, ReadsWhatNumPyWrote) {
  for (const ExpectedFile& file : expected_files(".npz")) {
    expect_arrays(load_npz(kFiles + file.name), file);
    expect_arrays(load_npz(kFiles + file.name, Mapping::kCopyOnWrite), file);
    expect_arrays(parse_npz(bytes_of(file_text(kFiles + file.name))), file);
  }
}

TEST(Npz, ReadsWhatItWrote) {
  const TemporaryFolder folder;
  for (const ExpectedFile& file : expected_files(".npz")) {
    const NamedTensors tensors = load_npz(kFiles + file.name);
    for (const bool compress : {false, true}) {
      save_npz(folder / "x.npz", tensors, compress);
      expect_arrays(load_npz(folder / "x.npz"), file);
      expect_arrays(load_npz(folder / "x.npz", Mapping::kCopyOnWrite), file);
    }
  }
}

TEST(Npz, ElementsOfNumPyAndOursKeepTheirColumns) {
  const NamedTensors tensors = load_npz(kFiles + "stored.npz");
  EXPECT_EQ(tensors[1].first, "columns");
  EXPECT_EQ(tensors[1].second.strides(), (Strides{1, 2}));
}

TEST(Npz, WithoutArraysHasTheBytesOfNumPy) {
  const TemporaryFolder folder;
  save_npz(folder / "x.npz", {});
  EXPECT_EQ(file_text(folder / "x.npz"), file_text(kFiles + "no_arrays.npz"));
}

TEST(Npz, NamesBeyondAsciiAreMarkedAsUtf8) {
  const TemporaryFolder folder;
  save_npz(folder / "x.npz", {{"a", ones({1})}, {"\u00fc", ones({1})}});
  const std::string bytes = file_text(folder / "x.npz");
  EXPECT_EQ(bytes.substr(6, 2), std::string("\0\0", 2));
  EXPECT_EQ(bytes.substr(bytes.find("PK\3\4", 4) + 6, 2), std::string("\0\x08", 2));
}

TEST(Npz, CompressionMakesItSmaller) {
  const TemporaryFolder folder;
  const NamedTensors entries = {{"zeros", zeros({300000})}};
  save_npz(folder / "stored.npz", entries);
  save_npz(folder / "packed.npz", entries, true);
  EXPECT_GT(std::filesystem::file_size(folder / "stored.npz"), 1200000u);
  EXPECT_LT(std::filesystem::file_size(folder / "packed.npz"), 5000u);
  expect_same_bits(load_npz(folder / "packed.npz")[0].second, entries[0].second);
}

TEST(Npz, LargeArraysPassThroughTheBuffers) {
  const TemporaryFolder folder;
  // Numbers that compress badly, so that many buffers are filled on both sides.
  Tensor x = arange(300000, kInt64);
  auto* values = x.data<std::int64_t>();
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    values[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(i) * 0x9E3779B97F4A7C15u);
  }
  save_npz(folder / "x.npz", {{"x", x}}, true);
  expect_same_bits(load_npz(folder / "x.npz")[0].second, x);
}

TEST(Npz, WhatIsStoredHereCanBeMapped) {
  const TemporaryFolder folder;
  for (const std::string name : {"x", "a longer name", ""}) {
    const Tensor x = arange(5000, kFloat64);
    save_npz(folder / "x.npz", {{"first", ones({3}, kUInt8)}, {name, x}});
    const Tensor mapped = load_npz(folder / "x.npz", Mapping::kCopyOnWrite)[1].second;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(mapped.raw_data()) % 64, 0u);
    mapped.fill(3);
    expect_same_bits(load_npz(folder / "x.npz")[1].second, x);
    // Only what is read has its check sum compared, which shows that this was mapped.
    std::string bytes = file_text(folder / "x.npz");
    bytes[bytes.size() - 1000] = static_cast<char>(bytes[bytes.size() - 1000] ^ 1);
    folder.file("damaged.npz", bytes);
    EXPECT_EQ(load_npz(folder / "damaged.npz", Mapping::kCopyOnWrite).size(), 2u);
    EXPECT_NE(error_text([&] { load_npz(folder / "damaged.npz"); }), "");
  }
}

TEST(Npz, APieceOfAFileIsReadOrRefused) {
  const auto parse = [](auto bytes) { parse_npz(bytes); };
  for (const char* name : {"stored.npz", "packed.npz", "zip64.npz", "piped.npz"}) {
    expect_robust(file_text(kFiles + name), parse);
  }
}

}  // namespace
}  // namespace gradus::testing
