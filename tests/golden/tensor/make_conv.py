"""Writes the tables of convolutions and pooling, by PyTorch.

Run: python make_conv.py
"""
import random

import torch
import torch.nn.functional as F

from cases import DTYPES, FLOATING, INTEGRAL, case, operand, write

# Sums of at most 80 products of numbers up to 3 (9 each), computed in float32 also for halves, may
# cancel: 80 roundings of 9, each 2^-24 or 2^-53 of it.
ATOL = {"float16": 1e-4, "bfloat16": 1e-4, "float32": 1e-4, "float64": 1e-13}
RTOL = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-21, "float64": 2**-50}
REASON = "one rounding of a half, four of others; sums of products up to 9 cancel: 80 * 9 eps"
LACKS = {"0-d": "images have axes, a scalar is an error", "rank-8": "at most 4 axes"}
ROTATION = ("float64", "float16", "bfloat16")


def laid(dtype, shape, layout, label, kind="real"):
    """An operand of this shape behind one of seven kinds of strides."""
    shape, last = list(shape), len(shape) - 1
    n = shape[-1]
    reverse = list(range(len(shape)))[::-1]
    if 0 in shape or n == 0:
        layout = 0
    base, views = [
        (shape, []),
        (shape, [["flip", last]]),
        (shape[:-1] + [2 * n], [["slice", last, 0, 2 * n, 2]]),
        (shape[::-1], [["permute", reverse]]),
        ([1] + shape[1:], [["expand", shape]]),
        (shape[:-1] + [2 * n], [["slice", last, 2 * n - 1, None, -2]]),
        ([3] + shape, [["select", 0, 1], ["flip", 0]]),
    ][layout % 7]
    return operand(dtype, base, kind, views, label)


def configurations(axes, transposed, count, seed):
    """Arguments and sizes: random ones, and those at edges."""
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        g = rng.choice([1, 1, 2, 3])
        a, b = rng.randint(1, 3), rng.randint(1, 3)
        per = lambda low, high: [rng.randint(low, high) for _ in range(axes)]
        k, s, p, d = per(1, 3), per(1, 3), per(0, 2), per(1, 3)
        op = [rng.randint(0, max(x, y) - 1) for x, y in zip(s, d)]
        if transposed:
            size = per(1, 4)
            p = [min(x, ((n - 1) * t + y * (z - 1)) // 2)  # so that something is left
                 for x, n, t, y, z in zip(p, size, s, d, k)]
        else:
            size = [max(1, y * (z - 1) + 1 - 2 * x) + rng.randint(0, 4)
                    for x, y, z in zip(p, d, k)]
        found.append((rng.choice([None, 1, 2]), g, a, b, size, k, s, p, d, op))
    one, two, none = [1] * axes, [2] * axes, [0] * axes
    line = [20] if axes == 1 else [3, 17]
    found += [
        (1, 1, 1, 1, one, one, one, none, one, none),        # everything of size 1
        (2, 1, 1, 1, [5] * axes, two, one, none, one, none),
        (0, 1, 2, 3, [4] * axes, two, one, one, one, none),  # no images
        (1, 1, 1, 13, [4] * axes, two, two, one, one, none),  # more rows than a tile has
        (2, 4, 1, 1, [6] * axes, [3] * axes, one, one, one, none),  # depthwise
        (1, 3, 1, 2, [5] * axes, two, two, none, one, none),
        (1, 1, 1, 1, line, two, one, none, one, none),       # more columns than a vector
        (1, 1, 2, 2, line, [3] * axes, two, one, two, none),
        (1, 1, 2, 1, [3] * axes, [3] * axes, one, none, one, none),  # one window
        (1, 1, 1, 2, [3] * axes, two, [5] * axes, one, one, none),   # a step over most
    ]
    return found


def arguments(s, p, d, g, op=None):
    one = lambda v: v[0] if len(set(v)) == 1 else v
    found = {"stride": one(s), "padding": one(p), "dilation": one(d), "groups": g}
    return found | {"output_padding": one(op)} if op is not None else found


def dtypes_of(i):
    return ("float32", ROTATION[i % 3]) if i % 2 else ("float32", "float64")


def conv_cases(axes, transposed):
    found = []
    for i, c in enumerate(configurations(axes, transposed, 22, 10 * axes + transposed)):
        n, g, a, b, size, k, s, p, d, op = c
        x = ([] if n is None else [n]) + [g * a] + size
        w = [g * a, b] + k if transposed else [g * b, a] + k
        for j, dtype in enumerate(dtypes_of(i)):
            operands = [laid(dtype, x, i + j, f"x{i}"), laid(dtype, w, i // 2 + j, f"w{i}")]
            if i % 3:
                operands.append(laid(dtype, [g * b], i + 2 * j, f"b{i}"))
            found.append(case(operands, **arguments(s, p, d, g, op if transposed else None)))
    x, w = [2, 2] + [4] * axes, [2, 2] + [2] * axes
    found += [case([operand(d, x, "special"), operand(d, w)], **arguments([1], [1], [1], 1,
              [0] if transposed else None)) for d in FLOATING]
    return found


def conv_errors(axes, transposed):
    f = lambda *shape: operand("float32", shape)
    tail, none = [4] * axes, {"output_padding": 0} if transposed else {}
    plain = dict(stride=1, padding=0, dilation=1, groups=1) | none
    x, w = f(1, 2, *tail), f(2, 2, *[3] * axes)
    ends = [case([operand(d, [1, 2] + tail), operand(d, [2, 2] + [3] * axes)], "DTypeError", **plain)
            for d in ("bool",) + INTEGRAL]
    ends.append(case([x, operand("float64", [2, 2] + [3] * axes)], "DTypeError", **plain))
    ends += [case([bad, w], "ShapeError", **plain) for bad in
             (f(*tail), f(1, 1, 2, *tail), f(1, 3, *tail), f(1, 2, *[0] * axes), f(0, 0, *[0] * axes))]
    ends += [case([x, bad], "ShapeError", **plain) for bad in
             (f(2, 3), f(4, 3, *[3] * axes), f(2, 2, *[0] * axes))]
    ends += [case([x, w, bad], "ShapeError", **plain) for bad in (f(3), f(2, 1), f())]
    ends += [case([x, w], "ConfigError", **(plain | {key: value})) for key, value in (
        ("stride", 0), ("stride", -1), ("padding", -1), ("dilation", 0), ("groups", 0),
        ("groups", 3), ("stride", [1] * (axes + 1)), ("stride", 2**31))]
    if transposed:
        ends += [case([x, w], "ConfigError", **(plain | {"output_padding": value}))
                 for value in (1, -1)]
        ends += [case([x, w], "ConfigError", **(plain | {"padding": 9}))]
    else:
        ends += [case([f(1, 2, *[2] * axes), w], "ShapeError", **plain),
                 case([x, w], "ShapeError", **(plain | {"dilation": 2}))]
    return ends


def weight_cases(axes):
    found = []
    for i, c in enumerate(configurations(axes, False, 24, 30 + axes)):
        n, g, a, b, size, k, s, p, d, _ = c
        windows = [(x + 2 * q - e * (m - 1) - 1) // t + 1
                   for x, q, e, m, t in zip(size, p, d, k, s)]
        head = [] if n is None else [n]
        for j, dtype in enumerate(dtypes_of(i)):
            found.append(case([laid(dtype, head + [g * a] + size, i + j, f"x{i}"),
                               laid(dtype, head + [g * b] + windows, i // 2 + j, f"dy{i}")],
                              kernel=k, **arguments(s, p, d, g)))
    found += [case([operand(d, [2, 2] + [4] * axes, "special"), operand(d, [2, 2] + [4] * axes)],
                   kernel=3, **arguments([1], [1], [1], 1)) for d in FLOATING]
    f = lambda *shape: operand("float32", shape)
    x, dy = f(1, 2, *[4] * axes), f(1, 2, *[3] * axes)
    plain = dict(kernel=2, stride=1, padding=0, dilation=1, groups=1)
    found += [case([operand(d, [1, 2] + [4] * axes), operand(d, [1, 2] + [3] * axes)], "DTypeError",
                   **plain) for d in ("bool",) + INTEGRAL]
    found += [case([f(1, 2, *[0] * axes), dy], "ShapeError", **plain),
              case([f(0, 0, *[0] * axes), dy], "ShapeError", **plain),
              case([x, f(2, 2, *[3] * axes)], "ShapeError", **plain),
              case([x, f(2, *[3] * axes)], "ShapeError", **plain),
              case([x, f(1, 2, *[2] * axes)], "ShapeError", **plain),
              case([x, f(1, 2, *[4] * axes)], "ShapeError", **plain),
              case([x, dy], "ShapeError", **(plain | {"kernel": 5})),
              case([x, dy], "ConfigError", **(plain | {"kernel": 0})),
              case([x, dy], "ConfigError", **(plain | {"groups": 4}))]
    return found


def conv(axes):
    f = {1: F.conv1d, 2: F.conv2d}[axes]
    return lambda x, w, b=None, **a: f(x, w, b, **a)


def transpose(axes):
    f = {1: F.conv_transpose1d, 2: F.conv_transpose2d}[axes]
    return lambda x, w, b=None, **a: f(x, w, b, **a)


def weight(axes):
    def gradient(x, dy, kernel, **a):
        batched = x.dim() == axes + 2
        kernel = [kernel] * axes if isinstance(kernel, int) else kernel
        x, dy = (x, dy) if batched else (x[None], dy[None])
        w = torch.zeros([dy.shape[1], x.shape[1] // a["groups"]] + kernel, dtype=x.dtype,
                        requires_grad=True)
        if x.shape[0] == 0:
            return w.detach()
        return torch.autograd.grad(conv(axes)(x, w, **a), w, dy)[0]
    return gradient


# ---- Pooling -------------------------------------------------------------------------------------

def pool_shapes(axes):
    if axes == 1:
        return [[2, 2, 5], [3, 7], [1, 1, 1], [2, 1, 20], [0, 2, 5], [1, 3, 6], [2, 2, 9]]
    return [[2, 2, 5, 4], [3, 4, 7], [1, 1, 1, 1], [1, 1, 3, 20], [0, 2, 5, 4], [1, 3, 6, 5],
            [2, 2, 4, 4]]


def windows_of(axes, dilated, seed):
    """Kernel, stride, padding, dilation, ceil_mode; a dilation of 1 unless `dilated`."""
    rng = random.Random(seed)
    found = [([2] * axes, None, [0] * axes, [1] * axes, False),
             ([2] * axes, None, [1] * axes, [1] * axes, True),
             ([3] * axes, [2] * axes, [1] * axes, [1] * axes, False),
             ([3] * axes, [2] * axes, [0] * axes, [1] * axes, True)]
    while len(found) < 26:
        per = lambda low, high: [rng.randint(low, high) for _ in range(axes)]
        k, s, d = per(1, 3), per(1, 3), per(1, 2) if dilated else [1] * axes
        p = [rng.randint(0, x // 2) for x in k]  # all that PyTorch takes, whatever the dilation
        found.append((k, rng.choice([None, s, s]), p, d, rng.random() < 0.5))
    return found


def fitting(shape, axes, c):
    """The shape, enlarged so that there is a window, and no window is without an element."""
    k, _, p, d, _ = c
    least = [max(1, e * (m - 1) + 1 - (q if e > 1 else 2 * q)) for m, q, e in zip(k, p, d)]
    return shape[:-axes] + [max(n, m) for n, m in zip(shape[-axes:], least)]


def sliding_cases(axes, dtypes, dilated, averages):
    found, shapes = [], pool_shapes(axes)
    for i, c in enumerate(windows_of(axes, dilated, axes + 10 * averages)):
        k, s, p, d, ceil = c
        args = {"kernel": k, "padding": p, "ceil_mode": ceil}
        if s is not None:
            args["stride"] = s
        if dilated:
            args["dilation"] = d
        if averages and i % 3:
            args["count_include_pad"] = i % 3 == 1
        if averages and axes == 2 and i % 5 == 4:
            args["divisor_override"] = (-2, 3)[i % 2]
        x = fitting(shapes[i % len(shapes)], axes, c)
        for j, dtype in enumerate(("float32", dtypes[i % len(dtypes)])):
            if j == 0 or dtype != "float32":
                found.append(case(laid(dtype, x, i + j, f"{i}", "ints" if i % 2 else "real"), **args))
    plain = {"kernel": 2, "padding": 0, "ceil_mode": False}
    return (found + [case(laid("float64", shapes[0], 4, "repeated"), **plain)] +
            [case(operand(d, shapes[0], "special"), **plain) for d in FLOATING])


def sliding_errors(axes, refused):
    f = lambda *shape: operand("float32", shape)
    plain = {"kernel": 2, "padding": 0, "ceil_mode": False}
    x = f(2, 2, *[4] * axes)
    found = [case(operand(d, [1, 2] + [4] * axes), "DTypeError", **plain) for d in refused]
    found += [case(bad, "ShapeError", **plain) for bad in
              (f(*[4] * axes), f(1, 1, 2, *[4] * axes), f(2, 2, *[0] * axes), f(0, 2, *[0] * axes), f(),
               f(2, 2, *[1] * axes))]
    found += [case(x, "ConfigError", **(plain | {key: value})) for key, value in (
        ("kernel", 0), ("kernel", [2] * (axes + 1)), ("stride", 0), ("stride", -1), ("padding", 2),
        ("padding", -1))]
    return found + [case(x, "ShapeError", **(plain | {"kernel": 5}))]


def adaptive_cases(axes, dtypes):
    found, shapes = [], pool_shapes(axes)
    sizes = [1, 2, 3, 4, 7, 0] if axes == 1 else [[1, 1], [2, 3], [3, 2], [5, 4], [7, 6], [0, 2], 2]
    for i in range(26):
        size, x = sizes[i % len(sizes)], shapes[i // 2 % len(shapes)]
        if 0 in x and i > 9:
            continue  # the same once more
        for j, dtype in enumerate(("float32", dtypes[i % len(dtypes)])):
            if j == 0 or dtype != "float32":
                found.append(case(laid(dtype, x, i + j, f"a{i}", "ints" if i % 2 else "real"),
                                  size=size))
    return (found + [case(laid("float64", shapes[0], 4, "repeated"), size=2)] +
            [case(operand(d, shapes[0], "special"), size=2) for d in FLOATING])


def adaptive_errors(axes, refused):
    f = lambda *shape: operand("float32", shape)
    found = [case(operand(d, [1, 2] + [4] * axes), "DTypeError", size=2) for d in refused]
    found += [case(bad, "ShapeError", size=2) for bad in
              (f(*[4] * axes), f(1, 1, 2, *[4] * axes), f(2, 2, *[0] * axes), f(0, 2, *[0] * axes), f())]
    return found + [case(f(2, 2, *[4] * axes), "ConfigError", size=s)
                    for s in (-1, [2] * (axes + 1), 2**31)]


def largest(f, axes, indices):
    def pooled(x, **a):
        if "kernel" in a:
            a = {"kernel_size" if k == "kernel" else k: v for k, v in a.items()}
        else:
            a = {"output_size": a["size"]}
        y, i = f(x if x.is_floating_point() else x.double(), return_indices=True, **a)
        y = y.to(x.dtype)
        return (y, i) if indices else y
    return pooled


def mean(f):
    def pooled(x, **a):
        if "kernel" in a:
            return f(x, **{"kernel_size" if k == "kernel" else k: v for k, v in a.items()})
        return f(x, a["size"])
    return pooled


def main():
    sums = dict(rtol=RTOL, atol=ATOL, tolerance=REASON, reference="float64", lacks=LACKS)
    exact = dict(rtol={}, atol={}, reference="float64", lacks=LACKS)
    numbers = DTYPES[1:]
    for axes in (1, 2):
        write(f"conv{axes}d", conv_cases(axes, False) + conv_errors(axes, False), conv(axes), **sums)
        write(f"conv_transpose{axes}d", conv_cases(axes, True) + conv_errors(axes, True),
              transpose(axes), **sums)
        write(f"conv{axes}d_weight", weight_cases(axes), weight(axes), **sums)
        slide, adapt = getattr(F, f"max_pool{axes}d"), getattr(F, f"adaptive_max_pool{axes}d")
        for end in ("", "_with_indices"):
            write(f"max_pool{axes}d{end}",
                  sliding_cases(axes, numbers, True, False) + sliding_errors(axes, ["bool"]),
                  largest(slide, axes, end != ""), **exact)
            write(f"adaptive_max_pool{axes}d{end}",
                  adaptive_cases(axes, numbers) + adaptive_errors(axes, ["bool"]),
                  largest(adapt, axes, end != ""), **exact)
        refused = ("bool",) + INTEGRAL
        write(f"avg_pool{axes}d",
              sliding_cases(axes, FLOATING, False, True) + sliding_errors(axes, refused),
              mean(getattr(F, f"avg_pool{axes}d")), **sums)
        write(f"adaptive_avg_pool{axes}d",
              adaptive_cases(axes, FLOATING) + adaptive_errors(axes, refused),
              mean(getattr(F, f"adaptive_avg_pool{axes}d")), **sums)


main()
