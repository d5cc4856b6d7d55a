#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "autograd/hooks.h"
#include "optim/any_optimizer.h"
#include "optim/apply.h"
#include "optim/schedule.h"

namespace gradus::optim {

/// How an optimizer treats gradients and parameters, whatever its rule.
struct EngineOptions {
  bool maximize = false;  ///< go up instead of down: every gradient with the other sign
  /// Limit for the norm of all gradients together, 0 for none:
  ///   g = g min(1, clip_norm / (norm + 1e-6))
  /// as torch.nn.utils.clip_grad_norm_, but on the way into the rule: the gradients stay.
  double clip_norm = 0;
  double clip_value = 0;  ///< limit for |element|, 0 for none; only one of the two
  NonFinite non_finite = NonFinite::kPropagate;
  LowPrecision low_precision = LowPrecision::kSplitMaster;  ///< of float16, bfloat16 parameters
  std::uint64_t seed = 0;                                   ///< of stochastic rounding, < 2^53
  bool trace = false;  ///< whether steps are traced, which costs passes over all parameters
};

/// What the last step did.
struct StepReport {
  double gradient_norm = 0;     ///< of all gradients, 0 when nobody asked (clip_norm, non_finite)
  double clip_coefficient = 1;  ///< what the gradients were multiplied by
  bool skipped = false;         ///< because of NonFinite::kSkip
  std::string non_finite = {};  ///< the first parameter whose gradient is, "" for none
};

/// What the last step of one parameter did, in numbers of double precision. Where a norm that is
/// divided by is 0, so is the quotient.
struct ParameterTrace {
  std::string parameter;
  double gradient_norm = 0;     ///< as backward left it
  double weight_norm = 0;       ///< before the step
  double update_norm = 0;       ///< of theta after - theta before, decay included
  double ratio = 0;             ///< update_norm / weight_norm
  double effective_lr = 0;      ///< update_norm / norm of the gradient as the rule saw it, clipped
  double clip_coefficient = 1;  ///< what the gradient was multiplied by, if clipped by a norm
  double unchanged = 0;         ///< the part of the elements whose stored bits stayed the same
};

/// Bytes of what training needs besides activations.
struct MemoryPlan {
  std::int64_t parameters = 0, gradients = 0;
  std::int64_t state = 0;      ///< of the rule, and what half parameters lack
  std::int64_t allocated = 0;  ///< the part of `state` that is there by now
  std::string table;           ///< one line per parameter
};

/// Groups, gradients, schedules, precision and state: all of an optimizer that does not depend on
/// the rule. Optimizer<Rule> gives it the rule.
///
/// Parameters are stepped on the device where they are, and their state lives there (PagedAdamW's
/// in the memory of the host). A module may be moved by to(device) at any time: at the next step
/// the state follows its parameters. state_dict() is always of the CPU, with the same bits.
class Engine : public AnyOptimizer {
 public:
  using AnyOptimizer::step;
  /// Throws ConfigError for a hyper-parameter outside its range, AutogradError for a gradient that
  /// is not finite when non_finite is kError, DeviceError for one that is not where its parameter
  /// is, DTypeError for a parameter that became another dtype after its first step; then nothing
  /// has changed:
  ///   "[Adam] gradient of 'w': nan at [0, 2]; expected finite numbers"
  ///   "[Adam] gradient of 'w' is on cpu and the parameter on cuda_emulated; expected one device"
  void step(std::source_location where = std::source_location::current()) override;
  /// Lets the state of the rule take the gradients of a micro-batch as a step would, and leaves the
  /// parameters: the gradients can be forgotten before the next micro-batch, and the last one is
  /// taken by step(). Counts as a step of each parameter (t of the bias corrections), not in
  /// steps() and so not for schedules; hooks are not called. An approximation of one step by the
  /// mean of the gradients: betas decay with each micro-batch (beta^(1/k) for k of them is the same
  /// memory), and v averages the squares of the micro-gradients, which are larger than the square
  /// of their mean by their variance. Source: Zhang et al. 2023, arXiv:2305.19982, in optimi's
  /// form. Throws what step() throws, and ConfigError for rules without state to take them or with
  /// places in it (Lookahead, Schedule-Free): "[SGD] accumulate: the rule keeps nothing of a
  /// gradient without a step; expected one with moments, like Adam".
  void accumulate(std::source_location where = std::source_location::current());
  void zero_grad() override;
  void set_hyper_parameter(const std::string& name, double value) override;
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& saved) override;

  /// The state dict of another rule with the same state, as load_state_dict() takes it: among Adam,
  /// AdamW, Adam8bit, AdamW8bit and PagedAdamW. m and v are rounded to bytes or become numbers
  /// again where this optimizer keeps them so. Hyper-parameters are taken over but for weight_decay
  /// and decay_mode, in which the rules differ, and what only one of them has.
  ///   adamw.load_state_dict(adamw.migrated(load_state("adam.safetensors")));
  /// Throws ConfigError: "[Lion] migrated: from Adam; expected rules that share a state: Adam,
  /// Adam8bit, AdamW, AdamW8bit, PagedAdamW", and for a group that is not there as
  /// load_state_dict() does.
  StateDict migrated(const StateDict& saved) const;

  /// To read and to change. step() refuses another low_precision once a parameter of 16 bits has
  /// state, and numbers outside their ranges, with a ConfigError.
  EngineOptions& options() { return options_; }
  const StepReport& report() const { return report_; }
  /// With options().trace, the last step of each parameter that had a gradient, and the same as
  /// columns of text for people.
  const std::vector<ParameterTrace>& trace() const { return trace_; }
  std::string trace_table() const;
  /// Steps that were not skipped.
  std::int64_t steps() const { return steps_; }

  /// From now on a hyper-parameter follows a schedule of steps(), in all groups or in one; the lr
  /// of a group is multiplied by its lr_scale. Throws ConfigError for unknown names.
  void schedule(const std::string& hyper_parameter, Schedule schedule,
                const std::string& group = "");

  /// The lr at which DecayMode::kFullyDecoupled takes the whole weight_decay: that with which the
  /// group began, unless it is set; 0 for one that began with lr 0, which is then set before a step
  /// with another lr. It is part of the state. Throws ConfigError.
  void set_max_lr(const std::string& group, double max_lr);

  /// Called before anything of a step, and when all is done; also when nothing had a gradient.
  HookHandle register_step_pre_hook(std::function<void(AnyOptimizer&)> f);
  HookHandle register_step_post_hook(std::function<void(AnyOptimizer&)> f);

  /// For people: the formula of each group with the options in force, what decay takes in a step,
  /// and the bytes of state per parameter.
  std::string explain() const;
  /// For people: each group with its settings and parameters.
  std::string table() const;
  MemoryPlan memory_plan() const;

 protected:
  struct Member {
    std::string name;
    Variable variable;
    std::vector<Tensor> state;  // undefined until the first step
    Tensor low;                 // of a half parameter, likewise
    std::int64_t steps = 0;
    std::uint64_t key = 0;             // hash of the name, for random bits
    std::vector<double> scalars = {};  // numbers that the rule keeps
    Device device = kCpu;              // of the parameter when it was last looked at
    DType dtype = kFloat32;            // of the parameter, for which the state is made
  };
  struct Group {
    std::string name;
    std::vector<Member> members;
    double max_lr = 0, lr_scale = 1;
    std::map<std::string, Schedule> schedules = {};
    bool in_float = false;  // whether some parameter is computed in float32
  };
  /// A member that steps, with the address of its gradient's contiguous elements.
  struct Work {
    Member* member;
    const void* g;
  };

  // What the rule says.
  virtual std::span<const char* const> state_names() const = 0;
  virtual std::span<const char* const> scalar_names() const = 0;
  /// State array k of a parameter before its first step and its shape; undefined and nothing where
  /// the rule has none. theta is in the dtype that it computes in.
  virtual Tensor make_array(std::size_t group, std::size_t k, const Tensor& theta) const = 0;
  virtual std::optional<Shape> array_shape(std::size_t group, std::size_t k,
                                           const Shape& shape) const = 0;
  virtual DType array_dtype(std::size_t k, DType computed) const = 0;
  virtual bool keeps_state_on_host() const = 0;
  virtual bool accumulates() const = 0;
  virtual bool needs_finite() const = 0;
  virtual bool squares_twice() const = 0;
  /// Throws ConfigError, also for an lr or eps that becomes 0 in float32 where that is computed in.
  virtual void check_rule(std::size_t group) const = 0;
  virtual void check_setting(const std::string& name, double value) const = 0;
  virtual void assign(std::size_t group, const std::string& name, double value) = 0;
  virtual void each_setting(std::size_t group,
                            const std::function<void(const char*, double)>& f) const = 0;
  virtual void update(std::size_t group, std::span<const Work> work, const Launch& launch) = 0;
  virtual std::string formula(std::size_t group, std::int64_t t) const = 0;

  /// theta in the dtype that rules compute in, with what was left over: a copy for half dtypes,
  /// else theta itself; and the way back, which is a copy too.
  Tensor whole(const Member& member) const;
  void put_whole(const Member& member, const Tensor& theta) const;
  /// Throws ConfigError for parameters that cannot be trained. The rule is added by the caller.
  void add_members(std::string name, NamedParameters parameters, double max_lr, double lr_scale);
  std::size_t find_group(const std::string& name) const;
  [[noreturn]] void fail(const std::string& text) const;
  void check_float(const char* name, double value) const;

  std::deque<Group> groups_;

 private:
  friend class GradientRelease;
  void follow_schedules();
  void check_all() const;
  GradientUse gradient_use() const;
  /// Whether gradients are read before the step.
  bool looks_at_gradients() const;
  void check_accumulates() const;
  /// A step, or without one of the parameters, an accumulation.
  void advance(bool keep_theta, const std::source_location& where);
  /// Norm and finiteness of a gradient, added to the report. False to skip it.
  bool look_at(const Member& member, const Tensor& g, double& squares);
  /// The same for all, which sets the scale. False to skip the step.
  bool look_at_all(GradientUse& use);
  void make_state(std::size_t group, Member& member);
  /// Brings the state of a parameter to the device where it is now.
  void follow(Member& member) const;
  /// Throws AutogradError for a gradient too large to be squared twice, as the rule sees it:
  ///   "[SOAP] gradient of 'w': norm 1e+20; expected at most 4e+09, since SOAP squares it twice in
  ///   float32 (clip_norm may help)"
  void check_size(const Member& member, const GradientUse& use) const;
  /// Throws DeviceError for gradients elsewhere than their parameters, DTypeError for a parameter
  /// of another dtype than its state was made for.
  void check_places() const;
  /// Steps those of the members whose gradients are there.
  void step_members(std::size_t group, std::span<Member> members, const GradientUse& use,
                    const std::source_location& where, bool keep_theta = false);
  /// The parameters before a traced step, and what became of them.
  std::vector<Tensor> traced_before(std::span<const Work> work) const;
  void trace_after(std::span<const Work> work, const GradientUse& use,
                   const std::vector<Tensor>& before);
  std::int64_t state_bytes(std::size_t group, const Member& member) const;
  Member loaded(std::size_t group, const Member& member, const StateDict& saved,
                std::size_t& used) const;

  EngineOptions options_;
  std::optional<LowPrecision> way_;  // of the half parameters that have state
  StepReport report_;
  std::vector<ParameterTrace> trace_;
  std::int64_t steps_ = 0;
  bool released_ = false;  // by a GradientRelease, which steps inside backward
  HookList<std::function<void(AnyOptimizer&)>> before_, after_;
};

}  // namespace gradus::optim
