"""Copies of 4096 x 4096 float32 that lie otherwise than they are read, and broadcast operands."""

import torch
from timing import each_thread_count, median_seconds, report

x, y, row = torch.randn(4096, 4096), torch.randn(4096, 4096), torch.randn(4096)
column = row.unsqueeze(1)
images = x.reshape(64, 64, 64, 64)
FUNCTIONS = {
    "clone": lambda: x.clone(),
    "transpose": lambda: x.t().contiguous(),
    "nhwc_to_nchw": lambda: images.permute(0, 3, 1, 2).contiguous(),
    "every_other_column": lambda: x[:, ::2].contiguous(),
    "reverse": lambda: x.flip(1),  # PyTorch has no negative steps; this copies
    "add_transposed": lambda: x + y.t(),
    "add_row": lambda: x + row,
    "add_column": lambda: x + column,
    "outer_sum": lambda: row + column,
    "cat": lambda: torch.cat((x, y), 1),
}
for name, function in FUNCTIONS.items():
    for suffix in each_thread_count():
        report(f"{name}/16M{suffix}", median_seconds(function))
