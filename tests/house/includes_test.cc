// Dependencies point down, and the library neither prints nor ends the program: both are read
// from the source text, so that a wrong line is named before it grows roots.
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <string>
#include <vector>

#include "tests/house/source_files.h"

namespace gradus::house {
namespace {

// What each library may include; everything else in the repository is above it.
const std::map<std::string, std::vector<std::string>> kMayInclude = {
    {"tensor", {"tensor"}},
    {"autograd", {"tensor", "autograd"}},
    {"nn", {"tensor", "autograd", "nn"}},
    {"optim", {"tensor", "autograd", "optim"}},
    {"data", {"tensor", "data"}},
    {"train", {"tensor", "autograd", "nn", "optim", "data", "train"}},
};

const std::vector<std::string> kDevices = {"tensor/cpu/", "tensor/cuda/", "tensor/simt/"};
const std::vector<std::string> kCudaHeaders = {
    "cuda", "cub/", "cublas", "cudnn", "curand", "cooperative_groups", "mma.h", "nccl", "nvrtc"};

// One line for each include that breaks a rule.
std::vector<std::string> bad_includes(const SourceFile& file) {
  static const std::regex kInclude(R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"])re");
  const std::string library = file.path.substr(0, file.path.find('/'));
  const bool is_public = file.path.ends_with(".h") && !starts_with_any(file.path, kDevices);
  // Comments are cut from `code`, quoted names too: it only says whether the line is real.
  const std::vector<std::string> lines = lines_of(file.text);
  const std::vector<std::string> code = lines_of(code_only(file.text));
  std::vector<std::string> bad;
  for (size_t i = 0; i < lines.size(); ++i) {
    std::smatch match;
    if (i >= code.size() || code[i].find('#') == std::string::npos ||
        !std::regex_search(lines[i], match, kInclude)) {
      continue;
    }
    const bool quoted = match[1] == "\"";
    const std::string name = match[2];
    const auto complain = [&](const std::string& rule) {
      bad.push_back(file.path + ":" + std::to_string(i + 1) + ": " + name + ": " + rule);
    };
    if (quoted) {
      const size_t slash = name.find('/');
      const auto& allowed = kMayInclude.at(library);
      if (slash == std::string::npos || name.starts_with(".")) {
        complain("name a header of Gradus from the root of the repository");
      } else if (std::find(allowed.begin(), allowed.end(), name.substr(0, slash)) ==
                 allowed.end()) {
        complain("is not below " + library);
      }
      continue;
    }
    if (kMayInclude.contains(name.substr(0, name.find('/')))) {
      complain("headers of Gradus are included with quotes");
    }
    if (starts_with_any(name, {"eigen3/", "Eigen/", "unsupported/Eigen"})) {
      if (is_public) complain("a public header must not show Eigen");
      if (!starts_with_any(file.path, {"tensor/cpu/", "tensor/simt/"})) {
        complain("only tensor/cpu and tensor/simt see Eigen");
      }
    }
    if (starts_with_any(name, kCudaHeaders) && !file.path.starts_with("tensor/cuda/")) {
      complain("only tensor/cuda sees CUDA");
    }
    if (name.starts_with("fmt/") && is_public) complain("a public header must not show fmt");
  }
  return bad;
}

// One line for each call that prints or ends the program.
std::vector<std::string> bad_calls(const SourceFile& file) {
  // A member of the same name (x.exit()) is no such call.
  static const std::regex kCall(
      R"re((^|[^\w.>])((std::)?(printf|fprintf|puts|putchar|perror|abort|exit|_exit|_Exit|)re"
      R"re(quick_exit|terminate)\s*\(|std::(cout|cerr|clog)\b))re");
  std::vector<std::string> bad;
  const std::vector<std::string> code = lines_of(code_only(file.text));
  for (size_t i = 0; i < code.size(); ++i) {
    std::smatch match;
    if (!std::regex_search(code[i], match, kCall)) continue;
    bad.push_back(file.path + ":" + std::to_string(i + 1) + ": " + match[2].str() +
                  ": the library throws typed errors; it never prints and never exits");
  }
  return bad;
}

TEST(Includes, PointDownInEveryLibrary) {
  size_t files = 0;
  for (const auto& [library, allowed] : kMayInclude) {
    for (const SourceFile& file : files_below(library)) {
      ++files;
      for (const std::string& line : bad_includes(file)) ADD_FAILURE() << line;
    }
  }
  EXPECT_GT(files, 0u) << "no source was found, so nothing was checked";
}

TEST(Calls, TheLibraryNeitherPrintsNorExits) {
  for (const auto& [library, allowed] : kMayInclude) {
    for (const SourceFile& file : files_below(library)) {
      for (const std::string& line : bad_calls(file)) ADD_FAILURE() << line;
    }
  }
}

TEST(Includes, PlantedBadLinesAreFound) {
  const std::vector<SourceFile> planted = {
      {"tensor/a.cc", "#include \"autograd/variable.h\"\n"},
      {"autograd/a.cc", "#include \"nn/module.h\"\n"},
      {"nn/a.h", "#include \"optim/adam.h\"\n"},
      {"optim/a.h", "#include \"nn/module.h\"\n"},
      {"data/a.cc", "#include \"autograd/variable.h\"\n"},
      {"train/a.cc", "#include \"tests/support/every_device.h\"\n"},
      {"train/a.cc", "#include \"examples/support/plot.h\"\n"},
      {"nn/a.cc", "#include \"module.h\"\n"},
      {"nn/a.cc", "#include \"../tensor/tensor.h\"\n"},
      {"nn/a.cc", "#include <tensor/tensor.h>\n"},
      {"nn/a.cc", "  #  include <eigen3/Eigen/Core>\n"},
      {"tensor/a.cc", "#include <Eigen/Core>\n"},
      {"tensor/cuda/a.cc", "#include <eigen3/Eigen/Core>\n"},
      {"tensor/cpu/a.cc", "#include <cuda_runtime.h>\n"},
      {"tensor/a.h", "#include <cublas_v2.h>\n"},
      {"data/a.h", "#include <fmt/format.h>\n"},
  };
  for (const SourceFile& file : planted) {
    EXPECT_EQ(bad_includes(file).size(), 1u) << file.path << ": " << file.text;
  }
  EXPECT_EQ(bad_includes({"tensor/a.h", "\n#include <eigen3/Eigen/Core>\n"}),
            (std::vector<std::string>{
                "tensor/a.h:2: eigen3/Eigen/Core: a public header must not show Eigen",
                "tensor/a.h:2: eigen3/Eigen/Core: only tensor/cpu and tensor/simt see Eigen"}));
}

TEST(Includes, GoodLinesPass) {
  const std::vector<SourceFile> good = {
      {"tensor/cpu/a.cc", "#include <eigen3/Eigen/Core>\n#include \"tensor/shape.h\"\n"},
      {"tensor/cpu/a.h", "#include <eigen3/Eigen/Core>\n"},
      {"tensor/simt/a.cc", "#include <eigen3/Eigen/Core>\n#include \"tensor/cuda/add.h\"\n"},
      {"tensor/cuda/a.cu.cc", "#include <cuda_runtime.h>\n"},
      {"train/a.cc", "#include <vector>\n#include \"nn/a.h\"\n#include \"optim/a.h\"\n"},
      {"nn/a.cc", "#include <fmt/format.h>\n// #include \"optim/adam.h\"\n"},
      {"nn/a.cc", "/* as in\n#include \"optim/adam.h\"\n*/\n"},
  };
  for (const SourceFile& file : good) {
    EXPECT_EQ(bad_includes(file), std::vector<std::string>{}) << file.path << ": " << file.text;
  }
}

TEST(Calls, PlantedBadLinesAreFound) {
  for (const std::string line :
       {"printf(\"x\");", "std::printf(\"x\");", "if (a) fprintf(stderr, \"x\");", "puts(text);",
        "std::cout << 1;", "std::cerr << 1;", "std::clog << 1;", "abort();", "std::abort ();",
        "exit(1);", "::exit(1);", "std::terminate();", "f('\"'); exit(1);", "f(1'000); exit(1);",
        "f(\"a \\\" b\"); exit(1);", "f(R\"(a \" b)\"); exit(1);"}) {
    EXPECT_EQ(bad_calls({"nn/a.cc", line + "\n"}).size(), 1u) << line;
  }
}

TEST(Calls, GoodLinesPass) {
  for (const std::string line :
       {"snprintf(buffer, size, \"x\");", "out << 1;", "guard.exit();", "stack->abort();",
        "on_exit(f);", "throw Error(\"exit(1) printf(\");", "// printf(x) or std::cout",
        "/* exit(1) */", "f(R\"(exit(1))\");", "int exits = abort_count(1);"}) {
    EXPECT_EQ(bad_calls({"nn/a.cc", line + "\n"}), std::vector<std::string>{}) << line;
  }
}

}  // namespace
}  // namespace gradus::house
