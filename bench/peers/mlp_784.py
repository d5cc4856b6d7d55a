"""A training step of a network 784-256-10 with relu: batch 256, cross-entropy, SGD, float32; its
forward pass alone; dropout of 256 x 4096 elements, forward and backward."""

import torch
from timing import each_thread_count, median_seconds, report

FORMS = {
    "loop": {"foreach": False, "fused": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}

x, target = torch.randn(256, 784), torch.randint(0, 10, (256,))
wide, dy = torch.randn(256, 4096, requires_grad=True), torch.randn(256, 4096)
layer = torch.nn.Dropout(0.5)
for threads in each_thread_count():
    net = torch.nn.Sequential(torch.nn.Linear(784, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10))
    for form, options in FORMS.items():
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01, **options)

        def step():
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(x), target).backward()
            optimizer.step()

        report(f"mlp_784{threads}", median_seconds(step), form)

    def forward():
        with torch.no_grad():
            net(x)

    def drop():
        layer(wide).backward(dy)
        wide.grad = None

    report(f"mlp_784_forward{threads}", median_seconds(forward), "eager")
    report(f"dropout{threads}", median_seconds(drop), "eager")
