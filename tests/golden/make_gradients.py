"""Writes gradients.json: values, gradients and second gradients by PyTorch in float64.

For each function f and weights w, v:  y = f(x...),  g_i = d sum(w y) / dx_i,
h_i = d sum_j sum(v_j g_j) / dx_i.  w and v are 1, 1/2, 1/3, ... in row-major order.
Run: python make_gradients.py > gradients.json
"""
import json
import math
import sys

import torch

from references import function, rules

X = [-1.7, -0.8, -0.3, 0.4, 1.1, 2.3]
POSITIVE = [0.2, 0.7, 1.0, 1.9, 2.4, 3.1]
A = [0.6, 1.3, -0.9, 2.2, -1.4, 0.35]
B = [1.2, -0.5, 0.8]
INF = math.inf
# Where a function is real.
UNIT = [-0.9, -0.6, -0.2, 0.1, 0.5, 0.8]
PROBABILITIES = [0.2, 0.9, 0.55, 0.04, 0.35, 0.7]
DOMAINS = {"log": POSITIVE, "log2": POSITIVE, "log10": POSITIVE, "sqrt": POSITIVE,
           "rsqrt": POSITIVE, "log1p": POSITIVE, "asin": UNIT, "acos": UNIT, "atanh": UNIT,
           "acosh": [1.2, 1.5, 1.9, 2.4, 3.1, 5.0]}


def weights(y):
    return (1 / torch.arange(1, y.numel() + 1, dtype=torch.float64)).reshape(y.shape)


def plain(t):
    real = torch.empty(t.shape, dtype=t.dtype).copy_(t.detach())  # not one of the unallocated zeros
    numbers = [v if math.isfinite(v) else str(v) for v in real.flatten().tolist()]
    return {"shape": list(t.shape), "values": numbers}


def derivatives(f, *inputs):
    xs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in inputs]
    y = f(*xs)
    g = torch.autograd.grad((y * weights(y)).sum(), xs, create_graph=True)
    total = sum((weights(d) * d).sum() for d in g)
    h = [None] * len(xs)
    if total.requires_grad:
        h = torch.autograd.grad(total, xs, allow_unused=True)
    h = [torch.zeros_like(x) if d is None else d * 1 for x, d in zip(xs, h)]
    return {"x": [plain(x) for x in xs], "y": plain(y), "g": [plain(d) for d in g],
            "h": [plain(d) for d in h]}


def first(f, *inputs):
    xs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in inputs]
    g = [d.clone() for d in torch.autograd.grad(f(*xs).sum(), xs)]
    return {"x": [plain(x) for x in xs], "g": [plain(d) for d in g]}


def main():
    unary = [rule.name for rule in rules() if rule.kind == "UNARY"]
    binary = [rule.name for rule in rules() if rule.kind == "BINARY"]
    grid = lambda v, n: [v[i:i + n] for i in range(0, len(v), n)]
    golden = {"unary": {}, "binary": {}, "kinks": {}, "composed": {}}
    for name in unary:
        golden["unary"][name] = derivatives(
            function(name), grid(DOMAINS.get(name, X), 3))
    for name in binary:
        a = [abs(v) for v in A] if name == "pow" else A
        b = [abs(v) for v in B] if name == "xlogy" else B
        if name == "log_loss":
            a, b = PROBABILITIES, PROBABILITIES[:3]
        golden["binary"][name] = derivatives(function(name), grid(a, 3), b)

    zeros = [-0.0, 0.0]
    for name in ("abs", "relu", "sign", "sqrt", "log", "square", "tanh"):
        golden["kinks"][name] = first(function(name), zeros)
    edges = {"celu": [0.0], "elu": [0.0], "hardsigmoid": [-3.0, 3.0], "hardswish": [-3.0, 3.0, 0.0],
             "hardtanh": [-1.0, 1.0, 0.0], "huber": [-1.0, 1.0, 0.0, INF], "leaky_relu": zeros, "relu6": [-0.0, 0.0, 6.0, INF],
             "selu": zeros, "softsign": zeros, "softplus": [19.9, 20.1, 800.0, -800.0],
             "hardshrink": [-0.5, 0.5, 0.0], "softshrink": [-0.5, 0.5, 0.0],
             "threshold": [0.0, -0.0, math.nan],
             "nan_to_num": [0.0, INF, -INF, math.nan], "lgamma": [0.0, -0.0, -1.0, INF],
             "logsigmoid": [800.0, -800.0], "mish": [800.0, -800.0], "silu": [800.0, -800.0]}
    for name, x in edges.items():
        golden["kinks"][name] = first(function(name), x)
    golden["kinks"]["atan2"] = first(torch.atan2, [0.0, 0.0, -0.0, 1.0], [0.0, -0.0, 0.0, 0.0])
    golden["kinks"]["hypot"] = first(torch.hypot, [0.0, 1.0], [0.0, 0.0])
    golden["kinks"]["fmod"] = first(torch.fmod, [4.0, -5.0, 0.0], [2.0, 3.0, 2.0])
    golden["kinks"]["remainder"] = first(torch.remainder, [4.0, -5.0, 0.0], [2.0, 3.0, 2.0])
    golden["kinks"]["logaddexp"] = first(torch.logaddexp, [0.0, INF, -INF, 1.0, 900.0],
                                         [0.0, -INF, 2.0, 1.0, 0.0])
    golden["kinks"]["xlogy"] = first(torch.xlogy, [0.0, 0.0, 0.0, 1.0, 2.0],
                                     [0.0, -1.0, math.nan, 0.0, INF])
    golden["kinks"]["maximum"] = first(torch.maximum, [1.0, 0.0, INF], [1.0, -0.0, INF])
    golden["kinks"]["minimum"] = first(torch.minimum, [1.0, 0.0, INF], [1.0, -0.0, INF])
    golden["kinks"]["prelu"] = first(function("prelu"), [0.0, -0.0, 0.0, 1.0],
                                     [0.5, 0.5, -2.0, 0.5])
    golden["kinks"]["pow"] = first(torch.pow, [0.0, 0.0, 0.0, 0.0, -1.5, 2.0],
                                   [0.0, 1.0, 2.0, 0.5, 2.0, 0.0])
    golden["kinks"]["div"] = first(torch.div, [0.0, 0.0], [1.0, -2.0])

    m = grid(A, 2)
    composed = golden["composed"]
    composed["layer"] = derivatives(lambda x, w, b: torch.tanh(x @ w + b), grid(X, 3), m, B[:2])
    composed["mean_square"] = derivatives(lambda x: (x - x.mean(1, keepdim=True)).square().mean(0),
                                          grid(X, 3))
    composed["ties"] = derivatives(lambda x: x.amax(1) * x.amin(0, keepdim=True).sum(),
                                   [[1.0, 3.0, 3.0], [2.0, 1.0, 2.0]])
    composed["log_sum_exp"] = derivatives(
        lambda x: torch.log(torch.exp(x - x.amax(1, keepdim=True)).sum(1)) + x.amax(1), grid(X, 3))
    composed["rows"] = derivatives(
        lambda x: x[torch.tensor([1, 0, 1])][:, ::2].t() ** 3, grid(X, 3))
    composed["where"] = derivatives(
        lambda x, b: torch.where(x > b, x * b, torch.sin(x)), grid(X, 3), B)
    text = json.dumps(golden, separators=(",", ":"))
    sys.stdout.write(text.replace('},"', '},\n"') + "\n")


main()
