#pragma once
// A number that is a formula: running a rule with it writes the rule down.
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "optim/tiers.h"

namespace gradus::optim::symbolic {

// A namespace of its own: rules find these functions through their argument alone.

/// The outcome of a comparison of formulas. As a bool it is false: of an `if` in a rule only the
/// other branch is shown; select() shows both.
class SymbolTest {
 public:
  explicit SymbolTest(std::string text) : text_(std::move(text)) {}
  explicit operator bool() const { return false; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// A number that is written as the letter s: what a scaled rule finds out in its first pass.
inline constexpr double kScale = std::numeric_limits<double>::quiet_NaN();

/// "0.9*m + 0.1*g". Products with 1, sums with 0 and the like are left out.
class Symbol {
 public:
  Symbol(double number);  // NOLINT: implicit, as numbers in rules are
  Symbol(std::string text, int rank) : text_(std::move(text)), rank_(rank) {}
  static Symbol letter(std::string name) { return {std::move(name), kAtom}; }

  const std::string& text() const { return text_; }
  bool is(double number) const { return number_ && value_ == number; }

  Symbol operator-() const;
  friend Symbol operator+(const Symbol& a, const Symbol& b);
  friend Symbol operator-(const Symbol& a, const Symbol& b);
  friend Symbol operator*(const Symbol& a, const Symbol& b);
  friend Symbol operator/(const Symbol& a, const Symbol& b);
  Symbol& operator+=(const Symbol& b) { return *this = *this + b; }
  Symbol& operator-=(const Symbol& b) { return *this = *this - b; }
  Symbol& operator*=(const Symbol& b) { return *this = *this * b; }
  Symbol& operator/=(const Symbol& b) { return *this = *this / b; }

  // How tightly the outermost operation binds.
  static constexpr int kSum = 0, kProduct = 1, kAtom = 2;
  /// The text, in parentheses if it binds less than `rank`.
  std::string inside(int rank) const { return rank_ < rank ? "(" + text_ + ")" : text_; }

 private:
  std::string text_;
  int rank_;
  bool number_ = false;
  double value_ = 0;
};

Symbol called(const char* function, const Symbol& a);
Symbol called(const char* function, const Symbol& a, const Symbol& b);

#define GRADUS_SYMBOL_FUNCTION(name) \
  inline Symbol name(const Symbol& x) { return called(#name, x); }
GRADUS_SYMBOL_FUNCTION(sqrt)
GRADUS_SYMBOL_FUNCTION(exp)
GRADUS_SYMBOL_FUNCTION(log)
GRADUS_SYMBOL_FUNCTION(abs)
GRADUS_SYMBOL_FUNCTION(tanh)
GRADUS_SYMBOL_FUNCTION(floor)
#undef GRADUS_SYMBOL_FUNCTION
inline Symbol sign_of(const Symbol& x) { return called("sign", x); }
inline Symbol larger(const Symbol& a, const Symbol& b) { return called("max", a, b); }
inline Symbol smaller(const Symbol& a, const Symbol& b) { return called("min", a, b); }
inline Symbol pow(const Symbol& a, const Symbol& b) { return called("pow", a, b); }

#define GRADUS_SYMBOL_TEST(op)                                      \
  inline SymbolTest operator op(const Symbol& a, const Symbol& b) { \
    return SymbolTest(a.text() + " " #op " " + b.text());           \
  }
GRADUS_SYMBOL_TEST(<)
GRADUS_SYMBOL_TEST(>)
GRADUS_SYMBOL_TEST(<=)
GRADUS_SYMBOL_TEST(>=)
GRADUS_SYMBOL_TEST(==)
GRADUS_SYMBOL_TEST(!=)
#undef GRADUS_SYMBOL_TEST
inline Symbol select(const SymbolTest& c, const Symbol& a, const Symbol& b) {
  return {"(" + c.text() + " ? " + a.text() + " : " + b.text() + ")", Symbol::kAtom};
}
inline Symbol select(bool c, const Symbol& a, const Symbol& b) { return c ? a : b; }

/// A number as formulas show it: six digits.
std::string number_text(double value);

/// One line per array: "m' = 0.9*m + 0.1*g", with ' for the new value, state first, theta last.
/// `names` and `after` are the arrays and what the rule made of them, theta first; `sums` the terms
/// of sums over the tensor, which are called A, B, ..., and `scale` the s that follows from them.
std::string written_down(std::span<const char* const> names, std::span<const Symbol> after,
                         std::span<const Symbol> sums = {}, const std::string& scale = "");

/// The rule as it stands in step t, written down; its hyper-parameters are numbers. `kept` are the
/// numbers that it keeps per parameter.
template <class Rule>
std::string formula_of(Rule rule, std::int64_t t, std::vector<double> kept) {
  constexpr std::size_t kStates = Rule::kState.size();
  std::array<const char*, kStates + 1> names = {"theta"};
  std::array<Symbol, kStates + 1> after = [&]<std::size_t... k>(std::index_sequence<k...>) {
    ((names[k + 1] = Rule::kState[k]), ...);
    return std::array<Symbol, kStates + 1>{Symbol::letter("theta"),
                                           Symbol::letter(Rule::kState[k])...};
  }
  (std::make_index_sequence<kStates>{});
  begin_step(rule, t, kept.data());
  if constexpr (ScaledRule<Rule>) {
    return [&]<std::size_t... k>(std::index_sequence<k...>) {
      const std::array<Symbol, Rule::kSums> sums =
          rule.measure(after[0], Symbol::letter("g"), after[k + 1]...);
      rule.set_scale(kScale);
      rule(after[0], Symbol::letter("g"), after[k + 1]...);
      return written_down(names, after, sums, rule.scale_written());
    }
    (std::make_index_sequence<kStates>{});
  }
  [&]<std::size_t... k>(std::index_sequence<k...>) {
    rule(after[0], Symbol::letter("g"), after[k + 1]...);
  }
  (std::make_index_sequence<kStates>{});
  return written_down(names, after);
}

}  // namespace gradus::optim::symbolic
