#pragma once
// What an element-wise rule is, and the macros that turn one into functions.
//
// A rule is a struct with
//   static T forward(x...)              the formula,
//   static T backward(x..., y, dy)      its derivative times dy (for several arguments backward_a,
//                                       backward_b, backward_c), from the same letters,
//   kDomain                             which dtypes it takes,
//   kUsesX, kUsesY                      what backward reads; the tape keeps nothing else alive,
//   kReads[]                            only where one derivative reads less than another: for each
//                                       of them a bit per argument, lowest first, then one for y,
// as templates over T: T = float, double (and int64_t) give the kernels of every device,
// T = Variable gives the graph that higher-order gradients need. It may also have
//   double alpha = 1;  and the like: parameters, which users write as in
//                         elu(x, {.alpha = 0.5}); forward and backward are then not static,
//   void prepare(op, dtype)                  called at the door on the user's parameters: refuses
//                                            them, or fills in what depends on the result's dtype,
//   static void check(op, dtype, b)          the same for the second operand's elements,
//   kTellsBools                              bools are not computed as int64 but as bool.
#include "tensor/math.h"

#if defined(GRADUS_GPU)
// Kernels know no tensors.
#include "tensor/dtype.h"
namespace gradus {
class Tensor;
}
#else
#include "tensor/tensor.h"
#endif

namespace gradus {

class Variable;
class Operand;  // an argument of a recorded function, see autograd/variable.h

/// The dtypes of a rule's operands and result. Formulas are computed in int64, float32 or float64
/// (see compute_dtype); operands are converted on the way in, results on the way out.
enum class Domain {
  kFloating,    ///< the common dtype of the operands if it is floating, else float32
  kNumeric,     ///< the common dtype of the operands, which must not be bool
  kIntegral,    ///< the common dtype of the operands, which must be whole numbers or bool
  kComparison,  ///< any dtype in, bool out
};

/// dx of a rule: backward(x, y, dy), each with the shape of y. Instantiated beside the kernels.
template <class Rule>
Tensor unary_backward(const Tensor& x, const Tensor& y, const Tensor& dy, const Rule& rule = {});

/// Gradient of operand kOperand (0 or 1) of a rule, with the shape of y: operands are broadcast,
/// the sum over repeated elements is not yet taken.
template <class Rule, int kOperand>
Tensor binary_backward(const Tensor& a, const Tensor& b, const Tensor& y, const Tensor& dy);

/// The same for three operands.
template <class Rule, int kOperand>
Tensor ternary_backward(const Tensor& a, const Tensor& b, const Tensor& c, const Tensor& y,
                        const Tensor& dy);

/// What rules of whole numbers ask of their second operand. Throw DTypeError:
///   "[remainder] b: 0 at [1]; expected other divisors for whole numbers; convert with
///   to(kFloat32)"
///   "[pow] b: -1 at [0]; expected exponents >= 0 for whole numbers; convert with to(kFloat32)"
void expect_no_zeros(std::string_view op, const Tensor& b);
void expect_no_negatives(std::string_view op, const Tensor& b);

/// cond ? a : b by element, broadcast. cond: bool. Throws ShapeError, DTypeError.
Tensor where(const Tensor& cond, const Tensor& a, const Tensor& b);

}  // namespace gradus

// One line per rule, at column 0 behind its namespace. It declares the function for tensors and for
// variables; the build emits the definitions from the same line (tools/emit.sh).
// Throws: DTypeError for a dtype outside the domain, ShapeError when operands do not broadcast.
#define GRADUS_UNARY(Rule, function) \
  namespace gradus {                 \
  Tensor function(const Tensor& x);  \
  Variable function(Operand x);      \
  }                                  \
  static_assert(true)
#define GRADUS_BINARY(Rule, function)                \
  namespace gradus {                                 \
  Tensor function(const Tensor& a, const Tensor& b); \
  Variable function(Operand a, Operand b);           \
  }                                                  \
  static_assert(true)
#define GRADUS_TERNARY(Rule, function)                                \
  namespace gradus {                                                  \
  Tensor function(const Tensor& a, const Tensor& b, const Tensor& c); \
  Variable function(Operand a, Operand b, Operand c);                 \
  }                                                                   \
  static_assert(true)
// Rules with parameters: the last argument is the rule itself.
#define GRADUS_UNARY_WITH(Rule, function)                       \
  namespace gradus {                                            \
  Tensor function(const Tensor& x, const ops::Rule& rule = {}); \
  Variable function(Operand x, const ops::Rule& rule = {});     \
  }                                                             \
  static_assert(true)
#define GRADUS_COMPARISON_WITH(Rule, function)                                   \
  namespace gradus {                                                             \
  Tensor function(const Tensor& a, const Tensor& b, const ops::Rule& rule = {}); \
  Variable function(Operand a, Operand b, const ops::Rule& rule = {});           \
  }                                                                              \
  static_assert(true)
// Without a derivative: of one argument to bool or to whole numbers, of two to bool, of two whole
// numbers.
#define GRADUS_PREDICATE(Rule, function) GRADUS_UNARY(Rule, function)
#define GRADUS_COMPARISON(Rule, function) GRADUS_BINARY(Rule, function)
#define GRADUS_INTEGRAL(Rule, function) GRADUS_BINARY(Rule, function)
#define GRADUS_INTEGRAL_UNARY(Rule, function) GRADUS_UNARY(Rule, function)
#define GRADUS_UNARY_OPERATOR(function, op) GRADUS_UNARY(function, operator op)
#define GRADUS_BINARY_OPERATOR(function, op) GRADUS_BINARY(function, operator op)
