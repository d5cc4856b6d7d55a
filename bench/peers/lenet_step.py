"""Training steps of LeNet and of a residual block, and batch normalization, float32."""

import torch
import torch.nn.functional as F
from torch import nn
from timing import each_thread_count, median_seconds, report

FORMS = {"foreach": {"foreach": True}, "fused": {"fused": True}}


def lenet(activation, pool):
    return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), activation(), pool(2), nn.Conv2d(6, 16, 5),
                         activation(), pool(2), nn.Flatten(), nn.Linear(400, 120), activation(),
                         nn.Linear(120, 84), activation(), nn.Linear(84, 10))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(64, 64, 3, padding=1, bias=False) for _ in range(2))
        self.bn1, self.bn2 = nn.BatchNorm2d(64), nn.BatchNorm2d(64)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + x)


def step_of(net, x, loss, options):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, **options)

    def step():
        optimizer.zero_grad()
        loss(net(x)).backward()
        optimizer.step()

    return step


images, classes = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))
x, dy = torch.randn(8, 64, 32, 32, requires_grad=True), torch.randn(8, 64, 32, 32)
for suffix in each_thread_count():
    for form, options in FORMS.items():
        for name, net in (("book", lenet(nn.Sigmoid, nn.AvgPool2d)),
                          ("relu", lenet(nn.ReLU, nn.MaxPool2d))):
            step = step_of(net, images, lambda y: F.cross_entropy(y, classes), options)
            report(f"lenet_step/{name}{suffix}", median_seconds(step), form)
        report(f"residual_step{suffix}",
               median_seconds(step_of(Block(), x, lambda y: y.mean(), options)), form)
    norm = nn.BatchNorm2d(64)

    def both():
        x.grad = None
        norm(x).backward(dy)

    report(f"batch_norm{suffix}", median_seconds(lambda: norm(x)))
    report(f"batch_norm_both{suffix}", median_seconds(both))
