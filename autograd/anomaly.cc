#include "autograd/anomaly.h"

#include <cmath>
#include <string>

#include "autograd/node.h"
#include "autograd/print_tape.h"
#include "tensor/elementwise/isfinite.h"
#include "tensor/reduce.h"

namespace gradus {
namespace {

struct Census {
  std::int64_t nan = 0, inf = 0, first = -1;  // first: of those that are not finite
  double low = INFINITY, high = -INFINITY;    // of all but NaN
  bool known = false;                         // the elements are still there
};

bool is_finite(const Tensor& x) {
  return !x.defined() || !is_floating(x.dtype()) || all(isfinite(x)).item() != 0;
}

Census census(const Tensor& x) {
  Census c;
  if (!x.defined()) return c;
  c.known = true;
  const std::vector<double> values = x.to_vector();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double v = values[i];
    if (!std::isfinite(v) && c.first < 0) c.first = static_cast<std::int64_t>(i);
    if (std::isnan(v)) {
      ++c.nan;
      continue;
    }
    c.inf += std::isinf(v);
    c.low = std::min(c.low, v);
    c.high = std::max(c.high, v);
  }
  return c;
}

// A NaN, or an infinity that was not there before.
bool is_anomaly(const Census& result, bool infinite_before) {
  return result.nan > 0 || (result.inf > 0 && !infinite_before);
}

std::string found_text(const Census& c, const Shape& shape) {
  std::string text = " has ";
  if (c.nan > 0) text += std::to_string(c.nan) + " NaN, ";
  if (c.inf > 0) text += std::to_string(c.inf) + " Inf, ";
  return text + "first at " + position_text(c.first, shape) + "; expected finite numbers";
}

std::string range_text(const std::string& what, const Tensor& x, const std::string& kind) {
  const std::string text = "; " + what + ": " + kind + ", ";
  const Census c = census(x);
  if (!c.known) return text + "elements are no longer kept";
  if (x.numel() == 0) return text + "no elements";
  const auto count = [](std::int64_t n, const char* of) {
    return (n == 0 ? "no" : std::to_string(n)) + " " + of;
  };
  const std::string range =
      c.low <= c.high ? to_text(c.low) + " to " + to_text(c.high) : std::string("no number");
  return text + range + ", " + count(c.nan, "NaN") + ", " + count(c.inf, "Inf");
}

std::string inputs_text(Node& node) {
  std::string text;
  const std::span<Edge> inputs = node.inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Node* input = inputs[i].node();
    if (input == nullptr) continue;
    text += range_text("input " + std::to_string(i), input->value(), kind_and_name(*input));
  }
  return text;
}

bool has_infinity(Node& node) {
  for (const Edge& edge : node.inputs()) {
    if (edge.node() != nullptr && !is_finite(edge.node()->value()) &&
        census(edge.node()->value()).inf > 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

void AnomalyGuard::handled(Node& node) {
  if (!is_new(node) || is_finite(node.value())) return;
  const Census result = census(node.value());
  if (!is_anomaly(result, has_infinity(node))) return;
  throw AutogradError("[anomaly] " + op_text(node) + " recorded at " + to_string(node.where()) +
                      ": result " + kind_and_name(node) + found_text(result, node.value().shape()) +
                      inputs_text(node));
}

void AnomalyGuard::differentiated(Node& node, const Variable& dy, std::span<const Variable> dx) {
  const NoGradGuard no_grad;
  const auto fail = [&](const std::string& what, const Tensor& x, const Census& found) {
    throw AutogradError(
        "[anomaly] " + what + ", " + kind_text(x) + "," + found_text(found, x.shape()) +
        range_text("gradient of the result", dy.value(), kind_text(dy.value())) +
        range_text("result", node.value(), kind_and_name(node)) + inputs_text(node));
  };
  // NaN that arrives was not made by an operation: the seed, or a sum of opposite infinities.
  const Census before = is_finite(dy.value()) ? Census{} : census(dy.value());
  if (before.nan > 0) fail("gradient of the result", dy.value(), before);
  for (std::size_t i = 0; i < dx.size(); ++i) {
    if (!dx[i].defined() || is_finite(dx[i].value())) continue;
    const Census after = census(dx[i].value());
    if (!is_anomaly(after, before.inf > 0 || has_infinity(node))) continue;
    fail("gradient of input " + std::to_string(i), dx[i].value(), after);
  }
}

}  // namespace gradus
