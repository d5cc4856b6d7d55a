#include "data/csv.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"

namespace gradus::data {
namespace {

using testing::expect_throws_text;

Table parse(const std::string& text, const CsvOptions& options = {}) {
  return parse_csv(std::as_bytes(std::span(text.data(), text.size())), options, "a.csv");
}
using Texts = std::vector<std::string>;

TEST(Csv, FindsNamesTypesAndMissingValues) {
  const Table t = parse("rooms,price,kind\r\n3, 1.5 ,big\n4,NA,\r-1e3,+2,small");
  EXPECT_EQ(t.rows(), 3);
  EXPECT_EQ(t.names(), (Texts{"rooms", "price", "kind"}));
  EXPECT_EQ(t.column("rooms").numbers, (std::vector<double>{3, 4, -1000}));
  EXPECT_FALSE(t.column("price").is_text);
  EXPECT_EQ(t.column("price").missing, 1);
  EXPECT_TRUE(std::isnan(t.column("price").numbers[1]));
  EXPECT_TRUE(t.column("kind").is_text);
  EXPECT_EQ(t.column("kind").texts, (Texts{"big", "", "small"}));
  EXPECT_EQ(t.column("kind").missing, 1);
}

TEST(Csv, KnowsQuotesMarksAndOtherSeparators) {
  const Table t = parse("\xEF\xBB\xBF\"a, \"\"b\"\"\",c\n\"two\nlines\",\"1\"\n\nx, \"y,z\" \n");
  EXPECT_EQ(t.names(), (Texts{"a, \"b\"", "c"}));
  EXPECT_EQ(t.columns()[0].texts, (Texts{"two\nlines", "x"}));
  EXPECT_EQ(t.columns()[1].texts, (Texts{"1", "y,z "}));
  const Table semicolons = parse("1;2\n3;4\n", {.separator = ';', .header = false});
  EXPECT_EQ(semicolons.names(), (Texts{"0", "1"}));
  EXPECT_EQ(semicolons.numbers({}, kFloat64).to_vector(), (std::vector<double>{1, 2, 3, 4}));
}

TEST(Csv, GivesTensorsAndClasses) {
  const Table t = parse("a,b,kind\n1,2,x\n3,4,\n5,6,w\n");
  EXPECT_EQ(t.numbers({"b", "a"}).to_vector(), (std::vector<double>{2, 1, 4, 3, 6, 5}));
  EXPECT_EQ(t.numbers({"b"}).dtype(), kFloat32);
  const auto kinds = t.categories("kind");
  EXPECT_EQ(kinds.names, (Texts{"w", "x"}));
  EXPECT_EQ(kinds.codes.to_vector(), (std::vector<double>{1, -1, 0}));
  EXPECT_EQ(t.categories("a").names, (Texts{"1", "3", "5"}));
}

TEST(Csv, NamesLineAndColumnOfWhatIsWrong) {
  const auto expect = [](const std::string& text, const std::string& what,
                         const CsvOptions& options = {}) {
    expect_throws_text<IoError>([&] { parse(text, options); }, "[csv] a.csv" + what);
  };
  expect("", ": no rows; expected at least one");
  expect("a,b\n", ": no rows; expected at least one");
  expect("a,b\n1,2\n1\n", ":3: 1 cells; expected 2, as in line 1");
  expect("a,b\n\"1\n2\",3\n1,2,3\n", ":4: 3 cells; expected 2, as in line 1");
  expect("a,b\n1,\"2\n3\n", ":2: a quote is not closed; expected \" before the end of the file");
  expect("a,price\n1,2\n1,many\n", ":3: column 'price': 'many'; expected a number",
         {.numbers = {"price"}});
  const Table t = parse("a,price\n1,2\n\n1,many\n");
  expect_throws_text<ConfigError>([&] { t.numbers({"price"}); },
                                  "[csv] a.csv:4: column 'price': 'many'; expected a number");
  expect_throws_text<ConfigError>([&] { t.column("prise"); },
                                  "[csv] column: 'prise'; expected one of 'a', 'price'");
  expect_throws_text<ConfigError>([] { parse("a,a\n1,2\n"); },
                                  "[csv] a.csv: two columns are called 'a'; expected different "
                                  "names");
  expect_throws_text<ConfigError>([] { parse("a,b\n1,2\n", {.numbers = {"c"}}); },
                                  "[csv] numbers: 'c'; expected one of 'a', 'b'");
}

TEST(Csv, ReadsFiles) {
  const testing::TemporaryFolder folder;
  EXPECT_EQ(read_csv(folder.file("t.csv", "a\n7\n")).column("a").numbers[0], 7);
  expect_throws_text<IoError>(
      [&] { read_csv(folder / "none.csv"); },
      "[csv] " + (folder / "none.csv").string() + ": no such file; expected a file");
}

}  // namespace
}  // namespace gradus::data
