"""Writes sort.json, argsort.json, topk.json, kthvalue.json, unique.json, searchsorted.json,
bucketize.json, histogram.json, density.json and bincount.json, by PyTorch's stable sort and by NumPy.

Run: python make_sorting.py
"""
import numpy as np
import torch

from cases import (DTYPES, FLOATING, INTEGRAL, LAYOUTS, PAIRS, Operand, Throws, axis_cases,
                   axis_errors, case, draw, operand, rotate, unary_operands, write)


def line(x):
    return x.reshape(1) if x.dim() == 0 else x


def sort(x, axis, descending):
    # PyTorch sorts -0 before 0 by no rule but stability, as we do.
    y, at = torch.sort(line(x), dim=axis, descending=descending, stable=True)
    return y.reshape(x.shape), at.reshape(x.shape)


def topk(x, k, axis, largest):
    v, at = torch.sort(line(x), dim=axis, descending=largest, stable=True)
    if not 0 <= k <= v.shape[axis]:
        raise Throws("ConfigError")
    v, at = v.narrow(axis, 0, k), at.narrow(axis, 0, k)
    return (v.reshape(()), at.reshape(())) if x.dim() == 0 and k == 1 else (v, at)


def kthvalue(x, k, axis, keepdim):
    v, at = torch.sort(line(x), dim=axis, stable=True)
    if not 1 <= k <= v.shape[axis]:
        raise Throws("ConfigError")
    v, at = v.narrow(axis, k - 1, 1), at.narrow(axis, k - 1, 1)
    if x.dim() == 0:
        return v.reshape(()), at.reshape(())
    return (v, at) if keepdim else (v.squeeze(axis), at.squeeze(axis))


def unique(x, axis=None):
    if axis is not None:
        return unique_along(x, axis)
    half = x.is_floating_point() and x.element_size() == 2
    v, inverse, counts = torch.unique(x.float() if half else x, return_inverse=True,
                                      return_counts=True)
    return v.to(x.dtype), inverse, counts


def unique_along(x, axis):
    """Sub-tensors as tuples, since PyTorch puts those with a NaN in no order."""
    rows = [tuple((v != v, 0 if v != v else v) for v in row.flatten().tolist())
            for row in x.unbind(axis)]
    nan = [any(is_nan for is_nan, _ in row) for row in rows]
    order = sorted(range(len(rows)), key=lambda i: rows[i])
    opens = [i == 0 or rows[at] != rows[order[i - 1]] or nan[at] for i, at in enumerate(order)]
    inverse, group = torch.zeros(len(rows), dtype=torch.int64), -1
    for at, first in zip(order, opens):
        group += first
        inverse[at] = group
    firsts = torch.tensor([at for at, first in zip(order, opens) if first], dtype=torch.int64)
    counts = torch.bincount(inverse, minlength=group + 1)
    values = x.index_select(axis, firsts)
    if x.numel() and not any(nan):
        half = x.is_floating_point() and x.element_size() == 2
        expected = torch.unique(x.float() if half else x, dim=axis, return_inverse=True,
                                return_counts=True)
        for a, b in zip((values, inverse, counts), expected):
            assert torch.equal(a, b.to(a.dtype)), (a, b)
    return values, inverse, counts


def unique_cases():
    bits = [operands for d in DTYPES for operands in (
        [operand(d, [6, 2], "unit", [["flip", 0]], "rows")],
        [operand(d, [2, 8], lambda rng, _: rng.randrange(2), [["slice", 1, 7, None, -1]])],
        [operand(d, [2, 5, 2], lambda rng, _: rng.randrange(2), [["permute", [2, 1, 0]]])])]
    x = operand("float32", [])
    return ([case(o) for o in unary_operands("ints")] +
            axis_cases(unary_operands("ints")) + axis_cases(bits) + axis_errors() +
            [case(x, "IndexError", axis=1)])


def density(x, *weights, bins, low, high):
    counts, edges = histogram(x, *weights, bins=bins, low=low, high=high)
    return (counts.double() / (edges.double().diff() * counts.double().sum())).to(edges.dtype)


def with_flag(cases, name):
    return [case(c["in"], c["error"], **{name: i % 3 == 1}, **c["args"])
            for i, c in enumerate(cases)]


def with_k(cases, least, **args):
    found = []
    for i, c in enumerate(cases):
        x = c["in"][0]
        n = x.shape[c["args"]["axis"]] if x.rank else 1
        k = [n, (n + 1) // 2, 1, 0, n + 1, n // 2][i % 6]
        flags = {name: i % 2 == 1 for name in args}
        found.append(case(c["in"], None, k=max(k, least), **flags, **c["args"]))
    return found


def no_nan(values):
    return [0.5 if v != v else v for v in values]


def ordered(dtype, shape, label):
    """A sorted sequence along the last axis, seen backwards."""
    base = torch.tensor(draw("ints", int(np.prod(shape)), dtype, label)).reshape(shape)
    values = torch.sort(base.double(), dim=-1, descending=True).values
    return Operand(dtype, shape, values.flatten().tolist(), [["flip", len(shape) - 1]])


def search_cases():
    found = []
    dtypes = rotate(len(LAYOUTS), DTYPES, 3)
    for i, ((shape, views), some) in enumerate(zip(LAYOUTS, dtypes)):
        for j, d in enumerate(some):
            n = [5, 1, 0, 40][(i + j) % 4]
            other = "float64" if j == 1 else d
            found.append(case([ordered(other, [n], f"{i} {j}"), operand(d, shape, "real", views)],
                              right=(i + j) % 2 == 0))
    for d in DTYPES:
        special = Operand(d, [12], no_nan(draw("special", 12, d)))
        found.append(case([ordered(d, [9], "special"), special], right=False))
    return found


def batched():
    return [case([ordered(d, [2, 3, 4], f"batch {d}"), operand(d, [2, 3, 5], "ints", [["flip", 2]])],
                 right=d in FLOATING) for d in DTYPES]


def searchsorted(sequence, values, right):
    if sequence.dim() != 1 and sequence.shape[:-1] != values.shape[:-1]:
        raise Throws("ShapeError")
    # By counting, so that nothing depends on how a bisection meets dtypes.
    wide = torch.float64 if sequence.is_floating_point() or values.is_floating_point() \
        else torch.int64
    s, v = sequence.to(wide), values.to(wide)
    s = s if s.dim() == 1 else s.unsqueeze(-2)
    less = s <= v.unsqueeze(-1) if right else s < v.unsqueeze(-1)
    return less.sum(-1)


def histogram(x, *weights, bins, low, high):
    if bins < 1 or not low <= high:
        raise Throws("ConfigError")
    wide = torch.float64 if x.dtype in (torch.float64,) or not x.is_floating_point() \
        else torch.float32
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = torch.from_numpy(np.linspace(low, high, bins + 1)).to(wide)
    w = weights[0].double().flatten().numpy() if weights else None
    counts, _ = np.histogram(x.double().flatten().numpy(), edges.double().numpy(), weights=w)
    counts = torch.from_numpy(np.asarray(counts))
    if weights and weights[0].is_floating_point():
        counts = counts.to(weights[0].dtype)
    elif weights:
        counts = counts.double()
    return counts, edges


def histogram_cases():
    ranges = [(4, -3.0, 3.0), (10, 0.0, 1.0), (1, -8.0, 8.0), (7, -0.7, 0.9), (3, 2.0, 2.0),
              (64, -4.0, 4.0)]
    found = []
    for i, operands in enumerate(unary_operands("real")):
        bins, low, high = ranges[i % len(ranges)]
        found.append(case(operands, bins=bins, low=low, high=high))
    for d in FLOATING + INTEGRAL:
        found.append(case([operand("float32", [4, 3], "real", [["flip", 0]]),
                           operand(d, [3, 4], "ints", [["permute", [1, 0]]])],
                          bins=5, low=-2.0, high=2.5))
    x = operand("float32", [3])
    return found + [case(x, "ConfigError", bins=0, low=0.0, high=1.0),
                    case(x, "ConfigError", bins=2, low=1.0, high=0.0)]


def bincount(x, *weights, minlength):
    y = torch.bincount(x, *weights, minlength=minlength)
    # PyTorch forgets the weights of no elements; here the dtype does not depend on their number.
    if weights and x.numel() == 0:
        y = y.to(weights[0].dtype if weights[0].is_floating_point() else torch.float64)
    return y


def bincount_cases():
    found = []
    layouts = [([7], []), ([10], [["slice", 0, 0, 10, 3]]), ([6], [["flip", 0]]), ([1], []),
               ([0], []), ([4, 2], [["select", 1, 1]]), ([1], [["expand", [5]]]), ([37], [])]
    for i, (shape, views) in enumerate(layouts):
        for d in INTEGRAL:
            found.append(case(operand(d, shape, "positive", views), minlength=[0, 12][i % 2]))
            size = Operand(d, shape, [0] * int(np.prod(shape)), views).shape
            w = (FLOATING[2:] + INTEGRAL)[(i + len(found)) % 5]
            found.append(case([operand(d, shape, "positive", views, "w"),
                               operand(w, list(size), "ints")], minlength=0))
    found.append(case(Operand("int64", [2], [1, -1]), "IndexError", minlength=0))
    found.append(case(operand("int64", [2]), "ConfigError", minlength=-1))
    for d in ("bool",) + FLOATING:
        found.append(case(operand(d, [3], "positive"), "DTypeError", minlength=0))
    found += [case(operand("int64", s, "positive"), "ShapeError", minlength=0)
              for s in ([], [2, 0, 0], [1, 2, 1, 2, 1, 2, 1, 2])]
    return found


def main():
    cases = axis_cases(unary_operands("real"), scalars=None)
    flags = with_flag(cases, "descending") + axis_errors(descending=False)
    write("sort", flags, sort, rtol={}, zero_signs=True)
    write("argsort", flags, lambda x, axis, descending: sort(x, axis, descending)[1], rtol={})
    write("topk", with_k(cases, 0, largest=True) + axis_errors(k=1, largest=True), topk, rtol={})
    write("kthvalue", with_k(cases, 1, keepdim=True) + axis_errors(k=1, keepdim=False), kthvalue,
          rtol={})
    write("unique", unique_cases(), unique, rtol={})
    bad = [case([operand("float32", [2, 3]), operand("float32", [4, 5])], "ShapeError",
                right=False)]
    write("searchsorted", search_cases() + batched() + bad, searchsorted, rtol={},
          broadcasting=True)
    write("bucketize", [case(c["in"][::-1], **c["args"]) for c in search_cases()],
          lambda x, boundaries, right: searchsorted(boundaries, x, right), rtol={},
          broadcasting=True)
    write("histogram", histogram_cases(), histogram,
          rtol={"float32": 2**-23, "float64": 2**-50}, atol={"float32": 1e-7, "float64": 1e-15},
          tolerance="edges near 0, where the last bit of the width shows; counts are exact")
    write("density", histogram_cases(), density,
          rtol={"float32": 2**-22, "float64": 1e-13}, tolerance=(
              "widths are differences of rounded edges: 64 bins around 0 lose six bits"))
    write("bincount", bincount_cases(), bincount, rtol={}, lacks={
        "0-d": "one axis is required", "rank-8": "one axis is required"})


main()
