// The examples of autograd/README.md, one function each. `tape look` runs the one named look.
#include <iostream>
#include <string>

#include "autograd/anomaly.h"
#include "autograd/ops_all.h"
#include "autograd/print_tape.h"
#include "tensor/elementwise_all.h"

using namespace gradus;

void look() {
  const Variable x = named(Variable(ones({10, 5})), "x"), t = Variable(ones({10, 1}));
  const Variable w = named(parameter(zeros({5, 1})), "w");
  const Variable error = matmul(x, w) - t;
  std::cout << print_tape(mean(square(error)));
}

void explain() {
  const Variable x = named(parameter(tensor({0, 4})), "x");
  const Variable length = sqrt(x);
  try {
    const AnomalyGuard guard;
    sum(length).backward();
  } catch (const AutogradError& error) {
    std::cout << error.what() << "\n";
  }
}

int main(int argc, char** argv) {
  const std::string asked = argc > 1 ? argv[1] : "";
  if (asked.empty() || asked == "look") look();
  if (asked.empty() || asked == "explain") explain();
}
