#include "data/text.h"

#include <gtest/gtest.h>

#include "data/find.h"
#include "tests/support/compare.h"

namespace gradus::data {
namespace {

using testing::expect_throws_text;
using Numbers = std::vector<double>;

TEST(Text, LettersOnlyIsThatOfTheTextbook) {
  EXPECT_EQ(letters_only("The Time Machine, by H. G. Wells [1898]\n\n\nI\n"),
            "the time machine by h g wells i ");
}

TEST(Vocabulary, OfCharactersEncodesAndDecodes) {
  const Vocabulary v = Vocabulary::characters("h\xC3\xA9llo");
  EXPECT_EQ(v.size(), 4);
  EXPECT_EQ(v.encode("oh").to_vector(), (Numbers{2, 0}));
  EXPECT_EQ(v.decode(v.encode("\xC3\xA9llo")), "\xC3\xA9llo");
  EXPECT_EQ(v.encode("").shape(), (Shape{0}));
  expect_throws_text<ConfigError>(
      [&] { v.encode("hex"); },
      "[vocabulary] 'e' at byte 1; expected one of the 4 characters that it was made from");
  expect_throws_text<IndexError>([&] { v.token(4); }, "[vocabulary] token: 4; expected 0..3");
  expect_throws_text<ConfigError>([] { Vocabulary::characters(""); },
                                  "[vocabulary] text: empty; expected characters");
  expect_throws_text<ConfigError>(
      [] { Vocabulary::characters("a\xFF"); },
      "[vocabulary] text: no UTF-8 at byte 1; expected a text in UTF-8");
}

TEST(Vocabulary, MergesTheMostFrequentPairFirst) {
  // The example of the paper: es and then est come 9 times.
  std::string text;
  for (int i = 0; i < 5; ++i) text += " low";
  for (int i = 0; i < 2; ++i) text += " lower";
  for (int i = 0; i < 6; ++i) text += " newest";
  for (int i = 0; i < 3; ++i) text += " widest";
  const Vocabulary v = Vocabulary::byte_pairs(text, 11 + 3);
  EXPECT_EQ(v.size(), 14);
  EXPECT_EQ(v.token(11), "es");
  EXPECT_EQ(v.token(12), "est");
  EXPECT_EQ(v.token(13), " l");
  EXPECT_EQ(v.encode("lowest").numel(), 4);  // l o w est
  EXPECT_EQ(v.decode(v.encode(text)), text);
  expect_throws_text<ConfigError>(
      [&] { Vocabulary::byte_pairs(text, 3); },
      "[vocabulary] size: 3; expected at least 11, the number of characters");
  // It ends where no pair comes twice.
  EXPECT_EQ(Vocabulary::byte_pairs("ab", 10).size(), 2);
}

TEST(Vocabulary, OfALongTextComesBackWhole) {
  const auto file = find_data("timemachine", {"timemachine.txt"});
  if (file.empty()) GTEST_SKIP() << "no timemachine.txt here; ./gradus data timemachine gets it";
  const std::string text = read_text(file);
  EXPECT_EQ(text.size(), 178979u);
  const std::string letters = letters_only(text);
  EXPECT_EQ(Vocabulary::characters(letters).size(), 27);
  const Vocabulary v = Vocabulary::byte_pairs(std::string_view(text).substr(0, 40000), 300);
  EXPECT_EQ(v.size(), 300);
  const std::string part = text.substr(1000, 9000);
  const Tensor ids = v.encode(part);
  EXPECT_LT(ids.numel(), 9000 * 6 / 10);
  EXPECT_EQ(v.decode(ids), part);
}

TEST(Sequences, HaveTheNextTokensAsTargets) {
  const DatasetRef all = sequences(arange(10), 4);
  Generator rng;
  EXPECT_EQ(all->size(), 6);
  EXPECT_EQ(all->at(5, rng).x.to_vector(), (Numbers{5, 6, 7, 8}));
  EXPECT_EQ(all->at(5, rng).y.to_vector(), (Numbers{6, 7, 8, 9}));
  EXPECT_THROW(all->at(6, rng), IndexError);
  expect_throws_text<ConfigError>(
      [] { sequences(arange(4), 4); },
      "[sequences] length: 4 with 4 tokens; expected length >= 1 and at least 5 tokens");
  expect_throws_text<ShapeError>([] { sequences(zeros({4}), 2); },
                                 "[sequences] tokens is float32 [4]; expected int64 [T]");
}

TEST(SequentialBatches, GoOnWhereTheOneBeforeEnded) {
  // The book's example: 35 tokens, 2 rows, 5 steps.
  const auto batches = sequential_batches(arange(35), 2, 5);
  ASSERT_EQ(batches.size(), 3u);
  EXPECT_EQ(batches[0].x.to_vector(), (Numbers{0, 1, 2, 3, 4, 17, 18, 19, 20, 21}));
  EXPECT_EQ(batches[0].y.to_vector(), (Numbers{1, 2, 3, 4, 5, 18, 19, 20, 21, 22}));
  EXPECT_EQ(batches[2].x.to_vector(), (Numbers{10, 11, 12, 13, 14, 27, 28, 29, 30, 31}));
  EXPECT_EQ(sequential_batches(arange(35), 2, 5, 3)[0].x.to_vector()[0], 3);
  expect_throws_text<ConfigError>([] { sequential_batches(arange(10), 2, 5); },
                                  "[sequential_batches] length: 5 with 10 tokens; expected length "
                                  ">= 1 and at least 11 tokens");
}

}  // namespace
}  // namespace gradus::data
