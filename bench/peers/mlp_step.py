"""A training step of a network 32-64-10 with relu: batch 16, mean squared error, SGD, float32."""

import torch
from timing import each_thread_count, median_seconds, report

FORMS = {
    "loop": {"foreach": False, "fused": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}

x, y = torch.randn(16, 32), torch.randn(16, 10)
for threads in each_thread_count():
    for form, options in FORMS.items():
        net = torch.nn.Sequential(
            torch.nn.Linear(32, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10)
        )
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01, **options)

        def step():
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(net(x), y)
            loss.backward()
            optimizer.step()

        report(f"mlp_step{threads}", median_seconds(step), form)
