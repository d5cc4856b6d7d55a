"""torch.optim over one float32 tensor, in each form that PyTorch has; the report takes the best."""

import torch
from timing import median_seconds, report

FORMS = {
    "loop": {"foreach": False, "fused": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}

for rule in (torch.optim.Adam, torch.optim.SGD):
    for size, n in (("1K", 1 << 10), ("1M", 1 << 20), ("16M", 1 << 24)):
        for threads in (1, 2):
            torch.set_num_threads(threads)
            for form, options in FORMS.items():
                theta = torch.empty(n).uniform_(-1, 1).requires_grad_()
                theta.grad = torch.empty(n).uniform_(0.5, 1.5)
                optimizer = rule([theta], lr=1e-3, **options)
                seconds = median_seconds(optimizer.step)
                report(f"{rule.__name__}_step/{size}/threads:{threads}", seconds, form)
