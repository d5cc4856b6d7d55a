"""Reductions of 16 M float32."""

import torch
from timing import each_thread_count, median_seconds, report

x = torch.randn(4096, 4096)
flat = x.reshape(-1)
FUNCTIONS = {
    "sum": lambda: x.sum(),
    "sum_rows": lambda: x.sum(1),
    "sum_columns": lambda: x.sum(0),
    "mean": lambda: x.mean(),
    "max": lambda: x.max(),
    "max_rows": lambda: x.amax(1),
    "argmax": lambda: x.argmax(),
    "argmax_rows": lambda: x.argmax(1),
    "norm": lambda: x.norm(),
    "var": lambda: x.var(),
    "var_rows": lambda: x.var(1),
    "logsumexp_rows": lambda: x.logsumexp(1),
    "cumsum": lambda: flat.cumsum(0),
    "cumsum_rows": lambda: x.cumsum(1),
}
for name, function in FUNCTIONS.items():
    for suffix in each_thread_count():
        report(f"{name}/16M{suffix}", median_seconds(function))
