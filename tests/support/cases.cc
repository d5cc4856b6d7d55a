#include "tests/support/cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <typeinfo>

#include "tests/support/compare.h"
#include "tests/support/every_device.h"
#include "tests/support/golden.h"

namespace gradus::testing {
namespace {

using nlohmann::json;

DType find_dtype(const std::string& text) {
  for (DType d : kAllDTypes) {
    if (name(d) == text) return d;
  }
  throw std::runtime_error("a golden file names the dtype " + text + ", which there is not");
}

// Row-major elements of `shape` from JSON, exact: integers never pass through double.
Tensor build(DType dtype, const Shape& shape, const json& values) {
  Tensor x = Tensor::empty(shape, dtype);
  if (static_cast<std::int64_t>(values.size()) != x.numel()) {
    throw std::runtime_error("a golden tensor has another number of values than its shape");
  }
  dispatch(dtype, [&]<class T>(std::type_identity<T>) {
    T* to = x.numel() > 0 ? x.data<T>() : nullptr;
    for (const json& value : values) {
      if constexpr (std::is_integral_v<T>) {
        const auto whole = value.get<std::int64_t>();
        if (!std::is_same_v<T, bool> && !fits<T>(whole)) {
          throw std::runtime_error("a golden file has a " + std::string(name(dtype)) + " " +
                                   std::to_string(whole));
        }
        *to++ = static_cast<T>(whole);
      } else if constexpr (sizeof(T) == 2) {
        *to++ = static_cast<T>(static_cast<float>(golden_number(value)));
      } else {
        *to++ = static_cast<T>(golden_number(value));
      }
    }
  });
  return x;
}

// Views are worked out here and not by the members of Tensor, which have tables of their own.
struct Geometry {
  Shape shape;
  Strides strides;
  std::int64_t offset = 0;

  void slice(int axis, std::int64_t start, std::int64_t stop, std::int64_t step) {
    const std::int64_t span = step > 0 ? stop - start : start - stop, by = std::abs(step);
    const std::int64_t count = span > 0 ? (span + by - 1) / by : 0;
    if (count > 0) offset += start * strides[axis];
    shape[axis] = count;
    strides[axis] *= step;
  }

  void take(const json& view) {
    const std::string kind = view.at(0);
    const auto axis = [&] {
      const int i = view.at(1);
      return i < 0 ? i + shape.rank() : i;
    };
    if (kind == "flip") {
      slice(axis(), shape[axis()] - 1, -1, -1);
    } else if (kind == "slice") {
      slice(axis(), view.at(2), view.at(3), view.at(4));
    } else if (kind == "select") {
      const int at = axis();
      const std::int64_t i = view.at(2);
      offset += (i < 0 ? i + shape[at] : i) * strides[at];
      shape.erase(at);
      strides.erase(at);
    } else if (kind == "unsqueeze") {
      const int i = view.at(1);
      shape.insert(i < 0 ? i + shape.rank() + 1 : i, 1);
      strides.insert(i < 0 ? i + strides.rank() + 1 : i, 0);
    } else if (kind == "permute") {
      const Geometry before = *this;
      for (int i = 0; i < shape.rank(); ++i) {
        int from = view.at(1).at(i);
        if (from < 0) from += shape.rank();
        shape[i] = before.shape[from];
        strides[i] = before.strides[from];
      }
    } else if (kind == "expand") {
      const Geometry before = *this;
      shape = golden_shape(view.at(1));
      strides = Dims::filled(shape.rank(), 0);
      for (int i = 1; i <= before.shape.rank(); ++i) {
        const int from = before.shape.rank() - i, to = shape.rank() - i;
        strides[to] = before.shape[from] == 1 ? 0 : before.strides[from];
      }
    } else if (kind == "reshape") {  // cases.py does so only where no element lies between
      shape = golden_shape(view.at(1));
      strides = contiguous_strides(shape);
    } else {
      throw std::runtime_error("unknown view: " + view.dump());
    }
  }
};

struct Operand {
  Tensor base, seen;
  std::vector<std::byte> bits;  // of the base, before the call
  Geometry geometry;

  Tensor seen_on(Device device) const {
    return as_strided_unchecked(base.to(device), geometry.shape, geometry.strides, geometry.offset);
  }
};

std::vector<std::byte> bits_of(const Tensor& x) {
  const auto* begin = static_cast<const std::byte*>(x.raw_data());
  return {begin, begin + x.numel() * size_of(x.dtype())};
}

Operand build_operand(DType dtype, const json& form) {
  const Shape shape = golden_shape(form.at("base").at("shape"));
  const Tensor base = build(dtype, shape, form.at("base").at("values"));
  Geometry geometry{shape, contiguous_strides(shape), 0};
  if (form.contains("views")) {
    for (const json& view : form.at("views")) geometry.take(view);
  }
  const Tensor seen = as_strided_unchecked(base, geometry.shape, geometry.strides, geometry.offset);
  return {base, seen, base.numel() > 0 ? bits_of(base) : std::vector<std::byte>(), geometry};
}

// The categories of cases.py, from the operands as they were built.
std::set<std::string> categories(const std::vector<Tensor>& in, bool throws, bool broadcasting) {
  std::set<std::string> found;
  for (const Tensor& x : in) {
    found.insert(std::string(name(x.dtype())));
    const auto empty = std::count(x.shape().begin(), x.shape().end(), 0);
    if (empty > 0) found.insert(empty == 1 ? "size-0" : "size-0 on several axes");
    if (throws) continue;
    if (x.rank() == 0) found.insert("0-d");
    if (x.rank() == 8) found.insert("rank-8");
    if (std::count(x.shape().begin(), x.shape().end(), 1) > 0) found.insert("size-1");
    if (empty > 0) continue;
    bool gaps = false, negative = false;
    std::int64_t row_major = 1;
    for (int axis = x.rank() - 1; axis >= 0; --axis) {
      if (x.shape()[axis] == 1) continue;
      if (x.strides()[axis] == 0) found.insert("broadcast");
      negative = negative || x.strides()[axis] < 0;
      gaps = gaps || x.strides()[axis] != row_major;
      row_major *= x.shape()[axis];
    }
    if (negative) found.insert("negative stride");
    if (gaps && !negative) found.insert("non-contiguous");
  }
  if (!broadcasting || throws) return found;
  for (const Tensor& x : in) {
    if (!(x.shape() == in[0].shape())) found.insert("broadcast");
  }
  return found;
}

// The element at a row-major position, whatever the strides.
template <class T>
T element(const Tensor& x, std::int64_t i) {
  std::int64_t offset = 0;
  for (int axis = x.rank() - 1; axis >= 0; --axis) {
    offset += i % x.shape()[axis] * x.strides()[axis];
    i /= x.shape()[axis];
  }
  return x.data<T>()[offset];
}

double tolerance(const json& table, DType dtype) {
  return table.value(std::string(name(dtype)), 0.0);
}

// What differs, or an empty text.
std::string difference(const Tensor& got, const json& expected, const json& file,
                       const Device& device) {
  if (!got.defined()) return "the result is undefined";
  const std::string dtype = expected.at("dtype");
  if (name(got.dtype()) != dtype) {
    return "dtype: got " + std::string(name(got.dtype())) + ", expected " + dtype;
  }
  const Shape shape = golden_shape(expected.at("shape"));
  if (!(got.shape() == shape)) {
    return "shape: got " + to_string(got.shape()) + ", expected " + to_string(shape);
  }
  const json& values = expected.at("values");
  if (static_cast<std::int64_t>(values.size()) != got.numel()) return "the golden file is broken";
  // CUDA has functions of its own, within 5 ulp each by its guide, which formulas multiply; lgamma
  // beside its zeros has no bound.
  const double slack = device.kind() == Device::kCudaKind ? 4 : 1;
  const double rtol = slack * tolerance(file.at("rtol"), got.dtype());
  const double atol = slack * tolerance(file.at("atol"), got.dtype());
  const bool zero_signs = file.at("zero_signs");
  std::int64_t differ = 0;
  std::string first;
  dispatch(got.dtype(), [&]<class T>(std::type_identity<T>) {
    for (std::int64_t i = 0; i < got.numel(); ++i) {
      bool same = false;
      std::string texts;
      if constexpr (std::is_integral_v<T>) {
        const std::int64_t a = element<T>(got, i), b = values[i].get<std::int64_t>();
        same = a == b;
        if (!same) texts = "got " + std::to_string(a) + ", expected " + std::to_string(b);
      } else {
        const double a = static_cast<double>(element<T>(got, i)), b = golden_number(values[i]);
        same = a == b ? !zero_signs || std::signbit(a) == std::signbit(b)
                      : (std::isnan(a) && std::isnan(b)) ||
                            (std::isfinite(b) && std::fabs(a - b) <= atol + rtol * std::fabs(b));
        if (!same) {
          texts = "got " + to_text(a) + ", expected " + to_text(b) + ", difference " +
                  to_text(a - b) + ", allowed " + to_text(atol + rtol * std::fabs(b));
        }
      }
      if (!same && differ++ == 0) first = "element " + position(i, shape) + ": " + texts;
    }
  });
  if (differ == 0) return "";
  return std::to_string(differ) + " of " + std::to_string(got.numel()) + " differ, " + first;
}

std::string type_of(const std::exception& error) {
  static const std::map<std::string, const std::type_info*> kTypes = {
      {"ShapeError", &typeid(ShapeError)},   {"DTypeError", &typeid(DTypeError)},
      {"DeviceError", &typeid(DeviceError)}, {"IndexError", &typeid(IndexError)},
      {"ConfigError", &typeid(ConfigError)}, {"IoError", &typeid(IoError)},
      {"LinalgError", &typeid(LinalgError)}, {"Error", &typeid(Error)}};
  for (const auto& [text, type] : kTypes) {
    if (*type == typeid(error)) return text;
  }
  return typeid(error).name();
}

struct Outcome {
  std::string wrong = {};   // what is wrong with one case, or an empty text
  std::string thrown = {};  // the text of the error that was expected
};

Outcome run(const Case& c, const json& form, const json& file,
            const std::function<Results(const Case&)>& f, Device device = kCpu) {
  const std::string expected_error = form.value("error", "");
  try {
    std::vector<Tensor> got = f(c).tensors;
    for (Tensor& y : got) {  // weak: a number of C++, such as what allclose() gives
      if (y.defined() && y.device() != device && !y.weak() && !c.in.empty()) {
        return {"a result on " + to_string(y.device())};
      }
      if (y.defined()) y = y.to(kCpu);
    }
    if (!expected_error.empty()) return {"nothing was thrown; expected " + expected_error};
    const json& expected = form.at("out");
    if (got.size() != expected.size()) {
      return {std::to_string(got.size()) + " results; expected " + std::to_string(expected.size())};
    }
    for (std::size_t i = 0; i < got.size(); ++i) {
      const std::string text = difference(got[i], expected[i], file, device);
      if (!text.empty()) return {"result " + std::to_string(i) + ": " + text};
    }
  } catch (const json::exception&) {
    throw;  // the lambda asks for an argument that the table does not have
  } catch (const std::exception& error) {
    if (type_of(error) == expected_error) return {"", error.what()};
    return {"threw " + type_of(error) + ": " + error.what() + "; expected " +
            (expected_error.empty() ? "a result" : expected_error)};
  }
  return {};
}

std::string path_of(const std::string& function) {
  return "tests/golden/tensor/" + function + ".json";
}

// A case of more elements is left out on other devices than the CPU.
constexpr std::int64_t kMostElements = 20000;

}  // namespace

double Case::number(const std::string& name) const { return golden_number(args.at(name)); }
Shape Case::shape(const std::string& name) const { return golden_shape(args.at(name)); }
Axes Case::axes(const std::string& name) const {
  Axes axes;
  for (const json& axis : args.at(name)) axes.push_back(axis);
  return axes;
}
DType Case::dtype(const std::string& name) const { return find_dtype(args.at(name)); }

bool has_cases(const std::string& function) { return std::filesystem::exists(path_of(function)); }

void check_cases(const std::string& function, const std::function<Results(const Case&)>& f) {
  const json file = golden("tensor/" + function);
  ASSERT_EQ(file.at("function"), function);
  const bool broadcasting = file.at("broadcasting");
  std::map<std::string, int> covers;
  const std::vector<Device> devices = other_devices(function);
  int number = 0, failed = 0, compared = 0, left_out = 0;
  for (const json& form : file.at("cases")) {
    ++number;
    std::vector<Operand> operands;
    Case c{{}, form.value("args", json::object())};
    std::string text;
    for (const json& x : form.at("in")) {
      operands.push_back(build_operand(find_dtype(x.at("dtype")), x));
      c.in.push_back(operands.back().seen);
      text += (text.empty() ? "" : ", ") + describe(c.in.back());
    }
    for (const auto& category : categories(c.in, form.contains("error"), broadcasting)) {
      ++covers[category];
    }
    // The head is line 1 of the file.
    text = function + ", case " + std::to_string(number) + " (line " + std::to_string(number + 1) +
           " of " + path_of(function) + "): (" + text + "), args " + c.args.dump() + ": ";
    const Outcome cpu = run(c, form, file, f);
    if (!cpu.wrong.empty() && ++failed <= 20) ADD_FAILURE() << text << cpu.wrong;
    std::int64_t elements = 0;
    for (const Operand& x : operands) elements += std::max(x.seen.numel(), x.base.numel());
    if (operands.empty() || elements > kMostElements) {
      ++left_out;
    } else {
      for (const Device device : devices) {
        Case moved{{}, c.args};
        for (const Operand& x : operands) moved.in.push_back(x.seen_on(device));
        Outcome there = run(moved, form, file, f, device);
        if (there.wrong.empty() && there.thrown != cpu.thrown) {
          there.wrong = "threw " + there.thrown + "; expected the text of the CPU: " + cpu.thrown;
        }
        ++compared;
        if (!there.wrong.empty() && ++failed <= 20) {
          ADD_FAILURE() << to_string(device) << ": " << text << there.wrong;
        }
      }
    }
    for (const Operand& x : operands) {
      if (x.bits.empty() || bits_of(x.base) == x.bits) continue;
      ADD_FAILURE() << text << "an operand was changed";
    }
  }
  std::printf("%s: %s: %d of %d cases run, %d left out\n",
              devices.size() > 1 ? "cuda_emulated and cuda" : "cuda_emulated", function.c_str(),
              compared / static_cast<int>(devices.size()), number, left_out);
  EXPECT_GT(number, 0) << path_of(function) << " has no cases";
  EXPECT_LE(failed, 20) << failed << " of " << number << " cases of " << function << " fail";
  std::map<std::string, int> claimed = file.at("covers");
  EXPECT_EQ(covers, claimed) << function << ": the file claims other categories than it has";
}

}  // namespace gradus::testing
