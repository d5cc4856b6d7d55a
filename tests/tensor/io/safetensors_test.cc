#include "tensor/io/safetensors.h"

#include "tensor/io/npy.h"
#include "tests/support/compare.h"
#include "tests/tensor/io/files.h"

namespace gradus::testing {
namespace {

TEST(SafetensorsFile, ReadsWhatThePythonPackageWrote) {
  for (const ExpectedFile& file : expected_files(".safetensors")) {
    expect_arrays(load_safetensors(kFiles + file.name).tensors, file);
    expect_arrays(load_safetensors(kFiles + file.name, Mapping::kCopyOnWrite).tensors, file);
    expect_arrays(parse_safetensors(bytes_of(file_text(kFiles + file.name))).tensors, file);
  }
  EXPECT_EQ(load_safetensors(kFiles + "metadata.safetensors").metadata,
            (Metadata{{"format", "pt"}}));
}

TEST(SafetensorsFile, WritesTheBytesOfThePythonPackage) {
  const TemporaryFolder folder;
  for (const ExpectedFile& file : expected_files(".safetensors")) {
    Safetensors all = load_safetensors(kFiles + file.name);
    std::reverse(all.tensors.begin(), all.tensors.end());  // the order of entries does not count
    save_safetensors(folder / "x.safetensors", all.tensors, all.metadata);
    EXPECT_EQ(file_text(folder / "x.safetensors"), file_text(kFiles + file.name)) << file.name;
  }
}

TEST(SafetensorsFile, KeepsMetadataAndViews) {
  const TemporaryFolder folder;
  const Tensor x = arange(6, kInt32).reshape({2, 3});
  const Metadata metadata = {{"", ""}, {"a\n\"\\", "\x01\x7f ü"}, {"z", "1"}};
  save_safetensors(folder / "x.safetensors", {{"t", x.transpose()}, {"e", x.expand({2, 2, 3})}},
                   metadata);
  const Safetensors back = load_safetensors(folder / "x.safetensors");
  const Tensor there = x.to(kCudaEmulated);
  save_safetensors(folder / "y.safetensors",
                   {{"t", there.transpose()}, {"e", there.expand({2, 2, 3})}}, metadata);
  EXPECT_EQ(file_text(folder / "y.safetensors"), file_text(folder / "x.safetensors"));
  save_npy(folder / "x.npy", there);
  expect_same_bits(load_npy(folder / "x.npy"), x);
  EXPECT_EQ(back.metadata, metadata);
  EXPECT_EQ(back.tensors[0].first, "e");
  expect_same_bits(back.tensors[0].second, x.expand({2, 2, 3}).contiguous());
  expect_same_bits(back.tensors[1].second, x.transpose().contiguous());
}

TEST(SafetensorsFile, MappedElementsAreChangedInMemoryAlone) {
  const TemporaryFolder folder;
  save_safetensors(folder / "x.safetensors", {{"a", ones({5000})}, {"b", ones({3}, kUInt8)}});
  NamedTensors mapped = load_safetensors(folder / "x.safetensors", Mapping::kCopyOnWrite).tensors;
  EXPECT_FALSE(mapped[0].second.shares_storage_with(mapped[1].second));
  mapped[0].second.fill(7);
  const Tensor kept = mapped[0].second;
  mapped.clear();
  EXPECT_EQ(kept.at({4999}), 7);
  EXPECT_EQ(load_safetensors(folder / "x.safetensors").tensors[0].second.at({4999}), 1);
}

TEST(SafetensorsFile, APieceOfAFileIsReadOrRefused) {
  const auto parse = [](auto bytes) { parse_safetensors(bytes); };
  expect_robust(file_text(kFiles + "every_dtype.safetensors"), parse);
  expect_robust(file_text(kFiles + "metadata.safetensors"), parse);
}

}  // namespace
}  // namespace gradus::testing
