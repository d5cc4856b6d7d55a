// The examples of tensor/README.md, one function each. `tensors views` runs the one named views.
#include <iostream>
#include <string>

#include "tensor/elementwise_all.h"
#include "tensor/reduce.h"

using namespace gradus;

void strides() {
  const Tensor x = arange(6).reshape({2, 3});
  std::cout << x << "\n" << describe(x) << "\n" << describe(x.transpose()) << "\n";
  std::cout << describe(x.slice(1, {None, None, -1})) << "\n";
}

void views() {
  const Tensor x = zeros({2, 3});
  const Tensor row = x.select(0, 1);  // a view
  const Tensor copy = row.clone();
  row.fill(7);
  std::cout << x << "\n" << copy << "\n";
}

void broadcasting() {
  const Tensor column = tensor({{10}, {20}}), row = tensor({1, 2, 3});
  std::cout << column + row << "\n";
  try {
    zeros({2, 3}) + zeros({2});
  } catch (const ShapeError& error) {
    std::cout << error.what() << "\n";
  }
}

void promotion() {
  constexpr const char* kShort[] = {"bool", "u8", "i32", "i64", "f16", "bf16", "f32", "f64"};
  const auto cell = [](std::string text) { return std::string(6 - text.size(), ' ') + text; };
  std::string table = cell("");
  for (DType b : kAllDTypes) table += cell(kShort[static_cast<int>(b)]);
  for (DType a : kAllDTypes) {
    table += "\n" + cell(kShort[static_cast<int>(a)]);
    for (DType b : kAllDTypes) table += cell(kShort[static_cast<int>(promote(a, b))]);
  }
  std::cout << table << "\n";
}

void numbers() {
  const Tensor x = tensor({100, 200}, kUInt8);
  std::cout << x + x << "\n" << x * 0.5 << "\n" << tensor({1, 2}, kFloat16) * 0.5 << "\n";
  try {
    tensor({1, 300}).to(kUInt8);
  } catch (const DTypeError& error) {
    std::cout << error.what() << "\n";
  }
}

void indexing() {
  const Tensor x = arange(12).reshape({3, 4});
  std::cout << x.index({-1}) << "\n";
  std::cout << x.index({Ellipsis, Slice{1, None, 2}}) << "\n";
  std::cout << x.index({tensor({2, 0}, kInt64)}) << "\n";
  std::cout << x.index({x > 8}) << "\n";
  x.index_put({Slice(), 0}, -1);
  std::cout << where(x > 8, x, -1) << "\n";
}

int main(int argc, char** argv) {
  const std::string asked = argc > 1 ? argv[1] : "";
  const auto run = [&](const std::string& name, void (*example)()) {
    if (asked.empty() || asked == name) example();
  };
  run("strides", strides);
  run("views", views);
  run("broadcasting", broadcasting);
  run("promotion", promotion);
  run("numbers", numbers);
  run("indexing", indexing);
}
