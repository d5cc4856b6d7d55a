#include "data/text.h"

#include <algorithm>
#include <set>

#include "data/bytes.h"
#include "tensor/io/input.h"

namespace gradus::data {
namespace {

using std::to_string;

// Bytes of the code point at the beginning of `text`; 0 if these are no UTF-8.
std::size_t code_point_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t size = first < 0x80   ? 1
                           : first < 0xC2 ? 0
                           : first < 0xE0 ? 2
                           : first < 0xF0 ? 3
                           : first < 0xF5 ? 4
                                          : 0;
  if (size == 0 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  }
  return size;
}

[[noreturn]] void no_utf8(std::size_t at) {
  throw ConfigError("[vocabulary] text: no UTF-8 at byte " + to_string(at) +
                    "; expected a text in UTF-8");
}

using Pair = std::pair<std::int64_t, std::int64_t>;

// A different word of the text, as tokens, and how often it comes.
struct Word {
  std::vector<std::int64_t> tokens;
  std::int64_t count = 0;
};

// Joins every neighbouring pair, from the left.
void join(std::vector<std::int64_t>& tokens, const Pair& pair, std::int64_t made) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool here =
        i + 1 < tokens.size() && tokens[i] == pair.first && tokens[i + 1] == pair.second;
    tokens[kept++] = here ? made : tokens[i];
    i += here ? 1 : 0;
  }
  tokens.resize(kept);
}

bool begins_word(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// Cuts a text into words; each but the first begins with a blank.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= text.size(); ++i) {
    if (i < text.size() && !begins_word(text[i])) continue;
    words.push_back(text.substr(begin, i - begin));
    begin = i;
  }
  return words;
}

void check_length(const char* op, const Tensor& tokens, std::int64_t needed, std::int64_t length) {
  check_on_cpu(op, "tokens", tokens);
  const std::string name = "[" + std::string(op) + "] ";
  if (tokens.rank() != 1 || tokens.dtype() != kInt64) {
    throw ShapeError(name + "tokens is " + std::string(gradus::name(tokens.dtype())) + " " +
                     to_string(tokens.shape()) + "; expected int64 [T]");
  }
  if (length < 1 || tokens.numel() < needed) {
    throw ConfigError(name + "length: " + to_string(length) + " with " + to_string(tokens.numel()) +
                      " tokens; expected length >= 1 and at least " + to_string(needed) +
                      " tokens");
  }
}

}  // namespace

std::string read_text(const std::filesystem::path& file) { return read_bytes("text", file); }

std::string letters_only(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower >= 'a' && lower <= 'z') {
      out += lower;
    } else if (!out.ends_with(' ')) {
      out += ' ';
    }
  }
  return out;
}

Vocabulary Vocabulary::characters(std::string_view text) {
  if (text.empty()) throw ConfigError("[vocabulary] text: empty; expected characters");
  std::set<std::string> all;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = code_point_size(text.substr(i));
    if (size == 0) no_utf8(i);
    all.emplace(text.substr(i, size));
    i += size;
  }
  Vocabulary made;
  for (const std::string& token : all) {  // UTF-8 sorts as code points do
    made.ids_.emplace(token, made.size());
    made.tokens_.push_back(token);
  }
  return made;
}

Vocabulary Vocabulary::byte_pairs(std::string_view text, std::int64_t size) {
  Vocabulary made = characters(text);
  if (size < made.size()) {
    throw ConfigError("[vocabulary] size: " + to_string(size) + "; expected at least " +
                      to_string(made.size()) + ", the number of characters");
  }
  std::map<std::string_view, std::int64_t> counts;
  for (const std::string_view word : words_of(text)) ++counts[word];
  std::vector<Word> words;
  for (const auto& [word, count] : counts) words.push_back({made.split(word), count});
  while (made.size() < size) {
    std::map<Pair, std::int64_t> pairs;
    for (const Word& word : words) {
      for (std::size_t i = 0; i + 1 < word.tokens.size(); ++i) {
        pairs[{word.tokens[i], word.tokens[i + 1]}] += word.count;
      }
    }
    const auto texts = [&](const Pair& p) {
      return std::pair(made.token(p.first), made.token(p.second));
    };
    const auto best = std::max_element(pairs.begin(), pairs.end(), [&](auto& a, auto& b) {
      return a.second != b.second ? a.second < b.second : texts(b.first) < texts(a.first);
    });
    if (best == pairs.end() || best->second < 2) break;
    const Pair pair = best->first;
    const std::int64_t id = made.size();
    made.tokens_.push_back(made.token(pair.first) + made.token(pair.second));
    made.merges_.emplace(pair, id);
    for (Word& word : words) join(word.tokens, pair, id);
  }
  return made;
}

const std::string& Vocabulary::token(std::int64_t id) const {
  if (id >= 0 && id < size()) return tokens_[static_cast<std::size_t>(id)];
  throw IndexError("[vocabulary] token: " + to_string(id) + "; expected 0.." +
                   to_string(size() - 1));
}

std::vector<std::int64_t> Vocabulary::split(std::string_view text) const {
  std::vector<std::int64_t> ids;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = code_point_size(text.substr(i));
    if (length == 0) no_utf8(i);
    const auto found = ids_.find(text.substr(i, length));
    if (found == ids_.end()) {
      throw ConfigError("[vocabulary] " + io::in_quotes(text.substr(i, length)) + " at byte " +
                        to_string(i) + "; expected one of the " + to_string(ids_.size()) +
                        " characters that it was made from");
    }
    ids.push_back(found->second);
    i += length;
  }
  return ids;
}

Tensor Vocabulary::encode(std::string_view text) const {
  std::vector<std::int64_t> ids = split(text);
  if (!merges_.empty()) {
    std::vector<std::int64_t> all;
    // A word is a run of tokens from one blank to the next.
    const auto begins = [&](std::int64_t id) { return begins_word(token(id)[0]); };
    for (std::size_t begin = 0; begin < ids.size();) {
      std::size_t end = begin + 1;
      while (end < ids.size() && !begins(ids[end])) ++end;
      std::vector<std::int64_t> word(ids.begin() + static_cast<std::ptrdiff_t>(begin),
                                     ids.begin() + static_cast<std::ptrdiff_t>(end));
      while (true) {  // the merge that was learned first comes first
        const std::pair<const Pair, std::int64_t>* first = nullptr;
        for (std::size_t i = 0; i + 1 < word.size(); ++i) {
          const auto found = merges_.find({word[i], word[i + 1]});
          if (found != merges_.end() && (first == nullptr || found->second < first->second)) {
            first = &*found;
          }
        }
        if (first == nullptr) break;
        join(word, first->first, first->second);
      }
      all.insert(all.end(), word.begin(), word.end());
      begin = end;
    }
    ids = std::move(all);
  }
  const Tensor x = Tensor::empty({static_cast<std::int64_t>(ids.size())}, kInt64);
  if (!ids.empty()) std::copy(ids.begin(), ids.end(), x.data<std::int64_t>());
  return x;
}

std::string Vocabulary::decode(const Tensor& ids) const {
  std::string text;
  const Tensor row = ids.to(kInt64).contiguous();
  for (std::int64_t i = 0; i < row.numel(); ++i) text += token(row.data<std::int64_t>()[i]);
  return text;
}

DatasetRef sequences(const Tensor& tokens, std::int64_t length) {
  check_length("sequences", tokens, length + 1, length);
  struct Windows final : Dataset {
    std::int64_t size() const override { return tokens.numel() - length; }
    Sample at(std::int64_t i, Generator&) const override {
      if (i < 0 || i >= size()) {
        throw IndexError("[sequences] sample: " + to_string(i) + "; expected 0.." +
                         to_string(size() - 1));
      }
      return {tokens.narrow(0, i, length), tokens.narrow(0, i + 1, length)};
    }
    Tensor tokens;
    std::int64_t length = 0;
  };
  auto made = std::make_shared<Windows>();
  made->tokens = tokens;
  made->length = length;
  return made;
}

std::vector<Batch> sequential_batches(const Tensor& tokens, std::int64_t batch_size,
                                      std::int64_t length, std::int64_t offset) {
  if (batch_size < 1 || offset < 0) {
    throw ConfigError("[sequential_batches] batch_size, offset: " + to_string(batch_size) + ", " +
                      to_string(offset) + "; expected >= 1 and >= 0");
  }
  check_length("sequential_batches", tokens, offset + batch_size * length + 1, length);
  const std::int64_t columns = (tokens.numel() - offset - 1) / batch_size;
  const auto rows = [&](std::int64_t begin) {
    return tokens.narrow(0, begin, batch_size * columns).reshape({batch_size, columns});
  };
  const Tensor x = rows(offset), y = rows(offset + 1);
  std::vector<Batch> batches;
  for (std::int64_t t = 0; t + length <= columns; t += length) {
    batches.push_back({x.narrow(1, t, length), y.narrow(1, t, length)});
  }
  return batches;
}

}  // namespace gradus::data
