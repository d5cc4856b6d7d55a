#pragma once
#include <stdexcept>
#include <string>

namespace gradus {

/// Base of everything Gradus throws. The text is `[op] argument: got; expected; hint`.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Sizes or ranks of the operands do not fit the operation.
class ShapeError : public Error {
  using Error::Error;
};
/// The operation is not defined for this element type.
class DTypeError : public Error {
  using Error::Error;
};
/// A device is missing, or operands live on different devices.
class DeviceError : public Error {
  using Error::Error;
};
/// An index or an axis lies outside its range.
class IndexError : public Error {
  using Error::Error;
};
/// The graph cannot be differentiated as asked (freed, no gradient, wrong seed ...).
class AutogradError : public Error {
  using Error::Error;
};
/// A file is missing, unreadable, malformed, or cannot be written.
class IoError : public Error {
  using Error::Error;
};
/// A hyper-parameter, option or name is outside its range.
class ConfigError : public Error {
  using Error::Error;
};

/// A matrix does not allow what was asked: singular, not positive definite, no convergence.
class LinalgError : public Error {
  using Error::Error;
};

/// `value` with as few digits as still name it: 0.5, 1e-08, nan.
std::string to_text(double value);

}  // namespace gradus
