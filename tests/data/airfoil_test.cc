#include "data/airfoil.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "data/standardize.h"
#include "tensor/elementwise/square.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"

namespace gradus::data {
namespace {

namespace fs = std::filesystem;
using testing::Environment;
using testing::expect_close;
using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::TemporaryFolder;

// read_table of a file with these bytes, three columns.
Tensor table_of(const std::string& bytes) {
  const TemporaryFolder folder;
  return read_table(folder.file("a.dat", bytes), 3);
}

// Bytes that are no table: the error is "[airfoil] FILE" and `text`.
void expect_bad(const std::string& bytes, const std::string& text) {
  SCOPED_TRACE(bytes.substr(0, 60));
  const TemporaryFolder folder;
  const fs::path file = folder.file("a.dat", bytes);
  expect_throws_text<IoError>([&] { read_table(file, 3); }, "[airfoil] " + file.string() + text);
}

constexpr const char* kDamaged = "; is the file damaged?";

TEST(ReadTable, TakesTabsAndSpacesAndEveryLineEnd) {
  const Tensor expected = tensor({{1, -2.5, 3e2}, {0.1, 5, 6}}, kFloat64);
  for (const std::string bytes :
       {"1\t-2.5\t3e2\n.1\t5\t6\n", "1\t-2.5\t3e2\r\n0.1\t5\t6\r\n", "1\t-2.5\t3e2\r.1\t5\t6\r",
        "1 -2.5 3e2\n.1 5 6", "  1   -2.5\t 3e2  \n0.1\t\t+5 6 \n\n\r\n \t\n",
        "1 -2.5 3E2\r.1 5. 6", "1 -2.5 300\n.1 5 6\r\n"}) {
    const Tensor x = table_of(bytes);
    EXPECT_EQ(x.dtype(), kFloat64);
    expect_same_bits(x, expected, bytes);
  }
}

TEST(ReadTable, KeepsEveryDigit) {
  expect_same_bits(table_of("0.1 123456789.123456789 4.9406564584124654e-324\n"),
                   tensor({{0.1, 123456789.123456789, 4.9406564584124654e-324}}, kFloat64));
}

TEST(ReadTable, NamesTheLineThatHasTheWrongNumberOfColumns) {
  const std::string expected =
      " columns; expected 3 numbers separated by tabs or spaces" + std::string(kDamaged);
  expect_bad("1 2 3\n4 5\n", ":2: 2" + expected);
  expect_bad("1 2 3 4\n", ":1: 4" + expected);
  expect_bad("1 2 3\n\n4 5 6\n", ":2: 0" + expected);
  expect_bad("1 2 3\r\n4 5 6\r\n7 8", ":3: 2" + expected);
  expect_bad("1 2 3\r4 5 6\r7\r", ":3: 1" + expected);
  expect_bad("1 2 3\r\r\n4 5 6", ":2: 0" + expected);
  expect_bad("1,2,3\n", ":1: 1" + expected);
}

TEST(ReadTable, NamesWhatIsNoNumber) {
  const std::string expected = "; expected a number" + std::string(kDamaged);
  expect_bad("1 2 3\n4 x5 6\n", ":2: 'x5' in column 2" + expected);
  expect_bad("1 2 3x\n", ":1: '3x' in column 3" + expected);
  expect_bad("1 -- 3\n", ":1: '--' in column 2" + expected);
  expect_bad("+-1 2 3\n", ":1: '+-1' in column 1" + expected);
  expect_bad("+ 2 3\n", ":1: '+' in column 1" + expected);
  expect_bad("0x10 2 3\n", ":1: '0x10' in column 1" + expected);
  expect_bad(std::string("1 2 3\n4 5\0 6\n", 12), ":2: '5\\x00' in column 2" + expected);
  expect_bad(std::string(100, '\0'),
             ":1: 1 columns; expected 3 numbers separated by tabs or spaces; is the file damaged?");
  expect_bad(
      "\xEF\xBB\xBF"
      "1 2 3\n",
      ":1: '\\xef\\xbb\\xbf1' in column 1" + expected);
  expect_bad("1 2 " + std::string(5000000, 'y') + "\n",
             ":1: '" + std::string(60, 'y') + "...' in column 3" + expected);
  expect_bad("1e999 2 3\n",
             ":1: '1e999' in column 1; expected a number that fits in float64; is the file "
             "damaged?");
}

TEST(ReadTable, RefusesNanAndInfinity) {
  const std::string expected = "; expected a finite number" + std::string(kDamaged);
  expect_bad("1 2 3\n4 nan 6\n", ":2: nan in column 2" + expected);
  expect_bad("1 2 3\n4 5 NaN\n", ":2: nan in column 3" + expected);
  expect_bad("inf 2 3\n", ":1: inf in column 1" + expected);
  expect_bad("1 -Infinity 3\n", ":1: -inf in column 2" + expected);
}

TEST(ReadTable, RefusesAFileWithoutNumbers) {
  for (const std::string bytes : {"", "\n", "\r\r", " \t\r\n"}) {
    expect_bad(bytes,
               ": no numbers; expected a text file with 3 columns of numbers; ./gradus data "
               "airfoil downloads a whole one");
  }
}

TEST(ReadTable, ALineMayBeHuge) {
  const std::string blanks(3000000, ' ');
  expect_same_bits(table_of("1" + blanks + "2" + blanks + "3\n"), tensor({{1, 2, 3}}, kFloat64));
}

TEST(ReadTable, SaysWhyAFileCannotBeRead) {
  const TemporaryFolder folder;
  const std::string expected = "; expected a text file with 6 columns of numbers";
  const auto expect_reason = [&](const fs::path& file, const std::string& reason) {
    expect_throws_text<IoError>([&] { read_table(file, 6); },
                                "[airfoil] " + file.string() + ": " + reason);
  };
  expect_reason(folder / "none.dat",
                "no such file" + expected + "; ./gradus data airfoil downloads it");
  expect_reason(folder / "none/a.dat",
                "no such file" + expected + "; ./gradus data airfoil downloads it");
  expect_reason("", "no such file" + expected + "; ./gradus data airfoil downloads it");
  expect_reason(folder.path(), "a folder" + expected);
  expect_reason("/dev/null", "not a file" + expected);
  // Opens, but no byte at its start can be read.
  expect_reason("/proc/self/mem", "cannot be read (Input/output error)" + expected);
  fs::create_symlink(folder / "loop", folder / "loop");
  expect_reason(folder / "loop", "cannot be read (Too many levels of symbolic links)" + expected);
}

TEST(ReadTable, SaysThatPermissionIsMissing) {
  const TemporaryFolder folder;
  const fs::path file = folder.file("a.dat", "1 2 3\n");
  fs::permissions(folder.path(), fs::perms::all);
  fs::permissions(file, fs::perms::none);
  const testing::WithoutRights nobody;
  if (!nobody.works()) GTEST_SKIP() << "this user may read everything and not change into another";
  expect_throws_text<IoError>([&] { read_table(file, 3); },
                              "[airfoil] " + file.string() +
                                  ": cannot be read (Permission denied); expected a text file with "
                                  "3 columns of numbers");
}

TEST(ReadTable, RefusesNoColumns) {
  expect_throws_text<ConfigError>([] { read_table("a.dat", 0); },
                                  "[airfoil] columns: 0; expected >= 1");
}

// Looks nowhere but where the test says.
class FindAirfoil : public ::testing::Test {
 protected:
  FindAirfoil() : before_(fs::current_path()) {
    fs::create_directories(folder_ / "work");
    fs::current_path(folder_ / "work");
  }
  ~FindAirfoil() override { fs::current_path(before_); }

  const TemporaryFolder folder_;
  const fs::path before_;
  const Environment data_{"GRADUS_DATA", std::nullopt};
  const Environment workspace_{"BUILD_WORKSPACE_DIRECTORY", std::nullopt};
  const Environment cache_{"XDG_CACHE_HOME", std::nullopt};
  const Environment home_{"HOME", std::nullopt};
};

TEST_F(FindAirfoil, IsEmptyWhenItIsNowhere) {
  EXPECT_EQ(find_airfoil(), "");
  EXPECT_EQ(find_airfoil(""), "");
}

TEST_F(FindAirfoil, TakesTheOptionAsAFolderOfEitherFormOrAFile) {
  const fs::path flat = folder_.file("flat/airfoil_self_noise.dat", "1\n");
  EXPECT_EQ(find_airfoil((folder_ / "flat").string()), flat);
  const fs::path deep = folder_.file("flat/airfoil/airfoil_self_noise.dat", "1\n");
  EXPECT_EQ(find_airfoil((folder_ / "flat").string()), deep);
  const fs::path other = folder_.file("other.dat", "1\n");
  EXPECT_EQ(find_airfoil(other.string()), other);
}

TEST_F(FindAirfoil, AnOptionWithoutTheFileIsAnErrorThoughItIsElsewhere) {
  folder_.file("shared/data/airfoil_self_noise.dat", "1\n");
  expect_throws_text<IoError>([] { find_airfoil("x"); },
                              "[airfoil] --data: no airfoil_self_noise.dat in 'x'; expected "
                              "x/airfoil/airfoil_self_noise.dat or x/airfoil_self_noise.dat; "
                              "./gradus data airfoil downloads it");
}

TEST_F(FindAirfoil, LooksInOnePlaceAfterTheOther) {
  const fs::path in_home = folder_.file("home/.cache/gradus/airfoil/airfoil_self_noise.dat", "1\n");
  const Environment home("HOME", (folder_ / "home").string());
  EXPECT_EQ(find_airfoil(), in_home);

  const fs::path in_cache = folder_.file("cache/gradus/airfoil/airfoil_self_noise.dat", "1\n");
  const Environment cache("XDG_CACHE_HOME", (folder_ / "cache").string());
  EXPECT_EQ(find_airfoil(), in_cache);

  folder_.file("tree/shared/data/airfoil_self_noise.dat", "1\n");
  fs::create_directories(folder_ / "tree/repo");
  const Environment workspace("BUILD_WORKSPACE_DIRECTORY", (folder_ / "tree/repo").string());
  EXPECT_EQ(find_airfoil(), folder_ / "tree/repo/../shared/data/airfoil_self_noise.dat");

  folder_.file("shared/data/airfoil/airfoil_self_noise.dat", "1\n");
  EXPECT_EQ(find_airfoil(), "../shared/data/airfoil/airfoil_self_noise.dat");

  const Environment without("GRADUS_DATA", (folder_ / "none").string());
  EXPECT_EQ(find_airfoil(), "../shared/data/airfoil/airfoil_self_noise.dat");
  const fs::path in_data = folder_.file("data/airfoil_self_noise.dat", "1\n");
  const Environment data("GRADUS_DATA", (folder_ / "data").string());
  EXPECT_EQ(find_airfoil(), in_data);
}

// 1503 rows that are easy to check: column c of row r is r + c, the last is (r mod 7).
std::string made_up(int rows) {
  std::string bytes;
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < 5; ++c) bytes += std::to_string(r + c) + "\t";
    bytes += std::to_string(r % 7) + "\n";
  }
  return bytes;
}

TEST(LoadAirfoil, StandardisesOverAllRowsAndKeeps1500) {
  const TemporaryFolder folder;
  const fs::path file = folder.file("a.dat", made_up(1503));
  const TensorDataset d = load_airfoil(file, kFloat64);
  ASSERT_EQ(d.features.shape(), Shape({1500, 5}));
  ASSERT_EQ(d.targets.shape(), Shape({1500, 1}));
  EXPECT_TRUE(d.features.is_contiguous() && d.targets.is_contiguous());
  // 0 .. 1502 has mean 751 and variance (1503^2 - 1) / 12.
  const double std = std::sqrt((1503.0 * 1503 - 1) / 12);
  EXPECT_NEAR(d.features.at({0, 0}), -751 / std, 1e-14);
  EXPECT_NEAR(d.features.at({1499, 4}), 748 / std, 1e-14);
  const TensorDataset narrow = load_airfoil(file);
  expect_same_bits(narrow.features, d.features.to(kFloat32));
  expect_same_bits(narrow.targets, d.targets.to(kFloat32));
}

TEST(LoadAirfoil, RefusesATruncatedFile) {
  const TemporaryFolder folder;
  const std::string whole = made_up(1503);
  const fs::path file = folder.file("a.dat", made_up(1200));
  const std::string expected =
      " rows; expected 1503; the file is truncated, ./gradus data airfoil downloads a whole one";
  expect_throws_text<IoError>([&] { load_airfoil(file); },
                              "[airfoil] " + file.string() + ": 1200" + expected);
  folder.file("a.dat", made_up(1502));
  expect_throws_text<IoError>([&] { load_airfoil(file); },
                              "[airfoil] " + file.string() + ": 1502" + expected);
  folder.file("a.dat", made_up(1504));
  expect_throws_text<IoError>([&] { load_airfoil(file); },
                              "[airfoil] " + file.string() +
                                  ": 1504 rows; expected 1503; the file is not the published one, "
                                  "./gradus data airfoil downloads a whole one");
  folder.file("a.dat", whole.substr(0, whole.size() - 2));  // cut inside the last line
  expect_throws_text<IoError>(
      [&] { load_airfoil(file); },
      "[airfoil] " + file.string() +
          ":1503: 5 columns; expected 6 numbers separated by tabs or spaces; is the file damaged?");
  expect_throws_text<DTypeError>([&] { load_airfoil(file, kInt64); },
                                 "[airfoil] dtype: int64; expected float32 or float64");
}

constexpr const char* kNoFile =
    "the airfoil file is not here; ./gradus data airfoil downloads it, GRADUS_DATA names its "
    "folder";

// Expected numbers: an independent float64 program in numpy, see the textbook's section 12.5 for
// what is computed. Twelve digits were kept.
TEST(LoadAirfoil, GivesTheCheckSumsOfTheRealFile) {
  const fs::path file = find_airfoil();
  if (file.empty()) GTEST_SKIP() << kNoFile;
  const Tensor table = read_table(file, 6);
  ASSERT_EQ(table.shape(), Shape({1503, 6}));
  const Standardizer s = Standardizer::fit(table);
  expect_close(s.mean,
               tensor({2886.38057219, 6.78230206254, 0.13654823686, 50.8607451763, 0.0111398803912,
                       124.835942781},
                      kFloat64),
               1e-11, 0);
  expect_close(s.std,
               tensor({3151.52420224, 5.91615902547, 0.0935096051895, 15.5676029664,
                       0.0131458588768, 6.89636127749},
                      kFloat64),
               1e-11, 0);
  const TensorDataset d = load_airfoil(file, kFloat64);
  expect_close(
      d.features.slice(0, {0, 1}),
      tensor({{-0.662022703398, -1.14640293362, 1.79929925701, 1.31293525842, -0.644804608862}},
             kFloat64),
      0, 1e-11);
  EXPECT_NEAR(d.targets.at({0, 0}), 0.197938762772, 1e-11);
  expect_close(
      d.features.slice(0, {1499, 1500}),
      tensor({{0.0836482320599, 1.49044302215, -0.373739540326, -0.723344833538, 3.17277250575}},
             kFloat64),
      0, 1e-11);
  EXPECT_NEAR(d.targets.at({1499, 0}), -2.25944409728, 1e-11);
  // The loss of a model that always says 0.
  EXPECT_NEAR(mean(square(d.targets)).item() / 2, 0.493258971927, 1e-11);
}

TEST(LoadAirfoil, GivesTheSameBitsForEveryLineEnd) {
  const fs::path file = find_airfoil();
  if (file.empty()) GTEST_SKIP() << kNoFile;
  std::string lf = testing::file_text(file), crlf, cr;
  std::erase(lf, '\r');
  for (const char c : lf) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  cr = lf;
  std::replace(cr.begin(), cr.end(), '\n', '\r');
  const TemporaryFolder folder;
  const TensorDataset expected = load_airfoil(folder.file("lf.dat", lf), kFloat64);
  for (const std::string& bytes : {crlf, cr}) {
    const TensorDataset d = load_airfoil(folder.file("a.dat", bytes), kFloat64);
    expect_same_bits(d.features, expected.features);
    expect_same_bits(d.targets, expected.targets);
  }
}

}  // namespace
}  // namespace gradus::data
