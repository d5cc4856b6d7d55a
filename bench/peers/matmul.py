"""Products of float32 matrices."""

import torch
from timing import each_thread_count, median_seconds, report

for n, k, m in ((64, 64, 64), (256, 256, 256), (1024, 1024, 1024), (128, 784, 512)):
    a, b = torch.randn(n, k), torch.randn(k, m)
    for suffix in each_thread_count():
        report(f"matmul/{n}x{k}x{m}{suffix}", median_seconds(lambda: a @ b))
