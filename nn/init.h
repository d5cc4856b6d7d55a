#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "autograd/variable.h"
#include "tensor/random.h"

/// Initial values, under the names of torch.nn.init. Each function overwrites the elements of a
/// Tensor, Parameter or Buffer x, of any floating dtype, in place, unrecorded, and returns it. What
/// is drawn depends on the generator, not on threads or strides. All throw Error for an x that is
/// undefined, such as a lazy parameter before the first batch, and DTypeError for whole numbers:
///   "[uniform_] x: int64; expected a floating dtype"
namespace gradus::nn::init {

/// U[a, b). Throws ConfigError as uniform().
Variable uniform_(const Variable& x, Generator& rng, double a = 0, double b = 1);
/// N(mean, std^2). Throws ConfigError as normal().
Variable normal_(const Variable& x, Generator& rng, double mean = 0, double std = 1);
/// N(mean, std^2) between a and b, which are not in units of std. Throws ConfigError as
/// truncated_normal().
Variable trunc_normal_(const Variable& x, Generator& rng, double mean = 0, double std = 1,
                       double a = -2, double b = 2);
Variable constant_(const Variable& x, double value);
Variable zeros_(const Variable& x);
Variable ones_(const Variable& x);

/// 1 on the diagonal of a matrix, else 0: a Linear that passes its inputs on. Throws ShapeError:
///   "[eye_] x is [2, 3, 4]; expected 2 axes"
Variable eye_(const Variable& x);
/// 1 in the middle of the kernel from channel i to channel i, in each of the groups, else 0: a
/// convolution that passes its channels on. Shapes: x [out, in, k], [out, in, kH, kW] or
/// [out, in, kD, kH, kW]. Throws ShapeError:
///   "[dirac_] x is [3, 2]; expected 3 to 5 axes",
///   "[dirac_] x is [3, 2, 5]; expected a size of axis 0 that 2 groups divide"
Variable dirac_(const Variable& x, std::int64_t groups = 1);

/// How many numbers a result is made of, and in how many results a number appears: in and out
/// channels (axes 1 and 0) times the elements of the kernel. Throws ShapeError:
///   "[fans] shape [3]; expected 2 axes at least"
struct Fans {
  std::int64_t in, out;
};
Fans fans(const Shape& shape);
/// Which of them keeps its variance: that of values (in) or of gradients (out).
enum class Fan { kIn, kOut };

/// By what a nonlinearity asks the spread of weights to be multiplied: 1 for "linear", "conv1d"
/// and their kin, and "sigmoid"; 5/3 for "tanh"; sqrt(2) for "relu"; sqrt(2 / (1 + a^2)) for
/// "leaky_relu" with slope a (0.01 if not given); 3/4 for "selu". Throws ConfigError:
///   "[calculate_gain] nonlinearity: 'gelu'; expected 'linear', 'conv1d' .. 'conv3d',
///   'conv_transpose1d' .. 'conv_transpose3d', 'sigmoid', 'tanh', 'relu', 'leaky_relu' or 'selu'"
double calculate_gain(std::string_view nonlinearity, std::optional<double> a = {});

/// U(-k, k) with k = gain sqrt(6 / (fan_in + fan_out)), N(0, std^2) with std = gain sqrt(2 /
/// (fan_in + fan_out)). Throws ShapeError as fans().
/// Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural
/// networks", eq. 16.
Variable xavier_uniform_(const Variable& x, Generator& rng, double gain = 1);
Variable xavier_normal_(const Variable& x, Generator& rng, double gain = 1);

struct KaimingOptions {
  double a = 0;  ///< slope of "leaky_relu" below 0
  Fan mode = Fan::kIn;
  std::string_view nonlinearity = "leaky_relu";  ///< see calculate_gain
};
/// U(-k, k) with k = gain sqrt(3 / fan), N(0, std^2) with std = gain / sqrt(fan). Throws
/// ShapeError as fans(), ConfigError as calculate_gain().
/// Source: He et al. 2015, arXiv:1502.01852, eq. 10 and 14.
Variable kaiming_uniform_(const Variable& x, Generator& rng, const KaimingOptions& options = {});
Variable kaiming_normal_(const Variable& x, Generator& rng, const KaimingOptions& options = {});

/// gain times a random matrix with orthonormal rows or columns, whichever are fewer, uniform among
/// these; further axes of x count as columns. Computed in float64. Throws ShapeError as fans().
/// Source: Saxe et al. 2013, arXiv:1312.6120; Mezzadri 2006, arXiv:math-ph/0609050.
Variable orthogonal_(const Variable& x, Generator& rng, double gain = 1);

/// N(0, std^2), of which ceil(sparsity rows) in each column of a matrix are 0. sparsity: 0..1.
/// Throws ConfigError, ShapeError as eye_(). Source: Martens 2010, "Deep learning via Hessian-free
/// optimization", section 5.
Variable sparse_(const Variable& x, Generator& rng, double sparsity, double std = 0.01);

}  // namespace gradus::nn::init
