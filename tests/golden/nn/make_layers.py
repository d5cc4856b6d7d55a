"""Writes layers.json: linear layer and losses with gradients by PyTorch in float64.

The seed of the first gradient is dy; the second gradients are those of sum(u * first gradient).

Run: python make_layers.py > layers.json
"""
import json
import sys

import torch
import torch.nn.functional as F

torch.manual_seed(1)


def tensor(x):
    return {"shape": list(x.shape), "values": x.detach().flatten().tolist()}


def leaf(*shape):
    return torch.randn(shape, dtype=torch.float64).requires_grad_()


def both_gradients(y, inputs):
    """The result, its gradients for a seed, and theirs for seeds u."""
    dy = torch.randn(y.shape, dtype=torch.float64).requires_grad_()
    first = torch.autograd.grad(y, inputs, dy, create_graph=True)
    u = [torch.randn(g.shape, dtype=torch.float64) for g in first]
    of = [*inputs, dy]
    second = torch.autograd.grad(first, of, u, allow_unused=True)
    second = [torch.zeros_like(x) if g is None else g for x, g in zip(of, second)]
    return {"inputs": [tensor(x) for x in inputs], "y": tensor(y), "dy": tensor(dy),
            "first": [tensor(g) for g in first], "u": [tensor(x) for x in u],
            "second": [tensor(g) for g in second]}


def main():
    golden = {}
    for name, shape in [("linear", (4, 3)), ("linear_1d", (3,)), ("linear_one_row", (1, 3))]:
        x, w, b = leaf(*shape), leaf(2, 3), leaf(2)
        golden[name] = both_gradients(F.linear(x, w, b), [x, w, b])
    x, w = leaf(4, 3), leaf(2, 3)
    golden["linear_no_bias"] = both_gradients(F.linear(x, w), [x, w])
    for name, shape in [("vector", (5,)), ("matrix", (4, 2)), ("scalar", ()), ("column", (3, 1))]:
        p, t = leaf(*shape), leaf(*shape)
        golden["mse_" + name] = both_gradients(F.mse_loss(p, t), [p, t])
        golden["half_mse_" + name] = both_gradients(F.mse_loss(p, t) / 2, [p, t])
    text = json.dumps(golden, separators=(",", ":")).replace("]},", "]},\n")
    sys.stdout.write(text + "\n")


main()
