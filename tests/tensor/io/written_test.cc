// Leaves the files of tests/golden/io, as Gradus writes them, in the folder $GRADUS_WRITTEN, where
// tests/golden/io/check_written.py reads them with NumPy and safetensors.
#include <cstdlib>

#include "tensor/io/npy.h"
#include "tensor/io/npz.h"
#include "tensor/io/safetensors.h"
#include "tests/tensor/io/files.h"

namespace gradus::testing {
namespace {

TEST(Written, FilesForOtherPrograms) {
  const TemporaryFolder here;
  const char* given = std::getenv("GRADUS_WRITTEN");
  const std::filesystem::path folder = given != nullptr ? given : here.path().string();
  int files = 0;
  for (const ExpectedFile& file : expected_files("")) {
    if (file.name.ends_with(".npy")) {
      save_npy(folder / file.name, load_npy(kFiles + file.name));
    } else if (file.name.ends_with(".npz")) {
      const NamedTensors tensors = load_npz(kFiles + file.name);
      save_npz(folder / file.name, tensors);
      save_npz(folder / ("packed_" + file.name), tensors, true);
    } else {
      const Safetensors all = load_safetensors(kFiles + file.name);
      save_safetensors(folder / file.name, all.tensors, all.metadata);
    }
    ++files;
  }
  EXPECT_GT(files, 40);
}

}  // namespace
}  // namespace gradus::testing
