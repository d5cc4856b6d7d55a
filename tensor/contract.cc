#include "tensor/contract.h"

#include <algorithm>
#include <limits>

#include "tensor/elementwise/mul.h"
#include "tensor/matmul.h"
#include "tensor/reduce.h"

namespace gradus {
namespace {

bool has(std::string_view labels, char label) { return labels.find(label) != labels.npos; }

std::int64_t stride_of(const Labelled& term, char label) {
  return term.x.strides()[static_cast<int>(term.labels.find(label))];
}
std::int64_t size_of(const Labelled& term, char label) {
  return term.x.shape()[static_cast<int>(term.labels.find(label))];
}

// The diagonal of repeated labels, without axes of size 1, which every product broadcasts: a view.
Labelled distinct(const Labelled& term) {
  Labelled y;
  Shape shape;
  Strides strides;
  for (int axis = 0; axis < term.x.rank(); ++axis) {
    const char label = term.labels[static_cast<std::size_t>(axis)];
    if (term.x.shape()[axis] == 1) continue;
    const std::size_t seen = y.labels.find(label);
    if (seen != std::string::npos) {
      strides[static_cast<int>(seen)] += term.x.strides()[axis];
      continue;
    }
    y.labels += label;
    shape.push_back(term.x.shape()[axis]);
    strides.push_back(term.x.strides()[axis]);
  }
  y.x = as_strided_unchecked(term.x, shape, strides, 0);
  return y;
}

// The axes in the order of `labels`, with size 1 for those that the term lacks: a view.
Tensor arranged(const Labelled& term, std::string_view labels) {
  Shape shape;
  Strides strides;
  for (char label : labels) {
    const bool own = has(term.labels, label);
    shape.push_back(own ? size_of(term, label) : 1);
    strides.push_back(own ? stride_of(term, label) : 0);
  }
  return as_strided_unchecked(term.x, shape, strides, 0);
}

// Sums over the axes whose label is not in `keep`.
Labelled summed(const Labelled& term, std::string_view keep) {
  Axes axes;
  Labelled y;
  for (int axis = 0; axis < term.x.rank(); ++axis) {
    const char label = term.labels[static_cast<std::size_t>(axis)];
    if (has(keep, label)) {
      y.labels += label;
    } else {
      axes.push_back(axis);
    }
  }
  y.x = axes.rank() == 0 ? term.x : sum(term.x, axes);
  return y;
}

// The labels of a product of two terms by their part in it.
struct Parts {
  std::string batch, left, right, inner;

  Parts(const Labelled& a, const Labelled& b, std::string_view keep) {
    for (char label : a.labels) {
      const bool shared = has(b.labels, label);
      (shared ? (has(keep, label) ? batch : inner) : left) += label;
    }
    for (char label : b.labels) {
      if (!has(a.labels, label)) right += label;
    }
  }
  std::string result() const { return batch + left + right; }
};

std::int64_t elements(std::string_view labels, const std::array<std::int64_t, 128>& size) {
  std::int64_t n = 1;
  for (char label : labels) {
    if (__builtin_mul_overflow(n, size[static_cast<std::size_t>(label)], &n)) {
      return std::numeric_limits<std::int64_t>::max() / 4;
    }
  }
  return std::min(n, std::numeric_limits<std::int64_t>::max() / 4);
}

// Every label of a and b that is not in `keep` is in both.
Labelled product(const Labelled& a, const Labelled& b, std::string_view keep,
                 const std::array<std::int64_t, 128>& size) {
  const Parts parts(a, b, keep);
  const std::string labels = parts.result();
  if (parts.inner.empty()) return {arranged(a, labels) * arranged(b, labels), labels};
  const std::int64_t n = elements(parts.left, size), k = elements(parts.inner, size),
                     m = elements(parts.right, size);
  Tensor left = arranged(a, parts.batch + parts.left + parts.inner);
  Tensor right = arranged(b, parts.batch + parts.inner + parts.right);
  if (parts.batch.empty()) {
    left = left.reshape({n, k}), right = right.reshape({k, m});
  } else {
    const std::int64_t batch = elements(parts.batch, size);
    left = left.reshape({batch, n, k}), right = right.reshape({batch, k, m});
  }
  Shape shape;
  for (char label : labels) shape.push_back(size[static_cast<std::size_t>(label)]);
  return {matmul(left, right).reshape(shape), labels};
}

// Labels that terms other than i and j, or the output, still need.
std::string needed(const std::vector<Labelled>& terms, std::size_t i, std::size_t j,
                   std::string_view output) {
  std::string labels(output);
  for (std::size_t k = 0; k < terms.size(); ++k) {
    if (k != i && k != j) labels += terms[k].labels;
  }
  return labels;
}

// Replaces two terms by their product.
void contract_once(std::string_view op, std::vector<Labelled>& terms, std::string_view output,
                   const std::array<std::int64_t, 128>& size) {
  std::size_t best_i = 0, best_j = 0, fewest_axes = SIZE_MAX;
  std::int64_t best = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 0; i < terms.size(); ++i) {
    for (std::size_t j = i + 1; j < terms.size(); ++j) {
      const std::string labels = Parts(terms[i], terms[j], needed(terms, i, j, output)).result();
      fewest_axes = std::min(fewest_axes, labels.size());
      const std::int64_t growth = elements(labels, size) - terms[i].x.numel() - terms[j].x.numel();
      if (labels.size() > Dims::kMaxRank || growth >= best) continue;
      best = growth, best_i = i, best_j = j;
    }
  }
  if (best_j == 0) {
    throw ShapeError("[" + std::string(op) + "] operands: the product of any two has " +
                     std::to_string(fewest_axes) +
                     " axes or more; expected at most 8; sum over some of them first");
  }
  const std::string keep = needed(terms, best_i, best_j, output);
  terms[best_i] = product(terms[best_i], terms[best_j], keep, size);
  terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(best_j));
}

}  // namespace

Tensor contract(std::string_view op, std::vector<Labelled> terms, std::string_view output,
                const std::array<std::int64_t, 128>& size) {
  DType dtype = terms[0].x.dtype();
  bool sums = false;
  for (Labelled& term : terms) {
    dtype = promote(dtype, term.x.dtype());
    for (char label : term.labels) sums = sums || !has(output, label);
    term = distinct(term);
  }
  if (terms.size() == 1 && !sums) return arranged(terms[0], output);
  const bool counts = sums && (dtype == kBool || (terms.size() == 1 && !is_floating(dtype)));
  for (std::size_t i = 0; i < terms.size(); ++i) {
    terms[i].x = terms[i].x.to(compute_dtype(dtype));
    terms[i] = summed(terms[i], needed(terms, i, i, output));
  }
  while (terms.size() > 1) contract_once(op, terms, output, size);
  return arranged(terms[0], output).to(counts ? kInt64 : dtype, Cast::kWrap);
}

}  // namespace gradus
