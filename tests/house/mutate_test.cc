// tools/mutate finds the mutants of a planted derivative. What they are for is done by
// `./gradus mutate`, which needs the tests of autograd and the compiler.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace gradus::house {
namespace {

class Mutate : public ::testing::Test {
 protected:
  Mutate() {
    std::string name = (std::filesystem::temp_directory_path() / "mutate_XXXXXX").string();
    root_ = mkdtemp(name.data());
    setenv("GRADUS_MUTATE_ROOT", root_.c_str(), 1);
  }
  ~Mutate() override { std::filesystem::remove_all(root_); }

  void plant(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }

  // What `mutate --list` prints, and how it ends.
  std::string list(const std::string& arguments = "") {
    const std::string command = "python3 tools/mutate --list " + arguments + " 2>&1";
    FILE* pipe = popen(command.c_str(), "r");
    std::string text;
    std::array<char, 4096> buffer;
    while (std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
      text.append(buffer.data(), n);
    }
    return text + "ends with " + std::to_string(WEXITSTATUS(pclose(pipe)));
  }

  std::filesystem::path root_;
};

TEST_F(Mutate, FindsSignsTermsFactorsAndSidesOfARule) {
  plant("tensor/elementwise/x.h",
        "struct X {\n"
        "  template <class T>\n"
        "  static T forward(T a, T b) { return a + b; }\n"
        "  template <class T>\n"
        "  static T backward_a(T a, T b, T /*y*/, T dy) {\n"
        "    return dy * (T(1) - b * b);  // not 1 - b\n"
        "  }\n"
        "  template <class T>\n"
        "  static T backward_b(T a, T b, T /*y*/, T dy) {\n"
        "    return select(a < b, dy, half(-dy));\n"
        "  }\n"
        "  static T half(T x) {\n"
        "    return x / 2;\n"
        "  }\n"
        "};\n");
  EXPECT_EQ(list(),
            "tensor/elementwise/x.h:6  return dy * (T(1) - b * b);  ->  "
            "return (T(1) - b * b);\n"
            "tensor/elementwise/x.h:6  return dy * (T(1) - b * b);  ->  "
            "return -(dy * (T(1) - b * b));\n"
            "tensor/elementwise/x.h:6  return dy * (T(1) - b * b);  ->  return dy;\n"
            "tensor/elementwise/x.h:6  return dy * (T(1) - b * b);  ->  return dy * (- b * b);\n"
            "tensor/elementwise/x.h:6  return dy * (T(1) - b * b);  ->  "
            "return dy * (T(1) + b * b);\n"
            "tensor/elementwise/x.h:6  return dy * (T(1) - b * b);  ->  return dy * (T(1));\n"
            "tensor/elementwise/x.h:6  return dy * (T(1) - b * b);  ->  return dy * (T(1) - b);\n"
            "tensor/elementwise/x.h:10  return select(a < b, dy, half(-dy));  ->  "
            "return -(select(a < b, dy, half(-dy)));\n"
            "tensor/elementwise/x.h:10  return select(a < b, dy, half(-dy));  ->  "
            "return select(a < b, half(-dy), dy);\n"
            "tensor/elementwise/x.h:10  return select(a < b, dy, half(-dy));  ->  "
            "return select(a < b, dy, half(dy));\n"
            "tensor/elementwise/x.h:13  return x / 2;  ->  return x;\n"
            "11 mutants\nends with 0");
}

TEST_F(Mutate, FindsGradientsAndSumsOfAnOperation) {
  plant("autograd/ops/y.cc",
        "Tensor ops::Y::forward(const Tensor& x) const { return x * 2; }\n"
        "void ops::Y::backward(Gradients& d) const {\n"
        "  if (numel(d.shape(0)) == 0) return d.set(0, d.dy());\n"
        "  if (d.inputs() > 2) throw AutogradError(\"a\" + text(d.inputs() - 2));\n"
        "  d.set(0, sum_to(d.dy() * 2, d.shape(0)));\n"
        "  // No mutants: it does not matter.\n"
        "  d.set(1, -d.dy());\n"
        "  d.set(2, zeros(d.shape(2)));\n"
        "}\n");
  plant("autograd/backward.cc",
        "Variable fit(Variable dx) {\n"
        "  return sum_to(dx, shape);\n"
        "}\n"
        "void Variable::backward() const {\n"
        "  walk(1 + 2);\n"
        "}\n");
  EXPECT_EQ(list(),
            "autograd/backward.cc:2  return sum_to(dx, shape);  ->  return (dx);\n"
            "autograd/ops/y.cc:5  d.set(0, sum_to(d.dy() * 2, d.shape(0)));  ->  ;\n"
            "autograd/ops/y.cc:5  d.set(0, sum_to(d.dy() * 2, d.shape(0)));  ->  "
            "d.set(0, (d.dy() * 2));\n"
            "autograd/ops/y.cc:5  d.set(0, sum_to(d.dy() * 2, d.shape(0)));  ->  "
            "d.set(0, -(sum_to(d.dy() * 2, d.shape(0))));\n"
            "autograd/ops/y.cc:5  d.set(0, sum_to(d.dy() * 2, d.shape(0)));  ->  "
            "d.set(0, sum_to(2, d.shape(0)));\n"
            "autograd/ops/y.cc:5  d.set(0, sum_to(d.dy() * 2, d.shape(0)));  ->  "
            "d.set(0, sum_to(d.dy(), d.shape(0)));\n"
            "6 mutants\nends with 0");
  EXPECT_EQ(list("backward.cc"),
            "autograd/backward.cc:2  return sum_to(dx, shape);  ->  return (dx);\n"
            "1 mutants\nends with 0");
}

TEST_F(Mutate, ASampleTakesFromEachFileBeforeItTakesTwoOfOne) {
  for (const std::string name : {"a", "b", "c"}) {
    plant("autograd/ops/" + name + ".h",
          "void backward(Gradients& d) const {\n  d.set(0, d.dy() * 2);\n}\n");
  }
  const std::string three = list("--sample 3");
  for (const std::string name : {"a", "b", "c"}) {
    EXPECT_NE(three.find("ops/" + name + ".h"), std::string::npos) << three;
  }
  EXPECT_EQ(three, list("--sample 3"));
  EXPECT_NE(list("--sample 3 --seed 1"), list("--sample 3 --seed 2"));
}

TEST_F(Mutate, NothingToBreakIsAnError) { EXPECT_EQ(list(), "0 mutants\nends with 2"); }

}  // namespace
}  // namespace gradus::house
