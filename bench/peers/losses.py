"""Losses forward and backward: the mean of 64 Ki elements, and of 256 rows of 1000 classes."""

import torch
import torch.nn.functional as F
from timing import each_thread_count, median_seconds, report

NAMES = ("mse_loss", "l1_loss", "huber_loss", "binary_cross_entropy",
         "binary_cross_entropy_with_logits", "cross_entropy")

for threads in each_thread_count():
    for name in NAMES:
        x, y = torch.rand(1 << 16), torch.rand(1 << 16)
        if name == "cross_entropy":
            x, y = torch.randn(256, 1000), torch.randint(0, 1000, (256,))
        x.requires_grad_()
        loss = getattr(F, name)

        def step():
            x.grad = None
            loss(x, y).backward()

        report(f"{name}{threads}", median_seconds(step))
