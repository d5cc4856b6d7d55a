"""Elements by their positions, drawn at random: 256 K rows of 64 float32 in a table of 64 K, and
16 M single elements."""

import torch
from timing import each_thread_count, median_seconds, report

table, source = torch.randn(1 << 16, 64), torch.randn(1 << 18, 64)
rows = torch.randint(1 << 16, (1 << 18,))
leaf = table.clone().requires_grad_()
x = torch.randn(4096, 4096)
flat = x.reshape(-1)
columns = torch.randint(4096, (4096, 4096))
places = torch.randint(1 << 24, (1 << 24,))
mask = x > 0
FUNCTIONS = {
    "index_select": lambda: table.index_select(0, rows),
    "index_rows": lambda: table[rows],
    "index_add": lambda: table.index_add(0, rows, source),
    "embedding_gradient": lambda: torch.autograd.grad(
        torch.nn.functional.embedding(rows, leaf), leaf, source
    ),
    "gather_columns": lambda: x.gather(1, columns),
    "gather_rows": lambda: x.gather(0, columns),
    "scatter_columns": lambda: x.scatter(1, columns, x),
    "scatter_add_columns": lambda: x.scatter_add(1, columns, x),
    "scatter_add_rows": lambda: x.scatter_add(0, columns, x),
    "scatter_add_line": lambda: flat.scatter_add(0, places, flat),
    "take": lambda: x.take(places),
    "masked_select": lambda: x.masked_select(mask),
}
for name, function in FUNCTIONS.items():
    for suffix in each_thread_count():
        report(f"{name}/16M{suffix}", median_seconds(function))
