"""Writes conv_gradients.json: convolutions and pooling with their derivatives, by PyTorch in float64.

For each case and weights w, v:  y = f(x...)^2,  g_i = d sum(w y) / dx_i,  h_i = d sum_j sum(v_j g_j)
/ dx_i.  w and v are 1, 1/2, 1/3, ... in row-major order.
Run: python make_conv_gradients.py > conv_gradients.json
"""
import json
import random
import sys

import torch
import torch.nn.functional as F


def weights(y):
    return (1 / torch.arange(1, y.numel() + 1, dtype=torch.float64)).reshape(y.shape)


def plain(t):
    return {"shape": list(t.shape), "values": t.detach().flatten().tolist()}


def case(function, shapes, ties=False, **args):
    rng = random.Random(f"{function} {shapes} {args}")
    def drawn(shape):
        count = 1
        for n in shape:
            count *= n
        values = [rng.randint(-2, 2) if ties else round(rng.uniform(-1, 1), 3) for _ in range(count)]
        return torch.tensor(values, dtype=torch.float64).reshape(shape).requires_grad_()
    xs = [drawn(shape) for shape in shapes]
    named = {"kernel_size" if k == "kernel" else "output_size" if k == "size" else k: v
             for k, v in args.items()}
    y = getattr(F, function)(*xs, **named) ** 2
    g = torch.autograd.grad((y * weights(y)).sum(), xs, create_graph=True)
    h = torch.autograd.grad(sum((weights(d) * d).sum() for d in g), xs)
    return {"function": function, "args": args, "x": [plain(x) for x in xs], "y": plain(y),
            "g": [plain(d) for d in g], "h": [plain(d) for d in h]}


def conv_cases(axes):
    size, k = ([7], [3]) if axes == 1 else ([5, 6], [3, 2])
    name, transpose = f"conv{axes}d", f"conv_transpose{axes}d"
    per = lambda a, b: a if axes == 1 else [a, b]
    options = [{}, {"padding": 1}, {"padding": per(2, 0)}, {"stride": 2}, {"stride": per(3, 1)},
               {"dilation": 2}, {"dilation": per(1, 2)}, {"groups": 2},
               {"stride": 2, "padding": 1, "dilation": 2, "groups": 2},
               {"stride": per(2, 3), "padding": per(1, 2), "dilation": per(2, 1)}]
    for i, o in enumerate(options):
        g = o.get("groups", 1)
        yield case(name, [[2, 2] + size, [4, 2 // g] + k] + ([[4]] if i % 2 else []), **o)
        yield case(transpose, [[2, 2] + size, [2, 4 // g] + k] + ([[4]] if i % 2 == 0 else []), **o)
    yield case(name, [[2] + size, [3, 2] + k, [3]])
    yield case(name, [[1, 4] + size, [4, 1] + k], groups=4, padding=1)
    yield case(name, [[1, 1] + [1] * axes, [1, 1] + [1] * axes])
    yield case(transpose, [[2] + size, [2, 3] + k, [3]])
    yield case(transpose, [[1, 2] + size, [2, 2] + k], stride=2, output_padding=1)
    yield case(transpose, [[1, 2] + size, [2, 1] + k], stride=per(1, 2), dilation=2, groups=2,
               output_padding=1)


def pool_cases(axes):
    x = [[2, 2] + ([9] if axes == 1 else [6, 7])]
    peak, mean = f"max_pool{axes}d", f"avg_pool{axes}d"
    for o in ({}, {"stride": 1}, {"padding": 1}, {"stride": 2, "padding": 1, "ceil_mode": True},
              {"ceil_mode": True}):
        for ties in (False, True):
            yield case(peak, x, ties, kernel=3, **o)
        yield case(mean, x, kernel=3, **o)
        yield case(mean, x, kernel=2, count_include_pad=False, **o)
    yield case(peak, x, kernel=2, dilation=2, stride=1)
    if axes == 2:
        yield case(mean, x, kernel=[2, 3], divisor_override=5)
    for size in (1, 2, 4):
        for ties in (False, True):
            yield case(f"adaptive_max_pool{axes}d", x, ties, size=size)
        yield case(f"adaptive_avg_pool{axes}d", x, size=size)


def main():
    cases = [c for axes in (1, 2) for make in (conv_cases, pool_cases) for c in make(axes)]
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    sys.stdout.write("[\n" + lines + "\n]\n")


main()
