// The header of a .npy is a Python dictionary, such as
//   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
// of which this reads what NumPy writes, and says what is wrong with anything else.
#include <charconv>
#include <optional>

#include "tensor/error.h"
#include "tensor/io/npy_format.h"

namespace gradus::io {
namespace {

constexpr const char* kExpectedTypes =
    "; expected bool, uint8, int32, int64, float16, float32 or float64; ";

struct TypeName {
  std::string name, advice;
};

// Types of NumPy that Gradus lacks, by what follows the byte order in their code.
TypeName foreign_type(std::string_view code) {
  const char kind = code.empty() ? ' ' : code[0];
  int bytes = 0;
  if (!code.empty()) std::from_chars(code.data() + 1, code.data() + code.size(), bytes);
  // numpy.longdouble has up to 16 bytes; codes with more are no type.
  const bool has_bits = bytes > 0 && bytes <= 32;
  const std::string bits = has_bits ? std::to_string(8 * bytes) : "";
  switch (kind) {
    case 'c':
      return {"complex" + bits, "save x.real and x.imag on their own"};
    case 'i':
    case 'u':
      return {(kind == 'i' ? "int" : "uint") + bits,
              "convert it in NumPy, as with x.astype('int64')"};
    case 'f':
      return {"float" + bits, "convert it in NumPy, as with x.astype('float64')"};
    case 'S':
    case 'a':
    case 'U':
    case 'T':
      return {"text", "save numbers, such as the positions of the words in a list"};
    case 'O':
      return {"Python object",
              "objects are pickled, and reading them would run code; save plain numbers"};
    case 'M':
    case 'm':
      return {"time", "convert it in NumPy, as with x.astype('int64')"};
    case 'V':
      return {"raw bytes", "save bfloat16 as .safetensors, and fields of records on their own"};
    default:
      return {"unknown", "convert it in NumPy, as with x.astype('float32')"};
  }
}

class Parser {
 public:
  Parser(const Place& place, std::string_view text) : place_(place), text_(text) {}

  NpyHeader parse() {
    expect('{', "'{'");
    while (!take('}')) {
      entry();
      if (take(',')) continue;
      expect('}', "',' or '}'");
      break;
    }
    skip_blanks();
    if (at_ < text_.size()) fail("the end");
    if (!descr_ || !order_ || !shape_) {
      place_.fail("the header " + in_quotes(text_) + " lacks '" +
                  (!descr_   ? "descr"
                   : !order_ ? "fortran_order"
                             : "shape") +
                  "'; expected 'descr', 'fortran_order' and 'shape'");
    }
    NpyHeader header;
    header.fortran_order = *order_;
    header.shape = *shape_;
    set_type(header);
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& expected) const {
    place_.fail("the header " + in_quotes(text_) + " is malformed at character " +
                std::to_string(at_) + "; expected " + expected);
  }
  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n\f").find(text_[at_]) != text_.npos) {
      ++at_;
    }
  }
  char peek() {
    skip_blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  void expect(char c, const std::string& what) {
    if (!take(c)) fail(what);
  }
  bool take_word(std::string_view word) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  std::string_view string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("a string in quotes");
    const std::size_t begin = at_ + 1, end = text_.find(quote, begin);
    const std::string_view inside = text_.substr(begin, end - begin);
    if (end == text_.npos || inside.find('\\') != text_.npos) fail("a string without escapes");
    at_ = end + 1;
    return inside;
  }

  void entry() {
    const std::size_t begin = at_;
    const std::string_view key = string();
    expect(':', "':'");
    const bool twice = (key == "descr" && descr_) || (key == "fortran_order" && order_) ||
                       (key == "shape" && shape_);
    if (twice) {
      place_.fail("the header has " + in_quotes(key) + " twice; expected each key once");
    }
    if (key == "descr") {
      if (peek() == '[' || peek() == '(') {
        throw DTypeError(place_.text("elements with fields (a structured array)") + kExpectedTypes +
                         "save each field on its own");
      }
      descr_ = string();
    } else if (key == "fortran_order") {
      if (take_word("True")) {
        order_ = true;
      } else if (take_word("False")) {
        order_ = false;
      } else {
        fail("True or False");
      }
    } else if (key == "shape") {
      shape();
    } else {
      at_ = begin;
      fail("'descr', 'fortran_order' or 'shape'");
    }
  }

  void shape() {
    expect('(', "a tuple of sizes");
    const std::size_t begin = at_ - 1;
    Shape shape;
    int count = 0;
    bool comma = true;
    while (!take(')')) {
      if (!comma) fail("',' or ')'");
      const std::int64_t size = number(begin);
      if (++count <= Dims::kMaxRank) shape.push_back(size);
      comma = take(',');
    }
    if (count == 1 && !comma) {
      --at_;
      fail("',' since (3) is no tuple in Python, and (3,) is");
    }
    if (count > Dims::kMaxRank) {
      throw ShapeError(place_.text("an array with " + std::to_string(count) +
                                   " axes; expected at most 8; merge some in NumPy with reshape"));
    }
    shape_ = shape;
  }

  std::int64_t number(std::size_t tuple) {
    const char first = peek();
    if (first != '-' && (first < '0' || first > '9')) fail("a size");
    std::int64_t value = 0;
    const char* const end = text_.data() + text_.size();
    const auto [rest, error] = std::from_chars(text_.data() + at_, end, value);
    if (error == std::errc::invalid_argument) fail("a size");
    const std::size_t after = static_cast<std::size_t>(rest - text_.data());
    if (error != std::errc() || value < 0) {
      place_.fail("the shape " + in_quotes(text_.substr(tuple, after - tuple)) + " has the size " +
                  std::string(text_.substr(at_, std::min<std::size_t>(after - at_, 40))) +
                  "; expected 0..9223372036854775807");
    }
    at_ = after;
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // as Python 2 wrote long numbers
    return value;
  }

  void set_type(NpyHeader& header) const {
    std::string_view code = *descr_;
    if (!code.empty() && std::string_view("<>=|").find(code[0]) != code.npos) {
      header.big_endian = code[0] == '>';
      code.remove_prefix(1);
    }
    constexpr struct {
      std::string_view code;
      DType dtype;
    } kTypes[] = {{"b1", kBool},  {"?", kBool},     {"u1", kUInt8},   {"i4", kInt32},
                  {"i8", kInt64}, {"f2", kFloat16}, {"f4", kFloat32}, {"f8", kFloat64}};
    for (const auto& type : kTypes) {
      if (code != type.code && *descr_ != name(type.dtype)) continue;
      header.dtype = type.dtype;
      return;
    }
    const auto [foreign, advice] = foreign_type(code);
    throw DTypeError(place_.text("elements of type " + in_quotes(foreign) + " (" +
                                 in_quotes(*descr_) + ")" + kExpectedTypes + advice));
  }

  const Place& place_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<std::string_view> descr_;
  std::optional<bool> order_;
  std::optional<Shape> shape_;
};

}  // namespace

NpyHeader parse_npy_dictionary(const Place& place, std::string_view text) {
  return Parser(place, text).parse();
}

}  // namespace gradus::io
