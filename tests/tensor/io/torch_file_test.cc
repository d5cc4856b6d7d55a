#include "tensor/io/torch_file.h"

#include <gtest/gtest.h>

#include <map>

#include "tensor/io/safetensors.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"

namespace gradus::testing {
namespace {

const std::string kFolder = "tests/golden/io/";

std::map<std::string, Tensor> by_name(const NamedTensors& tensors) {
  std::map<std::string, Tensor> all(tensors.begin(), tensors.end());
  EXPECT_EQ(all.size(), tensors.size());
  return all;
}

TEST(TorchFile, HasTheTensorsOfPyTorchUnderThePathsOfTheirDictionaries) {
  const auto got = by_name(load_torch(kFolder + "every_kind.pt"));
  const auto expected = by_name(load_safetensors(kFolder + "every_kind_pt.safetensors").tensors);
  EXPECT_EQ(got.size(), 19u);
  ASSERT_EQ(got.size(), expected.size());
  for (const auto& [name, x] : expected) {
    ASSERT_TRUE(got.contains(name)) << name;
    expect_same_bits(got.at(name), x, name);
  }
  EXPECT_EQ(got.at("model.transposed").strides(), (Strides{1, 6}));
  EXPECT_TRUE(got.at("model.part").shares_storage_with(got.at("more.deep.x")));
  EXPECT_EQ(load_torch(kFolder + "every_kind.pt").front().first, "model.bool");
}

TEST(TorchFile, MayHaveALaterProtocolAndBeBytes) {
  EXPECT_EQ(load_torch(kFolder + "protocol4.pt").at(0).second.to_vector(),
            (std::vector<double>{1, 1}));
  const std::string bytes = file_text(kFolder + "small.pt");
  EXPECT_EQ(parse_torch(std::as_bytes(std::span(bytes))).at(0).second.shape(), (Shape{2, 3}));
}

TEST(TorchFile, ThatIsRefusedSaysWhy) {
  struct Case {
    std::string file, text;
  };
  const std::string tensors = "expected tensors in dictionaries; save model.state_dict()";
  const std::vector<Case> cases = {
      {"refused_model", "the pickle asks for '__main__.Net'; " + tensors + " instead of the model"},
      {"refused_call", "the pickle asks for 'posix.system'; " + tensors + " instead of the model"},
      {"refused_list", "no dictionary; expected tensors in a dictionary; save model.state_dict()"},
      {"refused_legacy",
       "no directory of a zip archive at the end; expected a file of torch.save since PyTorch 1.6; "
       "was it cut off?"},
      {"refused_sizes",
       "a tensor of shape [2, 200] repeats its 6 elements; expected each once at most; save "
       "x.contiguous()"},
      {"refused_expanded",
       "a tensor of shape [1000] repeats its 1 elements; expected each once at most; save "
       "x.contiguous()"},
      {"refused_key", "no elements '9' in the archive; expected them"},
      {"refused_ring", "a tensor of the pickle is malformed; expected what torch.save writes"},
      {"refused_many",
       "dictionaries are in too many places; expected each in few; save model.state_dict()"},
      {"refused_opcode",
       "at byte 5 of the pickle: opcode '\\xff'; expected those of tensors in dictionaries; save "
       "model.state_dict()"},
      {"refused_strides",
       "a tensor of shape [2, 3] reaches beyond its 6 elements; expected it inside"},
      {"refused_end", "at byte 165 of the pickle: it ends too soon; was the file cut off?"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.file);
    const std::string path = kFolder + c.file + ".pt";
    expect_throws_text<IoError>([&] { load_torch(path); }, "[load_torch] " + path + ": " + c.text);
  }
  expect_throws_text<DTypeError>(
      [] { load_torch(kFolder + "refused_int8.pt"); },
      "[load_torch] tests/golden/io/refused_int8.pt: a tensor has a 'torch.CharStorage'; expected "
      "Bool, Byte, Int, Long, Half, BFloat16, Float or Double; convert it where it was made");
}

// Whatever is cut off or changed in a file is an error or a state, never a crash.
TEST(TorchFile, ThatIsDamagedIsRefused) {
  const std::string bytes = file_text(kFolder + "small.pt");
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_THROW(parse_torch(std::as_bytes(std::span(bytes.data(), size))), Error) << size;
  }
  int refused = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const char c : {'\0', 'R', '\x85', '\xff'}) {
      std::string changed = bytes;
      changed[i] = c;
      try {
        parse_torch(std::as_bytes(std::span(changed)));
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 1000);  // check sums find what is in an entry
}

}  // namespace
}  // namespace gradus::testing
