#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"

namespace gradus::data {

/// A whole text file, plain or compressed with gzip. Throws IoError.
std::string read_text(const std::filesystem::path& file);
/// As the textbook prepares The Time Machine: lower-case letters, everything between two words one
/// blank. Source: Zhang, Lipton, Li, Smola, "Dive into Deep Learning", section 9.2.
std::string letters_only(std::string_view text);

/// Texts as numbers: every character (a code point of UTF-8) of a text is a token, in the order of
/// code points; or, after pairs were merged, the longer tokens as well.
class Vocabulary {
 public:
  /// The characters of a text. Throws ConfigError for a text that is empty or no UTF-8.
  static Vocabulary characters(std::string_view text);
  /// Byte-pair encoding: starts from the characters and, until there are `size` tokens or no pair
  /// comes twice, makes the most frequent pair of neighbours a token (of several, the one whose
  /// texts come first). Pairs do not reach over the beginning of a word (a blank begins one).
  /// Throws ConfigError: "[vocabulary] size: 3; expected at least 28, the number of characters".
  /// Source: Sennrich, Haddow, Birch 2016, arXiv:1508.07909, algorithm 1.
  static Vocabulary byte_pairs(std::string_view text, std::int64_t size);

  std::int64_t size() const { return static_cast<std::int64_t>(tokens_.size()); }
  const std::string& token(std::int64_t id) const;
  /// Shapes: int64 [number of tokens]. Throws ConfigError for a character that it lacks:
  ///   "[vocabulary] 'é' at byte 17; expected one of the 65 characters that it was made from"
  Tensor encode(std::string_view text) const;
  /// The text of these tokens. Shapes: ids int64 [T]. Throws IndexError.
  std::string decode(const Tensor& ids) const;

 private:
  std::vector<std::int64_t> split(std::string_view text) const;

  std::vector<std::string> tokens_;
  std::map<std::string, std::int64_t, std::less<>> ids_;
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> merges_;  // lower ids come first
};

/// All sequences of `length` tokens, with the tokens that follow each: sample i is
/// x = tokens[i .. i + length), y = tokens[i + 1 .. i + length + 1), both int64 [length]. For
/// batches of random sequences, shuffle them.
/// Shapes: tokens int64 [T]. Throws ConfigError unless 1 <= length < T.
DatasetRef sequences(const Tensor& tokens, std::int64_t length);

/// Batches whose rows go on where those of the batch before ended, so that a state may be carried
/// over: `batch_size` rows of equal parts of the text, cut every `length` tokens; what is left over
/// is dropped. Shapes: x, y int64 [batch_size, length]. offset: tokens skipped at the beginning,
/// other ones in each epoch. Throws ConfigError when there are fewer tokens than one batch.
/// Source: Zhang, Lipton, Li, Smola, "Dive into Deep Learning", first edition, section 8.3.
std::vector<Batch> sequential_batches(const Tensor& tokens, std::int64_t batch_size,
                                      std::int64_t length, std::int64_t offset = 0);

}  // namespace gradus::data
