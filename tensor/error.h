#pragma once
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gradus {

/// Base of everything Gradus throws. The text is `[op] argument: got; expected; hint`, and when it
/// was thrown in a part of a model, the path of that part: `... (in encoder.0.linear1)`.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;

  /// Called by each part of a model that the error passes on its way out, from the inside.
  void add_outer_part(std::string_view name);
  /// "encoder.0.linear1"; empty when no named part was passed.
  std::string part() const { return where_ ? where_->part : ""; }
  const char* what() const noexcept override {
    return where_ ? where_->text.c_str() : std::runtime_error::what();
  }

 private:
  struct Where {
    std::string part, text;
  };
  std::shared_ptr<const Where> where_;  // shared, so that copying an error cannot throw
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
