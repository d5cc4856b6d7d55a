#include "tensor/io/npy.h"

#include <sys/stat.h>

#include "tests/support/compare.h"
#include "tests/tensor/io/files.h"

namespace gradus::testing {
namespace {

TEST(Npy, ReadsWhatNumPyWrote) {
  for (const ExpectedFile& file : expected_files(".npy")) {
    SCOPED_TRACE(file.name);
    expect_array(load_npy(kFiles + file.name), file.arrays[0]);
    expect_array(load_npy(kFiles + file.name, Mapping::kCopyOnWrite), file.arrays[0]);
    expect_array(parse_npy(bytes_of(file_text(kFiles + file.name))), file.arrays[0]);
  }
}

TEST(Npy, WritesTheBytesOfNumPy) {
  const TemporaryFolder folder;
  int same = 0;
  for (const ExpectedFile& file : expected_files(".npy")) {
    // These have another byte order, or a version that NumPy writes only when asked.
    const bool canonical = file.name.find("big") == std::string::npos &&
                           file.name.find("version") == std::string::npos;
    SCOPED_TRACE(file.name);
    const Tensor x = load_npy(kFiles + file.name);
    save_npy(folder / "x.npy", x);
    if (canonical) {
      EXPECT_EQ(file_text(folder / "x.npy"), file_text(kFiles + file.name));
      ++same;
    }
    expect_array(load_npy(folder / "x.npy"), file.arrays[0]);
  }
  EXPECT_GE(same, 30);
}

TEST(Npy, OfColumnsIsAView) {
  const Tensor x = load_npy(kFiles + "float32_columns.npy");
  EXPECT_EQ(x.shape(), (Shape{2, 3}));
  EXPECT_EQ(x.strides(), (Strides{1, 2}));
  EXPECT_EQ(load_npy(kFiles + "rank3_columns.npy").strides(), (Strides{1, 2, 6}));
}

TEST(Npy, ViewsAreWrittenInTheirOwnOrder) {
  const TemporaryFolder folder;
  const Tensor x = arange(24, kInt32).reshape({2, 3, 4});
  for (const Tensor& view :
       {x.transpose(0, 2), x.transpose(0, 1), x.slice(1, {0, 3, 2}), x.slice(2, {None, None, -1}),
        x.select(1, 2), x.expand({2, 2, 3, 4}), x.slice(0, {1, 1})}) {
    save_npy(folder / "x.npy", view);
    const Tensor back = load_npy(folder / "x.npy");
    expect_same_bits(back.contiguous(), view.contiguous());
  }
}

TEST(Npy, HeadersInOtherSpellings) {
  const auto parse = [](const std::string& dictionary, std::size_t bytes) {
    std::string text = dictionary + "\n";
    std::string file = "\x93NUMPY";
    file += {'\1', '\0', static_cast<char>(text.size()), '\0'};
    return parse_npy(bytes_of(file + text + std::string(bytes, '\1')));
  };
  for (const std::string descr : {"<i4", "=i4", "|i4", "i4", ">i4", "int32"}) {
    const Tensor x =
        parse("{ \"shape\":(2 , ),'fortran_order' : True,\t'descr':\"" + descr + "\" }", 8);
    EXPECT_EQ(x.dtype(), kInt32) << descr;
    EXPECT_EQ(x.at({1}), 0x01010101) << descr;
  }
  EXPECT_EQ(parse("{'descr':'?','fortran_order':False,'shape':()}", 1).dtype(), kBool);
  EXPECT_EQ(parse("{'descr':'<f8','fortran_order':False,'shape':(2L, 1L),}", 16).shape(),
            (Shape{2, 1}));
}

TEST(Npy, MappedElementsAreChangedInMemoryAlone) {
  const TemporaryFolder folder;
  const Tensor x = arange(100000, kFloat32);
  save_npy(folder / "x.npy", x);
  Tensor mapped = load_npy(folder / "x.npy", Mapping::kCopyOnWrite);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(mapped.raw_data()) % 64, 0u);
  expect_same_bits(mapped, x);
  mapped.slice(0, {0, 5}).fill(-1);
  EXPECT_EQ(mapped.at({4}), -1);
  expect_same_bits(load_npy(folder / "x.npy"), x);

  // The file is replaced, not changed: who has mapped it keeps the old elements.
  save_npy(folder / "x.npy", ones({100000}));
  EXPECT_EQ(mapped.at({99999}), 99999);
  const Tensor view = mapped.slice(0, {10, 20});
  mapped = Tensor();
  EXPECT_EQ(view.at({9}), 19);
}

TEST(Npy, MappedElementsThatAreNotAlignedAreCopied) {
  const TemporaryFolder folder;
  std::string text = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}\n";
  std::string bytes = "\x93NUMPY";
  bytes += {'\1', '\0', static_cast<char>(text.size()), '\0'};
  bytes += text + std::string("\0\0\0\0\0\0\xF8\x3F", 8);
  ASSERT_NE((bytes.size() - 8) % 8, 0u);
  folder.file("x.npy", bytes);
  const Tensor x = load_npy(folder / "x.npy", Mapping::kCopyOnWrite);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(x.raw_data()) % 8, 0u);
  EXPECT_EQ(x.item(), 1.5);
}

TEST(Npy, APieceOfAFileIsReadOrRefused) {
  const auto parse = [](auto bytes) { parse_npy(bytes); };
  expect_robust(file_text(kFiles + "float32.npy"), parse);
  expect_robust(file_text(kFiles + "bool_columns.npy"), parse);
  expect_robust(file_text(kFiles + "version2.npy"), parse);
}

}  // namespace
}  // namespace gradus::testing
