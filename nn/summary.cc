#include "nn/summary.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "tensor/memory.h"
#include "tensor/work.h"

namespace gradus::nn {
namespace {

using std::string;

std::int64_t bytes_of(const Variable& x) {
  return x.numel() * static_cast<std::int64_t>(size_of(x.dtype()));
}

// Puts back what a call may change.
class Restore {
 public:
  explicit Restore(Module& module) : modules_(module.named_modules()) {
    for (const auto& [path, part] : modules_) training_.push_back(part->training());
    for (const auto& [path, buffer] : module.named_buffers()) {
      buffers_.push_back({buffer, buffer.value(), buffer.value().clone(), 0});
      buffers_.back().version = buffer.value().version();
    }
    for (const auto& [path, generator] : module.named_generators()) {
      generators_.emplace_back(generator, *generator);
    }
    module.eval();
  }
  ~Restore() {
    // From the outside to the inside: each call sets all below, too.
    for (std::size_t i = 0; i < modules_.size(); ++i) modules_[i].second->train(training_[i]);
    for (const BufferState& each : buffers_) {
      // A buffer that was only read must not look changed to a tape that has saved it.
      if (each.value.version() != each.version) each.value.copy_from(each.copy);
      const Tensor& now = each.buffer.value();
      if (now.numel() > 0 && !now.shares_storage_with(each.value))
        each.buffer.set_value(each.value);
    }
    for (const auto& [generator, before] : generators_) *generator = before;
  }
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;

 private:
  struct BufferState {
    Variable buffer;
    Tensor value, copy;
    std::uint32_t version;
  };
  Module::Named<Module*> modules_;
  std::vector<bool> training_;
  std::vector<BufferState> buffers_;
  std::vector<std::pair<Generator*, Generator>> generators_;
};

class Watch : public CallWatch {
 public:
  explicit Watch(Summary& into) : into_(into) {}

  void add_rows(const Module& module) {
    known_ = owned_by(module);
    for (const auto& [path, part] : module.named_modules()) {
      SummaryRow row;
      row.path = path;
      row.layer = part->type_name();
      row.depth =
          path.empty() ? 0 : static_cast<int>(1 + std::count(path.begin(), path.end(), '.'));
      for (const auto& [name, x] : part->named_parameters()) row.parameters += x.numel();
      rows_[part] = into_.rows.size();
      into_.rows.push_back(std::move(row));
    }
  }

  void enter(const Module& module, const string&) override {
    if (!open_.empty()) open_.back().calls_others = true;
    open_.push_back({&module, multiply_adds});
    if (!rows_.contains(&module) && is_stranger(module) &&
        strangers_.insert(module.type_name()).second) {
      into_.not_registered.push_back(module.type_name());
    }
  }

  void leave(const Module& module, const Variable& result) override {
    // Calls that threw, and whose error was caught by a module around them, never left.
    while (!open_.empty() && open_.back().module != &module) open_.pop_back();
    if (open_.empty()) return;
    const Open call = open_.back();
    open_.pop_back();
    const std::int64_t bytes = result.defined() ? bytes_of(result) : 0;
    if (!call.calls_others) into_.activation_bytes += bytes;
    const auto found = rows_.find(&module);
    if (found == rows_.end()) return;
    SummaryRow& row = into_.rows[found->second];
    ++row.calls;
    row.multiply_adds += multiply_adds - call.work_before;
    row.output_bytes += bytes;
    row.output.reset();
    if (result.defined()) row.output = result.shape();
  }

 private:
  struct Open {
    const Module* module;
    std::int64_t work_before;
    bool calls_others = false;
  };

  // Another handle of a child owns nothing of its own.
  bool is_stranger(const Module& module) const {
    const std::set<const void*> things = owned_by(module);
    return !std::includes(known_.begin(), known_.end(), things.begin(), things.end());
  }

  Summary& into_;
  std::map<const Module*, std::size_t> rows_;
  std::vector<Open> open_;
  std::set<const void*> known_;  // to the module and its children
  std::set<string> strangers_;
};

// 1234567 as "1,234,567".
string grouped(std::int64_t n) {
  string text = std::to_string(n);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

using Cells = std::array<string, 5>;

Cells cells_of(const SummaryRow& row) {
  const std::size_t dot = row.path.rfind('.');
  const string name = dot == string::npos ? row.path : row.path.substr(dot + 1);
  string layer = string(static_cast<std::size_t>(2 * row.depth), ' ');
  layer += (name.empty() ? "" : name + ": ") + row.layer;
  if (row.calls > 1) layer += " x " + std::to_string(row.calls);
  const string output = row.calls == 0 ? "not called" : row.output ? to_string(*row.output) : "";
  return {layer, output, grouped(row.parameters), grouped(row.multiply_adds),
          grouped(row.output_bytes)};
}

}  // namespace

Summary summary(Module& module, const std::function<void()>& call) {
  Summary result;
  for (const auto& [name, x] : module.named_parameters()) {
    (x.requires_grad() ? result.trainable : result.frozen) += x.numel();
    result.parameter_bytes += bytes_of(x);
    if (x.requires_grad()) result.gradient_bytes += bytes_of(x);
  }
  for (const auto& [name, x] : module.named_buffers()) result.buffer_bytes += bytes_of(x);
  const std::int64_t before = multiply_adds;
  const Restore restore(module);
  const NoGradGuard no_grad;
  Watch watch(result);
  watch.add_rows(module);
  call();
  result.multiply_adds = multiply_adds - before;
  return result;
}

Summary summary(Module& module, const Shape& input, DType dtype) {
  return summary(module, zeros(input, dtype));
}

string to_string(const Summary& summary) {
  std::vector<Cells> table{{"Layer", "Output", "Parameters", "Multiply-adds", "Output bytes"}};
  for (const SummaryRow& row : summary.rows) table.push_back(cells_of(row));
  std::array<std::size_t, 5> width{};
  for (const Cells& cells : table) {
    for (std::size_t i = 0; i < cells.size(); ++i) width[i] = std::max(width[i], cells[i].size());
  }
  string text;
  for (const Cells& cells : table) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const string gap(width[i] - cells[i].size(), ' ');
      text += (i == 0 ? "" : "  ") + (i < 2 ? cells[i] + gap : gap + cells[i]);
    }
    text += '\n';
  }
  text += "Parameters: " + grouped(summary.trainable + summary.frozen) + ", of which " +
          grouped(summary.trainable) + " are trained and " + grouped(summary.frozen) +
          " are frozen\nMultiply-adds: " + grouped(summary.multiply_adds) +
          "\nMemory: " + bytes_text(summary.parameter_bytes) + " of parameters, " +
          bytes_text(summary.gradient_bytes) + " of their gradients, " +
          bytes_text(summary.buffer_bytes) + " of buffers, " +
          bytes_text(summary.activation_bytes) + " of activations";
  for (const string& type : summary.not_registered) {
    text += "\nNot registered: a " + type +
            ", whose parameters are neither trained nor saved; "
            "declare it as Child<" +
            type + "> x = child(\"x\", " + type + "(...))";
  }
  return text;
}

}  // namespace gradus::nn
