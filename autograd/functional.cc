#include "autograd/functional.h"

#include <string>

#include "autograd/ops/reshape.h"
#include "autograd/ops/slice.h"
#include "autograd/record.h"
#include "tensor/assemble.h"

namespace gradus {
namespace {

// Rows on top of each other, on the tape.
struct Rows {
  static constexpr const char* kName = "jacobian_rows";
  static constexpr bool kReadsInputs = false, kReadsResult = false;

  Tensor forward(std::span<const Tensor> rows) const { return stack({rows.begin(), rows.end()}); }
  void backward(Gradients& d) const {
    for (int i = 0; i < d.inputs(); ++i) {
      if (d.needs(i)) d.set(i, reshape(slice(d.dy(), 0, {i, i + 1}), d.shape(i)));
    }
  }
};

class Problem {
 public:
  Problem(const char* name, std::span<const Variable> inputs, const FunctionalOptions& options)
      : name_(name), options_(options) {
    if (inputs.empty()) fail("inputs: none; expected at least one");
    for (const Variable& input : inputs) {
      check_defined(name, "input", input.value());
      if (!is_floating(input.dtype())) {
        fail("input " + std::to_string(x.size()) + ": " + std::string(gradus::name(input.dtype())) +
             "; expected a floating dtype");
      }
      // A handle of its own, so that f sees inputs that require gradients whatever the caller's do;
      // with create_graph still on the caller's tape.
      if (options.create_graph && input.requires_grad()) {
        x.push_back(reshape(input, input.shape()));
      } else {
        x.push_back(parameter(input.value()));
      }
    }
  }

  void call(const Differentiable& f) {
    y = f(x);
    for (std::size_t k = 0; k < y.size(); ++k) {
      check_defined(name_, "output", y[k].value());
      if (!is_floating(y[k].dtype())) {
        fail("output " + std::to_string(k) + ": " + std::string(gradus::name(y[k].dtype())) +
             "; expected a floating dtype");
      }
      if (options_.strict && !y[k].requires_grad()) {
        fail("output " + std::to_string(k) +
             ": independent of the inputs; expected a dependence, "
             "since strict was asked for");
      }
    }
  }

  void call_scalar(const Differentiable& f) {
    call(f);
    if (y.size() == 1 && y[0].numel() == 1) return;
    fail("output: " + std::to_string(y.size()) + " of " +
         (y.empty() ? std::string("no shape") : "shape " + to_string(y[0].shape())) +
         "; expected a single one of one element");
  }

  /// One v per `like`, of its shape; none at all for a single one of one element.
  std::vector<Variable> checked(std::span<const Variable> v, const std::vector<Variable>& like,
                                const char* what) const {
    if (v.empty() && like.size() == 1 && like[0].numel() == 1) return {ones_like(like[0].value())};
    if (v.size() != like.size()) {
      fail("v: " + std::to_string(v.size()) + "; expected " + std::to_string(like.size()) +
           ", one per " + what);
    }
    for (std::size_t i = 0; i < v.size(); ++i) {
      check_defined(name_, "v", v[i].value());
      if (v[i].shape() != like[i].shape()) {
        fail("v " + std::to_string(i) + ": shape " + to_string(v[i].shape()) + "; expected " +
             to_string(like[i].shape()) + ", that of the " + what);
      }
    }
    return {v.begin(), v.end()};
  }

  /// Gradients of outputs by `by`, where what depends on nothing gives zeros.
  std::vector<Variable> gradients(const std::vector<Variable>& outputs,
                                  const std::vector<Variable>& by,
                                  const std::vector<Variable>& seeds, bool create_graph) const {
    std::vector<Variable> dependent, kept_seeds;
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      if (!outputs[k].requires_grad()) continue;
      dependent.push_back(outputs[k]);
      kept_seeds.push_back(seeds[k]);
    }
    std::vector<Variable> result;
    if (dependent.empty()) {
      for (const Variable& b : by) result.push_back(zeros_like(b.value()));
      return result;
    }
    return grad(dependent, by, kept_seeds, {.retain_graph = true, .create_graph = create_graph},
                !options_.strict);
  }

  /// What the caller gets: without a tape unless asked for.
  std::vector<Variable> results(const std::vector<Variable>& list) const {
    if (options_.create_graph) return list;
    std::vector<Variable> plain;
    for (const Variable& r : list) plain.push_back(r.detach());
    return plain;
  }

  /// [y..., by...] from one gradient per element of `output`.
  std::vector<Variable> rows(const Variable& output, const std::vector<Variable>& by) const {
    std::vector<std::vector<Variable>> rows_of(by.size());
    const std::int64_t n = output.numel();
    for (std::int64_t j = 0; j < n; ++j) {
      Tensor seed = zeros({n}, output.dtype(), output.device());
      seed.slice(0, {j, j + 1}).fill(1);
      const auto d = gradients({output}, by, {seed.reshape(output.shape())}, options_.create_graph);
      for (std::size_t i = 0; i < by.size(); ++i) rows_of[i].push_back(d[i]);
    }
    std::vector<Variable> blocks;
    for (std::size_t i = 0; i < by.size(); ++i) {
      Shape shape = output.shape();
      for (std::int64_t size : by[i].shape()) shape.push_back(size);
      if (n == 0) {
        blocks.push_back(zeros(shape, by[i].dtype(), by[i].device()));
      } else {
        blocks.push_back(
            reshape(record_list(Rows{}, rows_of[i], std::source_location::current()), shape));
      }
    }
    return results(blocks);
  }

  [[noreturn]] void fail(const std::string& text) const {
    throw AutogradError("[" + std::string(name_) + "] " + text);
  }

  std::vector<Variable> x, y;

 private:
  const EnableGradGuard recording_;  // a caller may be under NoGradGuard
  const char* name_;
  FunctionalOptions options_;
};

}  // namespace

void Differentiable::check_one(std::size_t inputs) {
  if (inputs == 1) return;
  throw AutogradError(
      "[Differentiable] f: takes one Variable; expected a function of a span, for " +
      std::to_string(inputs) + " inputs");
}

FunctionalResult vjp(const Differentiable& f, std::span<const Variable> inputs,
                     std::span<const Variable> v, const FunctionalOptions& options) {
  Problem p("vjp", inputs, options);
  p.call(f);
  const auto d = p.gradients(p.y, p.x, p.checked(v, p.y, "output"), options.create_graph);
  return {p.results(p.y), p.results(d)};
}

FunctionalResult jvp(const Differentiable& f, std::span<const Variable> inputs,
                     std::span<const Variable> v, const FunctionalOptions& options) {
  Problem p("jvp", inputs, options);
  const std::vector<Variable> directions = p.checked(v, p.x, "input");
  p.call(f);
  // g = u^T J is linear in u, so its derivative by u in the direction v is J v, whatever u is.
  std::vector<Variable> u;
  for (const Variable& y : p.y) u.push_back(parameter(zeros_like(y.value())));
  const std::vector<Variable> g = p.gradients(p.y, p.x, u, true);
  return {p.results(p.y), p.results(p.gradients(g, u, directions, options.create_graph))};
}

std::vector<std::vector<Variable>> jacobian(const Differentiable& f,
                                            std::span<const Variable> inputs,
                                            const FunctionalOptions& options) {
  Problem p("jacobian", inputs, options);
  p.call(f);
  std::vector<std::vector<Variable>> blocks;
  for (const Variable& y : p.y) blocks.push_back(p.rows(y, p.x));
  return blocks;
}

Variable jacobian(const Differentiable& f, const Variable& input,
                  const FunctionalOptions& options) {
  const auto blocks = jacobian(f, std::span(&input, 1), options);
  if (blocks.size() == 1) return blocks[0][0];
  throw AutogradError("[jacobian] f: " + std::to_string(blocks.size()) +
                      " outputs; expected one; pass a span of inputs for more");
}

std::vector<std::vector<Variable>> hessian(const Differentiable& f,
                                           std::span<const Variable> inputs,
                                           const FunctionalOptions& options) {
  Problem p("hessian", inputs, options);
  p.call_scalar(f);
  const auto g = p.gradients(p.y, p.x, {ones_like(p.y[0].value())}, true);
  std::vector<std::vector<Variable>> blocks;
  for (const Variable& row : g) blocks.push_back(p.rows(row, p.x));
  return blocks;
}

Variable hessian(const Differentiable& f, const Variable& input, const FunctionalOptions& options) {
  return hessian(f, std::span(&input, 1), options)[0][0];
}

FunctionalResult hvp(const Differentiable& f, std::span<const Variable> inputs,
                     std::span<const Variable> v, const FunctionalOptions& options) {
  Problem p("hvp", inputs, options);
  const std::vector<Variable> directions = p.checked(v, p.x, "input");
  p.call_scalar(f);
  const auto g = p.gradients(p.y, p.x, {ones_like(p.y[0].value())}, true);
  return {p.results(p.y), p.results(p.gradients(g, p.x, directions, options.create_graph))};
}

}  // namespace gradus
