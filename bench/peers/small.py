"""Single functions of [10, 10] float32 tensors, called from Python."""

import torch
from timing import median_seconds, report

x, y = torch.randn(10, 10), torch.randn(10, 10)
FUNCTIONS = {
    "add": lambda: x + y,
    "mul_number": lambda: x * 1.5,
    "tanh": lambda: torch.tanh(x),
    "greater": lambda: x > y,
    "add_row": lambda: x + y[0],
    "sum": lambda: x.sum(),
    "sum_rows": lambda: x.sum(1),
    "max": lambda: x.max(),
    "argmax_rows": lambda: x.argmax(1),
    "matmul": lambda: x @ y,
    "transpose": lambda: x.t().contiguous(),
    "reshape": lambda: x.reshape(100),
    "clone": lambda: x.clone(),
    "cat": lambda: torch.cat((x, y), 0),
    "sort": lambda: x.sort(1).values,
    "zeros": lambda: torch.zeros(10, 10),
}
torch.set_num_threads(1)
for name, function in FUNCTIONS.items():
    report(f"{name}/10x10", median_seconds(function))
