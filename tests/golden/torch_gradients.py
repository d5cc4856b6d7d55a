"""What the makers of gradient goldens share: derivatives by PyTorch in float64, as JSON."""
import math

import torch


def weights(y):
    return (1 / torch.arange(1, y.numel() + 1, dtype=torch.float64)).reshape(y.shape)


def plain(t):
    real = torch.empty(t.shape, dtype=t.dtype).copy_(t.detach())  # not one of the unallocated zeros
    numbers = [v if math.isfinite(v) else str(v) for v in real.flatten().tolist()]
    return {"shape": list(t.shape), "values": numbers}


def derivatives(f, *inputs):
    """Value, gradient g and second gradient h of y = f(x...), as make_gradients.py defines them."""
    xs = [torch.as_tensor(x, dtype=torch.float64).clone().requires_grad_() for x in inputs]
    y = f(*xs)
    g = torch.autograd.grad((y * weights(y)).sum(), xs, create_graph=True, materialize_grads=True)
    total = sum((weights(d) * d).sum() for d in g)
    h = [None] * len(xs)
    if total.requires_grad:
        h = torch.autograd.grad(total, xs, allow_unused=True)
    h = [torch.zeros_like(x) if d is None else d * 1 for x, d in zip(xs, h)]
    return {"x": [plain(x) for x in xs], "y": plain(y), "g": [plain(d) for d in g],
            "h": [plain(d) for d in h]}


def first(f, *inputs):
    """The gradient of the sum of y alone, for points where no more exists."""
    xs = [torch.as_tensor(x, dtype=torch.float64).clone().requires_grad_() for x in inputs]
    g = [d.clone() for d in torch.autograd.grad(f(*xs).sum(), xs, materialize_grads=True)]
    return {"x": [plain(x) for x in xs], "g": [plain(d) for d in g]}
