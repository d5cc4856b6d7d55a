"""Element-wise functions of 16 M float32 into a new tensor."""

import torch
from timing import each_thread_count, median_seconds, report

N = 1 << 24
a, b = torch.empty(N).uniform_(0.1, 2), torch.empty(N).uniform_(0.1, 2)
mask = a > b
FUNCTIONS = {
    "add": lambda: a + b,
    "mul_number": lambda: a * 1.5,
    "div": lambda: a / b,
    "relu": lambda: torch.relu(a),
    "sqrt": lambda: torch.sqrt(a),
    "exp": lambda: torch.exp(a),
    "log": lambda: torch.log(a),
    "tanh": lambda: torch.tanh(a),
    "sigmoid": lambda: torch.sigmoid(a),
    "greater": lambda: a > b,
    "where": lambda: torch.where(mask, a, b),
    "to_float64": lambda: a.to(torch.float64),
}
for name, function in FUNCTIONS.items():
    for suffix in each_thread_count():
        report(f"{name}/16M{suffix}", median_seconds(function))
