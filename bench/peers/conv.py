"""Convolutions of float32 images, forward and both gradients, and pooling."""

import torch
import torch.nn.functional as F
from timing import each_thread_count, median_seconds, report

CASES = {  # image, kernel, stride, padding, groups
    "lenet1": ((64, 1, 28, 28), (6, 1, 5, 5), 1, 2, 1),
    "lenet2": ((64, 6, 14, 14), (16, 6, 5, 5), 1, 0, 1),
    "resnet": ((8, 64, 32, 32), (64, 64, 3, 3), 1, 1, 1),
    "strided": ((8, 64, 32, 32), (128, 64, 3, 3), 2, 1, 1),
    "depthwise": ((8, 64, 32, 32), (64, 1, 3, 3), 1, 1, 64),
    "pointwise": ((8, 64, 32, 32), (64, 64, 1, 1), 1, 0, 1),
}

aten = torch.ops.aten
for suffix in each_thread_count():
    for name, (image, kernel, stride, padding, groups) in CASES.items():
        x, w, b = torch.randn(image), torch.randn(kernel), torch.randn(kernel[0])
        y = F.conv2d(x, w, b, stride, padding, 1, groups)
        dy = torch.randn_like(y)

        def back(mask):
            return aten.convolution_backward(dy, x, w, [kernel[0]], [stride] * 2, [padding] * 2,
                                             [1, 1], False, [0, 0], groups, mask)

        report(f"conv/{name}{suffix}",
               median_seconds(lambda: F.conv2d(x, w, b, stride, padding, 1, groups)))
        report(f"conv_dx/{name}{suffix}", median_seconds(lambda: back([True, False, False])))
        report(f"conv_dw/{name}{suffix}", median_seconds(lambda: back([False, True, False])))

    x, dy = torch.randn(64, 6, 28, 28), torch.randn(64, 6, 14, 14)
    y, i = F.max_pool2d(x, 2, return_indices=True)
    report(f"max_pool/lenet1{suffix}",
           median_seconds(lambda: F.max_pool2d(x, 2, return_indices=True)))
    report(f"max_pool_dx/lenet1{suffix}", median_seconds(
        lambda: aten.max_pool2d_with_indices_backward(dy, x, [2, 2], [2, 2], [0, 0], [1, 1], False,
                                                      i)))
    report(f"avg_pool/lenet1{suffix}", median_seconds(lambda: F.avg_pool2d(x, 2)))
    report(f"avg_pool_dx/lenet1{suffix}", median_seconds(
        lambda: aten.avg_pool2d_backward(dy, x, [2, 2], [2, 2], [0, 0], False, True, None)))
