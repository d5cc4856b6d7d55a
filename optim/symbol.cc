#include "optim/symbol.h"

#include <cctype>
#include <cmath>
#include <cstdio>
#include <vector>

namespace gradus::optim::symbolic {
namespace {

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_'; }

// Puts `name` wherever `old` stands as a whole, with or without parentheses.
void put_name(std::string& text, const std::string& old, const std::string& name) {
  for (const std::string& part : {"(" + old + ")", old}) {
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos;) {
      const std::size_t end = at + part.size();
      const bool open = part[0] == '(';
      const bool call = open && at > 0 && in_word(text[at - 1]);  // sqrt(...) keeps its own
      const bool cut = (!open && at > 0 && in_word(text[at - 1])) ||
                       (end < text.size() && (in_word(text[end]) || text[end] == '\''));
      if (cut) {
        ++at;
        continue;
      }
      const std::string with = call ? "(" + name + ")" : name;
      text.replace(at, part.size(), with);
      at += with.size();
    }
  }
}

}  // namespace

std::string number_text(double value) {
  if (std::isnan(value)) return "s";
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

Symbol::Symbol(double number)
    : text_(number_text(number)), rank_(number < 0 ? kSum : kAtom), number_(true), value_(number) {}

Symbol Symbol::operator-() const {
  if (number_) return {-value_};
  return {"-" + inside(kProduct), kSum};
}

Symbol operator+(const Symbol& a, const Symbol& b) {
  if (a.is(0)) return b;
  if (b.is(0)) return a;
  return {a.text_ + " + " + b.inside(b.number_ ? Symbol::kProduct : Symbol::kSum), Symbol::kSum};
}

Symbol operator-(const Symbol& a, const Symbol& b) {
  if (b.is(0)) return a;
  if (a.is(0)) return -b;
  return {a.text_ + " - " + b.inside(Symbol::kProduct), Symbol::kSum};
}

Symbol operator*(const Symbol& a, const Symbol& b) {
  if (a.is(0) || b.is(1)) return a;
  if (b.is(0) || a.is(1)) return b;
  return {a.inside(Symbol::kProduct) + "*" + b.inside(Symbol::kAtom), Symbol::kProduct};
}

Symbol operator/(const Symbol& a, const Symbol& b) {
  if (a.is(0) || b.is(1)) return a;
  return {a.inside(Symbol::kProduct) + "/" + b.inside(Symbol::kAtom), Symbol::kProduct};
}

Symbol called(const char* function, const Symbol& a) {
  return {std::string(function) + "(" + a.text() + ")", Symbol::kAtom};
}
Symbol called(const char* function, const Symbol& a, const Symbol& b) {
  return {std::string(function) + "(" + a.text() + ", " + b.text() + ")", Symbol::kAtom};
}

std::string written_down(std::span<const char* const> names, std::span<const Symbol> after,
                         std::span<const Symbol> sums, const std::string& scale) {
  std::vector<std::string> texts;
  for (const Symbol& each : after) texts.push_back(each.text());
  for (const Symbol& each : sums) texts.push_back(each.text());
  for (std::size_t k = 1; k < names.size(); ++k) {
    if (texts[k] == names[k]) continue;
    const std::string old = texts[k];
    for (std::size_t other = 0; other < texts.size(); ++other) {
      if (other != k) put_name(texts[other], old, std::string(names[k]) + "'");
    }
  }
  std::string result;
  for (std::size_t k = 1; k < names.size(); ++k) {
    result += std::string(names[k]) + "' = " + texts[k] + "\n";
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    result +=
        std::string(1, static_cast<char>('A' + i)) + " = sum of " + texts[names.size() + i] + "\n";
  }
  if (!scale.empty()) result += "s = " + scale + "\n";
  return result + names[0] + "' = " + texts[0] + "\n";
}

}  // namespace gradus::optim::symbolic
