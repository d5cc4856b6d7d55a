#pragma once
#include <string>
#include <vector>

#include "autograd/ops/conv.h"
#include "nn/module.h"
#include "tensor/assemble.h"
#include "tensor/random.h"

namespace gradus::nn {

/// How much is added before and after each axis: `2`, `{2, 1}`, or a word: kSame gives results of
/// the size of x (an odd element goes to the end), kValid adds nothing.
struct ConvPadding : PerAxis {
  enum Word { kSizes, kSame, kValid };
  template <std::integral T>
  ConvPadding(T value) : PerAxis(value) {}  // NOLINT: implicit
  ConvPadding(std::initializer_list<std::int64_t> values) : PerAxis(values) {}
  ConvPadding(Word w) : PerAxis(0), word(w) {}  // NOLINT: implicit
  Word word = kSizes;
};

/// What is added: zeros, or elements of x as PadMode says.
enum class PaddingMode { kZeros, kReflect, kReplicate, kCircular };

/// Options of Conv1d and Conv2d, with the names and defaults of PyTorch.
struct ConvLayerOptions {
  PerAxis stride = 1;       ///< from one window to the next, >= 1
  ConvPadding padding = 0;  ///< sizes >= 0, or a word
  PerAxis dilation = 1;     ///< from one element of a window to the next, >= 1
  std::int64_t groups = 1;  ///< a divisor of the channels of x and of y
  bool bias = true;
  PaddingMode padding_mode = PaddingMode::kZeros;
  DType dtype = kFloat32;
};

/// Options of ConvTranspose1d and ConvTranspose2d.
struct ConvTransposeLayerOptions {
  PerAxis stride = 1;
  PerAxis padding = 0;
  PerAxis output_padding = 0;  ///< added to one end of y; less than stride or dilation
  std::int64_t groups = 1;
  bool bias = true;
  PerAxis dilation = 1;
  DType dtype = kFloat32;
};

/// What Conv1d and Conv2d have in common.
struct Conv : Module {
  Variable forward(Operand x) const override;
  std::string extra_repr() const override;

  Parameter weight, bias;  ///< [out, in / groups, kernel...] and [out]; bias may be undefined

 protected:
  Conv(int axes, std::int64_t in, std::int64_t out, const PerAxis& kernel_size, Generator& rng,
       const ConvLayerOptions& options);

 private:
  int axes_;
  std::int64_t in_;
  ConvLayerOptions options_;        // as given, one number per axis
  ConvOptions to_op_;               // what is left for the operation
  std::vector<std::int64_t> pads_;  // around x before; empty: none
};

/// What ConvTranspose1d and ConvTranspose2d have in common.
struct ConvTranspose : Module {
  Variable forward(Operand x) const override;
  std::string extra_repr() const override;

  Parameter weight, bias;  ///< [in, out / groups, kernel...] and [out]; bias may be undefined

 protected:
  ConvTranspose(int axes, std::int64_t in, std::int64_t out, const PerAxis& kernel_size,
                Generator& rng, const ConvTransposeLayerOptions& options);

 private:
  int axes_;
  std::int64_t in_;
  ConvTransposeOptions options_;
};

}  // namespace gradus::nn
