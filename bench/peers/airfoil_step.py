"""A training step of the airfoil regression: Linear(5, 1), batch 10, half squared loss, Adam."""

import torch
from timing import median_seconds, report

FORMS = {
    "loop": {"foreach": False, "fused": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}

torch.set_num_threads(1)
x, y = torch.randn(10, 5), torch.randn(10, 1)
for form, options in FORMS.items():
    net = torch.nn.Linear(5, 1)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01, **options)

    def step():
        optimizer.zero_grad()
        loss = 0.5 * torch.nn.functional.mse_loss(net(x), y)
        loss.backward()
        optimizer.step()

    report("airfoil_step", median_seconds(step), form)
