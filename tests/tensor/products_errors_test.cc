// Whole texts of what outer, dot, tensordot and einsum throw.
#include <gtest/gtest.h>

#include "tensor/construct.h"
#include "tensor/products.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

TEST(ProductsErrors, OfVectorsNameTheShape) {
  expect_throws_text<ShapeError>(
      [] {
        outer(ones({2, 1}), ones({3}));
      },
      "[outer] a: shape [2, 1]; expected one axis");
  expect_throws_text<ShapeError>([] { outer(ones({2}), ones({})); },
                                 "[outer] b: shape []; expected one axis");
  expect_throws_text<ShapeError>(
      [] {
        dot(ones({2}), ones({2, 2}));
      },
      "[dot] b: shape [2, 2]; expected one axis");
  expect_throws_text<ShapeError>(
      [] { dot(ones({2}), ones({3})); },
      "[dot] a is [2] and b is [3]: sizes 2 and 3 differ; expected equal sizes");
  expect_throws_text<Error>(
      [] { dot(Tensor(), ones({3})); },
      "[dot] a: undefined tensor; expected one with elements; was it default constructed?");
}

TEST(ProductsErrors, OfTensordotNameTheAxes) {
  const Tensor a = ones({2, 3}), b = ones({3, 4}), c = ones({5, 4});
  expect_throws_text<ShapeError>([&] { tensordot(a, c, 1); },
                                 "[tensordot] a is [2, 3] and b is [5, 4]: sizes 3 of axis 1 and "
                                 "5 of axis 0 differ; expected equal sizes, or 1");
  expect_throws_text<ConfigError>(
      [&] { tensordot(a, b, 3); },
      "[tensordot] n: 3; expected 0..2 for a of shape [2, 3] and b of shape [3, 4]");
  expect_throws_text<ConfigError>(
      [&] { tensordot(a, b, -1); },
      "[tensordot] n: -1; expected 0..2 for a of shape [2, 3] and b of shape [3, 4]");
  expect_throws_text<ConfigError>(
      [&] {
        tensordot(a, b, Axes{1}, Axes{0, 1});
      },
      "[tensordot] a_axes: [1] and b_axes: [0, 1]; expected lists of equal length");
  expect_throws_text<ConfigError>(
      [&] {
        tensordot(a, b, Axes{1, -1}, Axes{0, 1});
      },
      "[tensordot] axes: [1, -1] names an axis twice; expected each at most once");
  expect_throws_text<IndexError>(
      [&] { tensordot(a, b, Axes{2}, Axes{0}); },
      "[tensordot] axis: 2; expected -2..1 for a tensor of shape [2, 3]");
  expect_throws_text<ShapeError>(
      [&] {
        tensordot(ones({1, 1, 1, 1, 1}), ones({1, 1, 1, 1}), 0);
      },
      "[tensordot] a is [1, 1, 1, 1, 1] and b is [1, 1, 1, 1]: 9 axes are left; expected at most "
      "8");
}

TEST(ProductsErrors, OfAnEquationQuoteItAndNameThePosition) {
  const Tensor a = ones({2, 3});
  const std::string expected =
      "; expected letters, spaces, \"...\", \",\" between operands and one \"->\" before the "
      "output";
  expect_throws_text<ConfigError>([&] { einsum("i?", {a}); },
                                  "[einsum] equation: \"i?\" has '?' at position 1" + expected);
  expect_throws_text<ConfigError>([&] { einsum("..i", {a}); },
                                  "[einsum] equation: \"..i\" has '.' at position 0" + expected);
  expect_throws_text<ConfigError>(
      [&] { einsum("ij->i->j", {a}); },
      "[einsum] equation: \"ij->i->j\" has '-' at position 5" + expected);
  expect_throws_text<ConfigError>(
      [&] { einsum("ij->i,j", {a}); },
      "[einsum] equation: \"ij->i,j\" has ',' at position 5" + expected);
  expect_throws_text<ConfigError>(
      [&] { einsum("i......", {a}); },
      "[einsum] equation: \"i......\" has a second \"...\" in one term at position 4; expected at "
      "most one");
  expect_throws_text<ConfigError>(
      [&] { einsum("ij->ii", {a}); },
      "[einsum] equation: \"ij->ii\" has the output letter 'i' twice; expected each at most once");
  expect_throws_text<ConfigError>([&] { einsum("ij->k", {a}); },
                                  "[einsum] equation: \"ij->k\" has the output letter 'k' that no "
                                  "operand has; expected letters "
                                  "of the operands");
  expect_throws_text<ConfigError>(
      [&] { einsum("ij,jk", {a}); },
      "[einsum] operands: 1 given; expected 2, one for each term of \"ij,jk\"");
  expect_throws_text<ConfigError>(
      [&] { einsum("ij", std::span<const Tensor>()); },
      "[einsum] operands: 0 given; expected 1, one for each term of \"ij\"");
  expect_throws_text<Error>(
      [&] {
        einsum("ij,jk", {a, Tensor()});
      },
      "[einsum] operand 1: undefined tensor; expected one with elements; was it default "
      "constructed?");
}

TEST(ProductsErrors, OfOperandsNameTheLetterAndBothShapes) {
  const Tensor a = ones({2, 3});
  expect_throws_text<ShapeError>(
      [&] {
        einsum("ij,jk", {a, ones({4, 5})});
      },
      "[einsum] operand 0 is [2, 3] and operand 1 is [4, 5]: sizes 3 and 4 of letter 'j' differ; "
      "expected equal sizes, or 1");
  expect_throws_text<ShapeError>(
      [&] {
        einsum("ij,jk,kl", {ones({2, 1}), ones({3, 4}), ones({5, 4})});
      },
      "[einsum] operand 1 is [3, 4] and operand 2 is [5, 4]: sizes 4 and 5 of letter 'k' differ; "
      "expected equal sizes, or 1");
  expect_throws_text<ShapeError>(
      [&] {
        einsum("...i,...i", {a, ones({4, 3})});
      },
      "[einsum] operand 0 is [2, 3] and operand 1 is [4, 3]: sizes 2 and 4 of axis -1 of the "
      "ellipsis differ; expected equal sizes, or 1");
  expect_throws_text<ShapeError>(
      [&] {
        einsum("ii", {ones({1, 3})});
      },
      "[einsum] operand 0 is [1, 3]: sizes 1 and 3 of the repeated "
      "letter 'i' differ; expected equal sizes");
  expect_throws_text<ShapeError>(
      [&] { einsum("ijk", {a}); },
      "[einsum] operand 0 is [2, 3]: 2 axes; expected 3 for the letters \"ijk\"");
  expect_throws_text<ShapeError>(
      [&] {
        einsum("ij,...jk", {a, ones({3})});
      },
      "[einsum] operand 1 is [3]: 1 axis; expected at least 2 for the letters \"...jk\"");
  expect_throws_text<ShapeError>(
      [&] {
        einsum("abcde,fghi", {ones({1, 1, 1, 1, 1}), ones({1, 1, 1, 1})});
      },
      "[einsum] result: 9 axes for \"abcde,fghi\"; expected at most 8");
  // Every letter is in two operands, so that none can be summed before the first product.
  const Tensor x = Tensor(ones({})).expand({2, 2, 2, 2, 2, 2, 2, 2});
  expect_throws_text<ShapeError>(
      [&] {
        einsum("abcdefgh,abcijklm,deijknop,fghlmnop->", {x, x, x, x});
      },
      "[einsum] operands: the product of any two has 10 axes or more; expected at most 8; sum over "
      "some of them first");
}

}  // namespace
}  // namespace gradus::testing
