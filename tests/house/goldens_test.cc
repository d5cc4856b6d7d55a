// Every function of tensors has a table of cases in tests/golden/tensor and a test that runs it
// (tests/support/cases.h), or stands below with the reason why not.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/house/source_files.h"

namespace gradus::house {
namespace {

using Names = std::set<std::string>;

constexpr const char* kFolder = "tests/golden/tensor/";
constexpr int kCases = 40;
const std::vector<std::string> kCategories = {"bool",
                                              "uint8",
                                              "int32",
                                              "int64",
                                              "float16",
                                              "bfloat16",
                                              "float32",
                                              "float64",
                                              "broadcast",
                                              "non-contiguous",
                                              "0-d",
                                              "size-0",
                                              "size-1",
                                              "rank-8",
                                              "negative stride",
                                              "size-0 on several axes"};

// Functions that no table of cases fits.
const std::map<std::string, std::string> kNoTable = {
    {"as_strided_unchecked", "what every view is made of; the tables' own operands use it"},
    {"arange", "no operands; tests/golden/construct.json"},
    {"arange_floating", "what arange() calls"},
    {"arange_whole", "what arange() calls"},
    {"average_windows", "what avg_pool1d() and its kin call"},
    {"batch_norm_backward", "checked by central differences in tests/autograd"},
    {"bernoulli", "random, tests/tensor/random_test.cc"},
    {"bernoulli_like", "random, tests/tensor/random_test.cc"},
    {"binary_backward", "checked by central differences in tests/autograd"},
    {"ternary_backward", "checked by central differences in tests/autograd"},
    {"borrow", "takes memory, tests/tensor/construct_test.cc"},
    {"borrow_memory", "what borrow() calls"},
    {"copy_of_memory", "what from_memory() calls"},
    {"contract", "what einsum() and its kin call"},
    {"dropout", "random, tests/autograd/ops/dropout_test.cc"},
    {"empty", "its elements have no values"},
    {"empty_like", "its elements have no values"},
    {"exponential", "random, tests/tensor/random_test.cc"},
    {"eye", "no operands; tests/golden/construct.json"},
    {"from_memory", "takes memory, tests/tensor/construct_test.cc"},
    {"from_values", "makes the operands of other tests; tests/tensor/dtype_test.cc"},
    {"largest_in_windows", "what max_pool1d() and its kin call"},
    {"load_npy", "reads the files of NumPy in tests/golden/io, tests/tensor/io/npy_test.cc"},
    {"npy_image", "what save_npy writes, byte for byte in tests/tensor/io/npy_test.cc"},
    {"full", "no operands; tests/golden/construct.json"},
    {"linspace", "no operands; tests/golden/construct.json"},
    {"logspace", "no operands; tests/golden/construct.json"},
    {"layer_norm_backward", "checked by central differences in tests/autograd"},
    {"multinomial", "random, tests/tensor/sampling_test.cc"},
    {"normal", "random, tests/tensor/random_test.cc"},
    {"normal_like", "random, tests/tensor/random_test.cc"},
    {"ones", "constructor without operands"},
    {"over_storage_unchecked", "the elements of mapped files, tests/tensor/io/npy_test.cc"},
    {"parse_npy", "as load_npy"},
    {"permutation", "random, tests/tensor/random_test.cc"},
    {"pick_from_channels", "gradient, tests/autograd/ops/pooling_test.cc"},
    {"place_in_channels", "gradient, tests/autograd/ops/pooling_test.cc"},
    {"read_npy", "as load_npy"},
    {"randint", "random, tests/tensor/random_test.cc"},
    {"randint_like", "random, tests/tensor/random_test.cc"},
    {"recurrent_backward", "gradient, tests/autograd/ops/recurrent_test.cc"},
    {"recurrent_forward", "a layer, tests/autograd/ops/recurrent_test.cc"},
    {"softmax_backward", "checked by central differences in tests/autograd"},
    {"spread_windows", "gradient, tests/autograd/ops/pooling_test.cc"},
    {"tensor", "constructor without operands"},
    {"truncated_normal", "random, tests/tensor/sampling_test.cc"},
    {"unary_backward", "checked by central differences in tests/autograd"},
    {"uniform", "random, tests/tensor/random_test.cc"},
    {"uniform_like", "random, tests/tensor/random_test.cc"},
    {"zeros", "constructor without operands"},
};

// Functions whose table is still to be written. Whoever writes one takes the name out.
const Names kNotYet = {};

void add_matches(const std::string& text, const std::string& pattern, Names& names) {
  const std::regex regex(pattern);
  for (std::sregex_iterator i(text.begin(), text.end(), regex), end; i != end; ++i) {
    names.insert((*i)[1]);
  }
}

// The element-wise rules, from the lines that declare them: those without parameters, whose tables
// one loop runs, or those with parameters.
Names rules_of(const std::vector<SourceFile>& files, bool parameters) {
  Names names;
  const std::string kinds = "UNARY|BINARY|TERNARY|PREDICATE|COMPARISON|INTEGRAL|INTEGRAL_UNARY";
  for (const SourceFile& file : files) {
    add_matches(
        "\n" + file.text,
        "\nGRADUS_(?:" + kinds + ")" + (parameters ? "_WITH" : "") + R"re(\(\w+, (\w+)\);)re",
        names);
  }
  return names;
}

// Structs with a member that is a tensor, such as what a decomposition returns.
Names structs_of_tensors(const std::vector<SourceFile>& files) {
  Names names;
  for (const SourceFile& file : files) {
    add_matches("\n" + code_only(file.text),
                R"re(\nstruct (\w+) \{[^}]*\b(?:Tensor|std::vector<Tensor>) \w+[;,])re", names);
  }
  return names;
}

// Free functions at column 0, and public members of class Tensor, that return tensors.
Names functions_of(const std::vector<SourceFile>& files) {
  std::string type = R"re((?:Tensor|std::\w+<[^;()]*\bTensor\b[^;()]*>)re";
  for (const std::string& name : structs_of_tensors(files)) type += "|" + name;
  type += ")";
  Names names = rules_of(files, false);
  names.merge(rules_of(files, true));
  for (const SourceFile& file : files) {
    const std::string code = "\n" + code_only(file.text);
    add_matches(code, "\n(?:inline )?" + type + R"re( (\w+)\()re", names);
    const std::size_t members = code.find("\nclass Tensor {");
    if (members == std::string::npos) continue;
    add_matches(code.substr(members, code.find("\n private:", members) - members),
                "\n  (?:static |inline )*" + type + R"re( (\w+)\()re", names);
  }
  return names;
}

// The public headers of tensor: not the devices' own.
std::vector<SourceFile> public_headers() {
  std::vector<SourceFile> headers;
  for (SourceFile& file : files_below("tensor")) {
    const bool device = starts_with_any(file.path, {"tensor/cpu/", "tensor/cuda/", "tensor/simt/"});
    if (file.path.ends_with(".h") && !device) headers.push_back(std::move(file));
  }
  return headers;
}

// Tables that a test runs: check_cases("name", or, for all rules, check_cases(rule.name.
Names run_by(const std::vector<SourceFile>& tests, const Names& rules) {
  Names names;
  for (const SourceFile& file : tests) {
    add_matches(file.text, R"re(check_cases\(\s*"(\w+)")re", names);
    if (file.text.find("check_cases(rule.name") == std::string::npos) continue;
    names.insert(rules.begin(), rules.end());
  }
  return names;
}

std::vector<SourceFile> tests_of_tensor() {
  std::vector<SourceFile> tests;
  for (SourceFile& file : files_below("tests")) {
    // Not this file, whose text has such calls too.
    if (!file.path.starts_with("tests/house/")) tests.push_back(std::move(file));
  }
  return tests;
}

struct Table {
  std::string name, text;
};
std::vector<Table> tables() {
  std::vector<Table> found;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    found.push_back({entry.path().stem(), std::string(std::istreambuf_iterator<char>(stream), {})});
  }
  return found;
}

// What is wrong with a table, one line each.
std::vector<std::string> faults(const Table& table) {
  const auto file = nlohmann::json::parse(table.text);
  std::vector<std::string> bad;
  const auto complain = [&](const std::string& text) { bad.push_back(table.name + ": " + text); };
  if (file.at("function") != table.name) complain("is named otherwise inside");
  if (file.at("cases").size() < kCases) {
    complain(std::to_string(file.at("cases").size()) + " cases; at least 40");
  }
  for (const std::string& category : kCategories) {
    const bool shown = file.at("covers").value(category, 0) > 0;
    const bool excused = !file.at("lacks").value(category, "").empty();
    if (!shown && !excused) complain("neither shows '" + category + "' nor says why not");
  }
  const bool exact = file.at("rtol").empty() && file.at("atol").empty();
  if (!exact && file.at("tolerance").get<std::string>().empty()) {
    complain("a tolerance without a reason");
  }
  return bad;
}

TEST(Goldens, EveryFunctionOfTensorsHasATable) {
  Names tabled;
  for (const Table& table : tables()) tabled.insert(table.name);
  const Names functions = functions_of(public_headers());
  EXPECT_GE(functions.size(), 50u) << "the search finds too little";
  for (const std::string& function : functions) {
    const bool excused = kNoTable.contains(function) || kNotYet.contains(function);
    EXPECT_TRUE(tabled.contains(function) || excused)
        << function << ": no " << kFolder << function
        << ".json; write one with tests/golden/tensor/cases.py, or state above why not";
  }
  for (const auto& [function, reason] : kNoTable) {
    EXPECT_FALSE(reason.empty()) << function;
    EXPECT_TRUE(functions.contains(function)) << function << " is excused and does not exist";
    EXPECT_FALSE(tabled.contains(function)) << function << " is excused and has a table";
  }
}

TEST(Goldens, EveryTableIsRunByATest) {
  const Names run = run_by(tests_of_tensor(), rules_of(public_headers(), false));
  const std::vector<Table> all = tables();
  EXPECT_GE(all.size(), 5u) << "the search finds too little";
  for (const Table& table : all) {
    EXPECT_TRUE(run.contains(table.name))
        << "no test calls check_cases(\"" << table.name << "\", ...); see tests/support/cases.h";
  }
}

TEST(Goldens, EveryTableIsLargeEnoughAndSaysWhatItLacks) {
  for (const Table& table : tables()) {
    for (const std::string& line : faults(table)) ADD_FAILURE() << line;
    const std::string script = nlohmann::json::parse(table.text).at("script");
    EXPECT_TRUE(std::filesystem::exists(kFolder + script)) << table.name << ": no " << script;
  }
}

TEST(Goldens, PlantedFunctionsAreFound) {
  const std::string text =
      "struct Pair {\n  Tensor values;\n  Tensor indices;\n};\n// Tensor comment(\n"
      "Tensor one(const Tensor& x);\nstd::vector<Tensor> several(int n);\nPair pair(int k);\n"
      "std::pair<Tensor, Tensor> two(\n    int n);\nint none(const Tensor& x);\n"
      "class Tensor {\n  Tensor view(int axis) const;\n  static Tensor make(int n);\n"
      "  int rank() const;\n private:\n  Tensor hidden();\n};\n";
  EXPECT_EQ(functions_of({{"tensor/a.h", text},
                          {"tensor/b.h", "GRADUS_UNARY(Tanh, tanh);\n"},
                          {"tensor/c.h", "GRADUS_UNARY_WITH(Elu, elu);\n"}}),
            (Names{"elu", "make", "one", "pair", "several", "tanh", "two", "view"}));
  EXPECT_EQ(run_by({{"a.cc", "check_cases(\n  \"a\", f); check_cases(\"b\")"}}, {"r"}),
            (Names{"a", "b"}));
  EXPECT_EQ(run_by({{"a.cc", "check_cases(rule.name, f)"}}, {"r"}), (Names{"r"}));
}

TEST(Goldens, BadTablesAreNoticed) {
  nlohmann::json good = {{"function", "f"},
                         {"rtol", {{"float32", 1e-6}}},
                         {"atol", nlohmann::json::object()},
                         {"tolerance", "reason"},
                         {"lacks", {{"rank-8", "matrices only"}}}};
  for (const std::string& category : kCategories) {
    if (category != "rank-8") good["covers"][category] = 1;
  }
  good["cases"] = std::vector<int>(40);
  const auto count = [](const nlohmann::json& file) { return faults({"f", file.dump()}).size(); };
  EXPECT_EQ(count(good), 0u);
  const auto with = [&](const std::string& key, const nlohmann::json& value) {
    nlohmann::json bad = good;
    bad[key] = value;
    return count(bad);
  };
  EXPECT_EQ(with("function", "g"), 1u);
  EXPECT_EQ(with("cases", std::vector<int>(39)), 1u);
  EXPECT_EQ(with("tolerance", ""), 1u);
  EXPECT_EQ(with("lacks", nlohmann::json::object()), 1u);
  EXPECT_EQ(with("covers", nlohmann::json::object()), kCategories.size() - 1);
}

}  // namespace
}  // namespace gradus::house
