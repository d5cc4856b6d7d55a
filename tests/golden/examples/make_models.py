"""Writes models.json: the models of examples/models as modules of PyTorch, their printing, the
names and shapes of their state, and for the small ones logits in float64. The weights are numbers
that tests/examples/models/models_test.cc makes in the same way.

Run: python make_models.py
"""
import json
import math
import pathlib

import torch
import torch.nn.functional as F
from torch import nn

torch.set_default_dtype(torch.float64)


class LeNet(nn.Module):
    def __init__(self, modern, channels=1, classes=10):
        super().__init__()
        pool = nn.MaxPool2d if modern else nn.AvgPool2d
        self.conv1, self.pool1 = nn.Conv2d(channels, 6, 5, padding=2), pool(2)
        self.conv2, self.pool2 = nn.Conv2d(6, 16, 5), pool(2)
        self.flatten = nn.Flatten()
        self.fc1, self.fc2 = nn.Linear(400, 120), nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)
        self.activation = F.relu if modern else torch.sigmoid

    def forward(self, x):
        f = self.activation
        x = self.pool2(f(self.conv2(self.pool1(f(self.conv1(x))))))
        return self.fc3(f(self.fc2(f(self.fc1(self.flatten(x))))))


class AlexNet(nn.Module):
    def __init__(self, image_size, channels=1, classes=10, hidden=4096):
        super().__init__()
        first = nn.Conv2d(channels, 96, 11, 4, 1) if image_size >= 65 else \
            nn.Conv2d(channels, 96, 3, 1, 1)
        self.features = nn.Sequential(
            first, nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(96, 256, 5, padding=2), nn.ReLU(),
            nn.MaxPool2d(3, 2), nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 384, 3, padding=1), nn.ReLU(), nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(), nn.MaxPool2d(3, 2))
        # On the device "meta" shapes cost nothing.
        left = self.features.to("meta")(torch.zeros(1, channels, image_size, image_size,
                                                    device="meta")).numel()
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(left, hidden), nn.ReLU(), nn.Dropout(),
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.around = stride != 1 or inputs != outputs
        if self.around:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                                            nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (self.downsample(x) if self.around else x))


class ResNet(nn.Module):
    def __init__(self, channels=3, classes=10, blocks=(2, 2, 2, 2), width=64, small_images=True):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False) if small_images else \
            nn.Conv2d(channels, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        if not small_images:
            self.maxpool = nn.MaxPool2d(3, 2, 1)
        before = width
        for i, count in enumerate(blocks):
            stage = []
            for j in range(count):
                stage.append(BasicBlock(before, width << i, 2 if i and not j else 1))
                before = width << i
            setattr(self, f"layer{i + 1}", nn.Sequential(*stage))
        self.stages, self.small = len(blocks), small_images
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(before, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = x if self.small else self.maxpool(x)
        for i in range(self.stages):
            x = getattr(self, f"layer{i + 1}")(x)
        return self.fc(self.avgpool(x).flatten(1))


def fill(model):
    for k, (name, x) in enumerate(model.state_dict().items()):
        if not x.is_floating_point():
            continue
        numbers = (torch.arange(x.numel()) * 37 + k * 11) % 101 / 101 - 0.5
        scale = 2 / math.sqrt(x.numel() / x.shape[0])
        offset = 1 if name.endswith("running_var") else 0
        x.copy_((numbers * scale + offset).reshape(x.shape))


def entry(model, image=None, train=False):
    state = [[n, list(x.shape)] for n, x in model.state_dict().items()]
    count = sum(p.numel() for p in model.parameters())
    made = {"repr": repr(model), "state": state, "parameters": count}
    if image:
        model.train(train)
        fill(model)
        x = ((torch.arange(math.prod(image)) * 53) % 97 / 97 - 0.5).reshape(image)
        y = model(x).detach()
        made["image"], made["logits"] = image, {"shape": list(y.shape),
                                                "values": y.flatten().tolist()}
    return made


small = dict(channels=2, classes=3, blocks=(1, 2), width=3)
with torch.device("meta"):
    large = {"alexnet 224": entry(AlexNet(224)), "alexnet 28": entry(AlexNet(28)),
             "resnet18": entry(ResNet()),
             "resnet18 imagenet": entry(ResNet(classes=1000, small_images=False))}
models = large | {
    "lenet book": entry(LeNet(False), [2, 1, 28, 28]),
    "lenet modern": entry(LeNet(True, 3, 5), [1, 3, 28, 28]),
    "resnet small": entry(ResNet(**small), [2, 2, 7, 6]),
    "resnet small train": entry(ResNet(**small), [2, 2, 7, 6], True),
    "resnet small pooled": entry(ResNet(**small, small_images=False), [2, 2, 16, 15]),
}
lines = ",\n".join(json.dumps(k) + ":" + json.dumps(v, separators=(",", ":"))
                   for k, v in models.items())
pathlib.Path(__file__).with_name("models.json").write_text("{" + lines + "}\n")
