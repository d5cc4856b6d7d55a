"""Writes views.json: chains of view operations on arange, with the result of NumPy.

Run: python make_views.py > views.json
"""
import json
import random
import sys

import numpy as np


def factor(rng, n):
    """A shape with n elements."""
    shape = []
    while n > 1 and len(shape) < 4:
        d = rng.choice([d for d in range(1, n + 1) if n % d == 0])
        shape.append(d)
        n //= d
    if n > 1:
        shape.append(n)
    if rng.random() < 0.3:
        shape.insert(rng.randrange(len(shape) + 1), 1)
    return shape


def step(rng, x):
    """One operation: its JSON form and its result."""
    kind = rng.choice(["transpose", "slice", "select", "expand", "unsqueeze", "reshape", "reshape"])
    axis = rng.randrange(-x.ndim, x.ndim) if x.ndim else 0
    if kind == "transpose" and x.ndim >= 2:
        other = rng.randrange(-x.ndim, x.ndim)
        return [kind, axis, other], np.swapaxes(x, axis, other)
    if kind == "slice" and x.ndim >= 1:
        n = x.shape[axis]
        start, stop = rng.randrange(-n - 1, n + 2), rng.randrange(-n - 1, n + 2)
        stride = rng.choice([1, 1, 2, 3, 100])
        index = [slice(None)] * x.ndim
        index[axis] = slice(start, stop, stride)
        if x[tuple(index)].size or rng.random() < 0.1:
            return [kind, axis, start, stop, stride], x[tuple(index)]
    if kind == "select" and x.ndim >= 1 and x.shape[axis] > 0:
        i = rng.randrange(-x.shape[axis], x.shape[axis])
        return [kind, axis, i], np.moveaxis(x, axis, 0)[i, ...]
    if kind == "expand" and x.ndim < 6 and 0 < x.size < 30:
        shape = [rng.choice([1, 2, 3]) if n == 1 else n for n in x.shape]
        if rng.random() < 0.5:
            shape.insert(0, 2)
        return [kind] + shape, np.broadcast_to(x, shape)
    if kind == "unsqueeze" and x.ndim < 6:
        at = rng.randrange(-x.ndim - 1, x.ndim + 1)
        return [kind, at], np.expand_dims(x, at)
    shape = factor(rng, x.size) if x.size else [0, 3]
    asked = list(shape)
    if x.size and shape and rng.random() < 0.4:
        asked[rng.randrange(len(asked))] = -1
    return ["reshape"] + asked, x.reshape(shape)


def main():
    rng = random.Random(3)
    cases = []
    while len(cases) < 150:
        start = rng.choice([[24], [2, 3, 4], [4, 6], [2, 1, 12], [3, 1, 2, 4], [5, 5]])
        x = base = np.arange(int(np.prod(start))).reshape(start)
        steps = []
        for _ in range(rng.randrange(2, 6)):
            form, y = step(rng, x)
            # Whether memory is shared; NumPy says no for every empty result.
            form = {"op": form, "view": bool(np.shares_memory(x, y) or y.size == 0)}
            steps.append(form)
            x = y
        if x.size <= 60:
            cases.append({"start": start, "steps": steps, "shape": list(x.shape),
                          "values": x.flatten().tolist()})
    sys.stdout.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")


main()
