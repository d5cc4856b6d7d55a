// The program `optimizers` as a person uses it: exit code, messages, and what is in the files.
#include <sys/wait.h>

#include <cstdlib>
#include <set>

#include "examples/textbook/support/traces.h"
#include "tests/examples/textbook/reference.h"
#include "tests/support/temporary_folder.h"

namespace gradus::textbook {
namespace {

namespace fs = std::filesystem;
using testing::file_text;
using testing::TemporaryFolder;

struct Outcome {
  int code;
  std::string out, err;
};

// Runs the program with these arguments; `folder` is where its output goes.
Outcome optimizers(const std::string& arguments) {
  const TemporaryFolder folder;
  const std::string out = folder / "out", err = folder / "err";
  const std::string command =
      "examples/textbook/optimizers " + arguments + " > '" + out + "' 2> '" + err + "'";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, file_text(out), file_text(err)};
}

// Fails with this whole text on stderr and writes nothing.
void expect_fails(const std::string& arguments, const std::string& text) {
  SCOPED_TRACE(arguments);
  const TemporaryFolder folder;
  const fs::path json = folder / "a.json", csv = folder / "a.csv", figure = folder / "a.svg";
  const Outcome got = optimizers(arguments + " --json " + json.string() + " --csv " + csv.string());
  EXPECT_EQ(got.code, 1);
  EXPECT_EQ(got.err, text + "\n");
  EXPECT_EQ(got.out, "");
  EXPECT_EQ(folder.entries(), 0) << "something was written";
}

std::string experiment_names() {
  std::string names;
  for (const Experiment& each : experiments()) names += (names.empty() ? "" : ", ") + each.name;
  return names;
}

TEST(OptimizersProgram, UnknownNamesListTheKnownOnes) {
  expect_fails("--experiment adan",
               "[optimizers] experiment: adan; expected all or one of " + experiment_names());
  std::string names;
  for (const std::string& each : trace_names()) names += (names.empty() ? "" : ", ") + each;
  expect_fails("--trace spiral", "[optimizers] trace: spiral; expected all or one of " + names);
}

TEST(OptimizersProgram, BadOrdersAreErrors) {
  const std::string expected = "'; expected shuffle, natural or stride:A,B with integers A and B";
  for (const std::string order : {"sorted", "stride:7", "stride:7,x", "stride:,", "stride:1.5,2"}) {
    expect_fails("--experiment adam --order " + order, "[order] name: '" + order + expected);
  }
}

TEST(OptimizersProgram, AStrideThatLeavesOutSamplesIsAnError) {
  GRADUS_NEEDS_AIRFOIL();
  expect_fails("--experiment adam --order stride:6,1 --data " + airfoil_file().string(),
               "[order] stride: 6 and the number of samples, 1500, have the common divisor 6; "
               "expected none, else samples are left out");
}

TEST(OptimizersProgram, WrongOptionsEndWithAnExitCode) {
  for (const auto& [arguments, text] :
       std::vector<std::pair<std::string, std::string>>{{"--lr 0.1", "--lr"},
                                                        {"--seeds 0", "--seeds"},
                                                        {"--seeds -3", "--seeds"},
                                                        {"--seeds two", "--seeds"},
                                                        {"--seed -1", "--seed"},
                                                        {"--seed 1.5", "--seed"},
                                                        {"--dtype f16", "--dtype"},
                                                        {"--start ones", "--start"},
                                                        {"--experiment", "--experiment"},
                                                        {"adam", "adam"}}) {
    SCOPED_TRACE(arguments);
    const TemporaryFolder folder;
    const Outcome got = optimizers("--json " + (folder / "a.json").string() + " " + arguments);
    EXPECT_GT(got.code, 0);
    EXPECT_NE((got.err + got.out).find(text), std::string::npos) << got.err << got.out;
    EXPECT_EQ(folder.entries(), 0) << "something was written";
  }
}

TEST(OptimizersProgram, HelpNamesEveryOption) {
  const Outcome got = optimizers("--help");
  EXPECT_EQ(got.code, 0);
  for (const char* option : {"--experiment", "--trace", "--data", "--seed", "--seeds", "--dtype",
                             "--start", "--order", "--json", "--csv", "--figure"}) {
    EXPECT_NE(got.out.find(option), std::string::npos) << option;
  }
}

TEST(OptimizersProgram, AFileThatIsNotThereIsNamed) {
  const TemporaryFolder folder;
  const std::string where = (folder / "none").string();
  expect_fails("--experiment adam --data " + where,
               "[airfoil] --data: no airfoil_self_noise.dat in '" + where + "'; expected " + where +
                   "/airfoil/airfoil_self_noise.dat or " + where +
                   "/airfoil_self_noise.dat; ./gradus data airfoil downloads it");
}

TEST(OptimizersProgram, DamagedDataNameTheFileAndTheLine) {
  const TemporaryFolder folder;
  const std::string good = "800\t0\t0.3048\t71.3\t0.00266337\t126.201\n";
  const auto expect = [&](const std::string& bytes, const std::string& text) {
    const std::string file = folder.file("airfoil_self_noise.dat", bytes);
    for (const std::string& data : {file, folder.path().string()}) {
      expect_fails("--experiment adam --data " + data, "[airfoil] " + file + text);
    }
  };
  expect(good + "800\t0\t0.3048\t71.3\t126.2\n",
         ":2: 5 columns; expected 6 numbers separated by tabs or spaces; is the file damaged?");
  expect(good + good + "800\tx1\t0.3048\t71.3\t0.00266337\t126.201\n",
         ":3: 'x1' in column 2; expected a number; is the file damaged?");
  expect(good + "800\t0\tnan\t71.3\t0.00266337\t126.201\n",
         ":2: nan in column 3; expected a finite number; is the file damaged?");
  expect(good + good.substr(0, 18) + "\n",
         ":2: 4 columns; expected 6 numbers separated by tabs or spaces; is the file damaged?");
  expect("",
         ": no numbers; expected a text file with 6 columns of numbers; ./gradus data airfoil "
         "downloads a whole one");
  std::string some;
  for (int i = 0; i < 1200; ++i) some += good;
  expect(some,
         ": 1200 rows; expected 1503; the file is truncated, ./gradus data airfoil downloads a "
         "whole one");
}

TEST(OptimizersProgram, FilesThatCannotBeWrittenAreErrors) {
  const TemporaryFolder folder;
  folder.file("taken", "");
  const std::string file = folder / "taken/a.json";
  const Outcome got = optimizers("--trace newton_cosh --json " + file);
  EXPECT_EQ(got.code, 1);
  EXPECT_NE(got.err.find(file), std::string::npos) << got.err;
  EXPECT_EQ(folder.entries(), 1);
}

std::set<std::string> keys(const nlohmann::json& object) {
  std::set<std::string> names;
  for (const auto& [name, value] : object.items()) names.insert(name);
  return names;
}

TEST(OptimizersProgram, JsonHoldsEveryRun) {
  GRADUS_NEEDS_AIRFOIL();
  const TemporaryFolder folder;
  const std::string file = folder / "runs.json";
  const Outcome got =
      optimizers("--experiment adam --trace newton_cosh --seed 3 --seeds 2 --dtype f64 --data " +
                 airfoil_file().string() + " --json " + file);
  ASSERT_EQ(got.code, 0) << got.err;
  const auto json = nlohmann::json::parse(file_text(file));
  EXPECT_EQ(keys(json), (std::set<std::string>{"experiments", "traces"}));
  ASSERT_EQ(json["experiments"].size(), 1u);
  const auto& adam = json["experiments"][0];
  EXPECT_EQ(keys(adam), (std::set<std::string>{"name", "runs", "mean_final_loss"}));
  EXPECT_EQ(adam["name"], "adam");
  ASSERT_EQ(adam["runs"].size(), 2u);
  double mean = 0;
  for (std::uint64_t i = 0; i < 2; ++i) {
    const auto& run = adam["runs"][i];
    EXPECT_EQ(keys(run), (std::set<std::string>{"seed", "epochs", "losses", "final_loss", "params",
                                                "seconds_per_epoch"}));
    // 17 digits: the numbers of the library to the last bit.
    const auto expected =
        textbook::run(find_experiment("adam"), {.seed = 3 + i, .dtype = kFloat64});
    EXPECT_EQ(run["seed"], 3 + i);
    EXPECT_EQ(run["epochs"].get<std::vector<double>>(), expected.epochs);
    EXPECT_EQ(run["losses"].get<std::vector<double>>(), expected.losses);
    EXPECT_EQ(run["params"].get<std::vector<double>>(), expected.params);
    EXPECT_EQ(run["final_loss"], expected.final_loss);
    EXPECT_GT(run["seconds_per_epoch"].get<double>(), 0);
    mean += expected.final_loss / 2;
  }
  EXPECT_DOUBLE_EQ(adam["mean_final_loss"], mean);
  ASSERT_EQ(json["traces"].size(), 1u);
  EXPECT_EQ(keys(json["traces"][0]), (std::set<std::string>{"name", "path", "final"}));
  const Trace trace = run_trace("newton_cosh", 3);
  EXPECT_EQ(json["traces"][0]["path"].get<std::vector<std::vector<double>>>(), trace.path);
  EXPECT_EQ(json["traces"][0]["final"].get<std::vector<double>>(), trace.path.back());
}

TEST(OptimizersProgram, StartAndOrderGiveTheReferenceLoss) {
  GRADUS_NEEDS_AIRFOIL();
  const TemporaryFolder folder;
  const std::string file = folder / "runs.json", csv = folder / "runs.csv";
  const Outcome got =
      optimizers("--experiment all --start zero --order natural --dtype f64 --data " +
                 airfoil_file().string() + " --json " + file + " --csv " + csv);
  ASSERT_EQ(got.code, 0) << got.err;
  const auto json = nlohmann::json::parse(file_text(file));
  std::size_t points = 0, compared = 0;
  ASSERT_EQ(json["experiments"].size(), experiments().size());
  for (const auto& each : json["experiments"]) {
    const std::string name = each["name"];
    points += each["runs"][0]["losses"].size();
    // Printed as in the book: "adam   loss: 0.255, 0.0012 sec/epoch".
    EXPECT_NE(("\n" + got.out).find("\n" + name + " "), std::string::npos) << name;
    if (!reference()["natural_order"].contains(name)) continue;
    ++compared;
    expect_near(each["mean_final_loss"], reference()["natural_order"][name]["loss"], 1e-10, name);
  }
  EXPECT_EQ(compared, reference()["natural_order"].size());
  const std::string table = file_text(csv);
  EXPECT_TRUE(table.starts_with("kind,name,seed,x,y\n")) << table.substr(0, 100);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), static_cast<std::ptrdiff_t>(points + 1));
}

}  // namespace
}  // namespace gradus::textbook
