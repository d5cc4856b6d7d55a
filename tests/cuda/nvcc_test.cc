// Kernel files compile with nvcc where a toolkit is present, without a warning, and the time of
// each is printed; none includes Eigen, cub or thrust. Runs nothing on a GPU. The written ones are
// compiled for sm_90. Of those generated from rules, which are alike, every sixteenth is compiled
// for sm_80, sm_90 and PTX, as --config=cuda does; all others go through nvcc as one file that is
// not optimised and ends as PTX, a tenth of the work. With GRADUS_NVCC=all in the environment of
// the test (--test_env) each is compiled as --config=cuda does.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace gradus::testing {
namespace {

namespace fs = std::filesystem;

// Where CUDA is usually installed comes last; what the variables say is never replaced.
std::string find_nvcc() {
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"}) {
    if (const char* home = std::getenv(variable)) return std::string(home) + "/bin/nvcc";
  }
  if (std::system("command -v nvcc > /dev/null 2>&1") == 0) return "nvcc";
  const fs::path usual = "/usr/local/cuda/bin/nvcc";
  return fs::exists(usual) ? usual.string() : "";
}

constexpr const char* kFolders[] = {"tensor/cuda", "optim/cuda"};

// With those that the build made from the rules.
std::vector<std::string> kernel_files() {
  std::vector<std::string> files;
  for (const char* folder : kFolders) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.path().string().ends_with(".cu.cc")) files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

struct Finished {
  int status;
  std::string output;
  double seconds;  // of processor time, which other programs do not change much
};
Finished run(const std::string& command) {
  const auto used = [] {
    rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  };
  const double before = used();
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  std::string text;
  std::array<char, 4096> buffer;
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    text.append(buffer.data(), n);
  }
  const int status = pclose(pipe);
  return {status, text, used() - before};
}

TEST(KernelFiles, CompileWithNvcc) {
  const std::string nvcc = find_nvcc();
  if (nvcc.empty()) GTEST_SKIP() << "SKIPPED: no CUDA toolkit, so nvcc has not seen the kernels";
  const TemporaryFolder folder;
  const char* which = std::getenv("GRADUS_NVCC");
  const bool all = which != nullptr && std::string(which) == "all";
  const std::string carried =
      "-gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=[sm_90,compute_90]";
  double total = 0;
  const auto compile = [&](const std::string& file, const std::string& how,
                           const std::string& called) {
    // A folder of its own, since nvcc names its temporary files after process and source.
    const std::string command = "TMPDIR=" + folder.path().string() + " " + nvcc +
                                " -x cu -std=c++20 --expt-relaxed-constexpr -fmad=false -I. "
                                "-Werror all-warnings -Xcompiler -Wall,-Wextra " +
                                how + " -c " + file + " -o " +
                                (folder.path() / "kernel.o").string();
    const Finished result = run(command);
    EXPECT_EQ(result.status, 0) << file << ":\n" << result.output;
    std::printf("%-45s %.1f s\n", called.c_str(), result.seconds);
    total += result.seconds;
  };
  int generated = 0, others = 0;
  std::string together;
  for (const std::string& file : kernel_files()) {
    if (file.find("/kernels/") != file.npos || file.find("/driver/") != file.npos) {
      compile(file, all ? carried : "-gencode arch=compute_90,code=sm_90", file);
    } else if (all || generated++ % 16 == 0) {
      compile(file, carried, file);
    } else {
      together += "#include \"" + file + "\"\n";
      ++others;
    }
  }
  if (others > 0) {
    const std::string file = (folder.path() / "together.cu.cc").string();
    std::ofstream(file) << together;
    compile(file, "-Xcicc -O0 -gencode arch=compute_90,code=compute_90",
            std::to_string(others) + " other generated files");
  }
  std::printf("%-45s %.1f s\n", "all", total);
}

TEST(KernelFiles, IncludeNothingHeavy) {
  static const std::regex kHeavy(R"re(#\s*include\s*[<"](eigen3|Eigen|cub|thrust)/)re");
  std::vector<std::string> files = kernel_files();
  EXPECT_GE(files.size(), 6u);
  for (const char* folder : kFolders) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.path().extension() == ".h") files.push_back(entry.path().string());
    }
  }
  for (const std::string& file : files) {
    std::ifstream in(file);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    EXPECT_FALSE(std::regex_search(text, kHeavy)) << file;
  }
}

}  // namespace
}  // namespace gradus::testing
