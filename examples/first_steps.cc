// Tensors, derivatives, a model, an optimizer, an error: the program of the front page.
#include <iostream>

#include "autograd/ops_all.h"
#include "nn/linear.h"
#include "nn/losses/half_mse.h"
#include "optim/rules/adam.h"
#include "tensor/elementwise_all.h"

using namespace gradus;

int main() {
  Generator rng(42);

  // A tensor is a value; numbers and slices work as in NumPy.
  const Tensor x = normal({100, 2}, 0, 1, rng);
  const Tensor y = matmul(x, tensor({{2}, {-3.4}})) + 4.2 + normal({100, 1}, 0, 0.1, rng);

  // Variables are on the tape. Here is a derivative, and the derivative of that.
  const Variable t = parameter(tensor({0.5}));
  const Variable slope = grad(sum(tanh(t)), t, {.create_graph = true});
  std::cout << "tanh'(0.5) = " << slope << "\ntanh''(0.5) = " << grad(sum(slope), t) << "\n";

  // A model, a loss, an optimizer.
  const nn::Linear net(2, 1, rng);
  optim::Optimizer<optim::Adam> optimizer(net.named_parameters(), {.lr = 0.1});
  for (int step = 0; step < 300; ++step) {
    const Variable loss = nn::half_mse_loss(net(x), y);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    if (step % 100 == 99) std::cout << "step " << step + 1 << ", loss " << loss.item() << "\n";
  }
  std::cout << "w = " << net.weight << "\nb = " << net.bias << "\n";

  // What does not fit is said in full.
  try {
    net(ones({8, 3}));
  } catch (const ShapeError& error) {
    std::cout << error.what() << "\n";
  }
}
