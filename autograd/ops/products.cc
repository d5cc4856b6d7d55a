#include "autograd/ops/products.h"

#include <algorithm>
#include <cctype>

#include "autograd/ops/diagonal.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/permute.h"
#include "autograd/ops/reshape.h"
#include "autograd/ops/sum_to.h"
#include "autograd/ops/transpose.h"
#include "tensor/elementwise/mul.h"

namespace gradus {
namespace {

bool has(std::string_view labels, char label) { return labels.find(label) != labels.npos; }

// Letters that `used` does not have; there are 52 and no more than eight axes need one.
std::string free_letters(const std::string& used) {
  std::string letters;
  for (char c = 'A'; c <= 'z'; ++c) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0 && !has(used, c)) letters += c;
  }
  return letters;
}

// A term whose letters are all different: repeated ones are replaced by a diagonal.
Variable without_repeats(Variable x, std::string& labels) {
  for (std::size_t i = 0; i < labels.size();) {
    const std::size_t again = labels.find(labels[i], i + 1);
    if (again == labels.npos) {
      ++i;
      continue;
    }
    const char label = labels[i];
    x = diagonal(x, 0, static_cast<int>(i), static_cast<int>(again));
    labels.erase(again, 1);
    labels.erase(i, 1);
    labels += label;
  }
  return x;
}

struct Terms {
  std::vector<std::string> inputs;
  std::string output;
};

// The letters of a valid equation, with letters in place of "...".
Terms letters_of(std::string_view equation, std::span<const Variable> operands) {
  std::string text, used;
  for (char c : equation) {
    if (c != ' ') text += c;
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) used += c;
  }
  const std::size_t arrow = text.find("->");
  std::string left = text.substr(0, arrow) + ",";
  Terms terms;
  std::size_t under_dots = 0;
  for (std::size_t comma; (comma = left.find(',')) != left.npos; left.erase(0, comma + 1)) {
    terms.inputs.push_back(left.substr(0, comma));
    const std::string& term = terms.inputs.back();
    if (!has(term, '.')) continue;
    const auto rank = static_cast<std::size_t>(operands[terms.inputs.size() - 1].rank());
    under_dots = std::max(under_dots, rank + 3 - term.size());
  }
  const std::string dots = free_letters(used).substr(0, under_dots);
  if (arrow != text.npos) {
    terms.output = text.substr(arrow + 2);
  } else {
    std::sort(used.begin(), used.end());
    terms.output = dots.empty() ? "" : "...";
    for (char c : used) {
      if (std::count(used.begin(), used.end(), c) == 1) terms.output += c;
    }
  }
  // The axes under "..." are aligned at their last one.
  const auto spell_out = [&](std::string& term, std::size_t axes) {
    const std::size_t at = term.find("...");
    if (at != term.npos) term.replace(at, 3, dots.substr(dots.size() - axes));
  };
  for (std::size_t i = 0; i < terms.inputs.size(); ++i) {
    const auto rank = static_cast<std::size_t>(operands[i].rank());
    spell_out(terms.inputs[i], rank + 3 - std::min(rank + 3, terms.inputs[i].size()));
  }
  spell_out(terms.output, dots.size());
  return terms;
}

std::string equation_of(const std::vector<std::string>& terms, const std::string& output) {
  std::string equation;
  for (const std::string& term : terms) equation += term + ",";
  equation.pop_back();
  return equation + "->" + output;
}

Variable tensordot_of(Tensor y, const Operand& a, const Operand& b, const Axes& a_axes,
                      const Axes& b_axes) {
  const std::string letters = free_letters("");
  std::string left = letters.substr(0, a.value().rank());
  std::string right = letters.substr(left.size(), b.value().rank()), output = left;
  for (int i = 0; i < a_axes.rank(); ++i) {
    const char label = left[normalize_axis("tensordot", a_axes[i], a.value().shape())];
    right[normalize_axis("tensordot", b_axes[i], b.value().shape())] = label;
    std::erase(output, label);
  }
  for (char label : right) {
    if (!has(left, label)) output += label;
  }
  return record_result(ops::Tensordot{{{left, right}, output}}, std::move(y), a, b);
}

}  // namespace

void ops::Outer::backward(Gradients& d) const {
  if (d.needs(0)) d.set(0, matmul(d.dy(), d.x(1)));
  if (d.needs(1)) d.set(1, matmul(transpose(d.dy()), d.x(0)));
}

void ops::Dot::backward(Gradients& d) const {
  if (d.needs(0)) d.set(0, d.dy() * d.x(1));
  if (d.needs(1)) d.set(1, d.dy() * d.x(0));
}

Variable tensordot(Operand a, Operand b, int n) {
  Tensor y = tensordot(a.value(), b.value(), n);
  Axes a_axes, b_axes;
  for (int i = 0; i < n; ++i) {
    a_axes.push_back(a.value().rank() - n + i);
    b_axes.push_back(i);
  }
  return tensordot_of(std::move(y), a, b, a_axes, b_axes);
}

Variable tensordot(Operand a, Operand b, const Axes& a_axes, const Axes& b_axes) {
  Tensor y = tensordot(a.value(), b.value(), a_axes, b_axes);
  return tensordot_of(std::move(y), a, b, a_axes, b_axes);
}

Variable einsum(std::string_view equation, std::span<const Variable> operands,
                std::source_location where) {
  Tensor y = einsum(equation, values_of(operands));  // checks the equation
  bool wanted = false;
  for (const Variable& x : operands) wanted = wanted || x.requires_grad();
  if (!wanted || !grad_enabled()) return y;
  Terms terms = letters_of(equation, operands);
  std::vector<Variable> inputs;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    inputs.push_back(without_repeats(operands[i], terms.inputs[i]));
  }
  return record_many(ops::Einsum{std::move(terms.inputs), std::move(terms.output)}, std::move(y),
                     inputs, where);
}

void ops::Einsum::backward(Gradients& d) const {
  for (std::size_t k = 0; k < terms.size(); ++k) {
    const int input = static_cast<int>(k);
    if (!d.needs(input)) continue;
    std::vector<Variable> factors{d.dy()};
    std::vector<std::string> labels{output};
    std::string others = output;
    for (std::size_t j = 0; j < terms.size(); ++j) {
      if (j == k) continue;
      factors.push_back(d.x(static_cast<int>(j)));
      labels.push_back(terms[j]);
      others += terms[j];
    }
    // Letters of size 1 were repeated, so they are summed; letters that nobody else has were
    // summed, so they are repeated.
    const Shape& x = d.shape(input);
    std::string kept;
    Shape seen = x;
    for (int axis = 0; axis < x.rank(); ++axis) {
      if (x[axis] != 1 && has(others, terms[k][axis])) {
        kept += terms[k][axis];
      } else {
        seen[axis] = 1;
      }
    }
    Variable dx = einsum(equation_of(labels, kept), factors);
    for (int axis = 0, at = 0; axis < x.rank(); ++axis) {
      if (at < static_cast<int>(kept.size()) && kept[at] == terms[k][axis]) {
        seen[axis] = dx.shape()[at++];
      }
    }
    d.set(input, expand(reshape(dx, seen), x));
  }
}

}  // namespace gradus
