"""Writes cumsum.json, cumprod.json, logcumsumexp.json, cummax.json, cummin.json and diff.json.

Run: python make_scans.py
"""
import torch

from cases import (DTYPES, FLOATING, Throws, axis_cases, axis_errors, case, operand, rotate,
                   unary_operands, write)

# PyTorch's own sums are float64 here; ours are in double too, and rounded once.
RTOL = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-23, "float64": 1e-14}
ATOL = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-23, "float64": 1e-14}
REASON = "one rounding from double; near 0 a sum of 37 numbers below 3 has cancelled"


def floating(x):
    return x if x.is_floating_point() else x.float()


def extremes(function):
    """PyTorch's cummax has no code for halves; float has the same order."""
    def scan(x, axis):
        y, at = function(x.float() if x.is_floating_point() and x.element_size() == 2 else x, axis)
        return y.to(x.dtype), at
    return scan


def diff(x, *ends, n, axis, prepend=False, append=False):
    if x.dim() == 0:
        raise Throws("ShapeError")
    if n < 0:
        raise Throws("ConfigError")
    left = ends[0] if prepend else None
    right = ends[-1] if append else None
    for end in (left, right):
        if end is not None and (end.dim() != x.dim() or any(
                a != b for i, (a, b) in enumerate(zip(end.shape, x.shape)) if i != axis % x.dim())):
            raise Throws("ShapeError")
    return torch.diff(x, n, axis, prepend=left, append=right)


def joined():
    """Something before, after, and at both ends of the last axis, of other sizes and dtypes."""
    found = []
    layouts = [([2, 3], []), ([4], [["flip", 0]]), ([3, 2], [["permute", [1, 0]]]), ([1], []),
               ([2, 1, 2], []), ([0], []), ([2, 0], []), ([1, 2, 1, 2, 1, 2, 1, 2], [["flip", 1]])]
    for i, (shape, views) in enumerate(layouts):
        for j, d in enumerate(rotate(len(layouts), DTYPES, 3)[i]):
            x = operand(d, shape, "ints", views)
            end = [operand(e, list(x.shape[:-1]) + [n], "ints", [], "end") for e, n in
                   ((d, 1 + j % 3), (DTYPES[(i + 3 * j) % 8], (i + j) % 3))]
            n = [1, 2, 1, 3, 0][(i + j) % 5]
            found += [case([x, end[0]], n=n, axis=-1, prepend=True),
                      case([x, end[1]], n=n, axis=x.rank - 1, append=True),
                      case([x, end[1], end[0]], n=n, axis=-1, prepend=True, append=True)]
    x = operand("float32", [2, 3])
    for shape in ([2], [], [3, 1], [1, 3], [2, 3, 1]):
        end = operand("float32", shape)
        found += [case([x, end], "ShapeError", n=1, axis=1, prepend=True),
                  case([x, x, end], "ShapeError", n=0, axis=-1, prepend=True, append=True)]
    return found


def main():
    cases = axis_cases(unary_operands("real"), scalars=None) + axis_errors()
    write("cumsum", cases, torch.cumsum, reference="float64", rtol=RTOL, atol=ATOL,
          tolerance=REASON)
    ints = axis_cases(unary_operands("ints"), scalars=None) + axis_errors()
    write("cumprod", ints, torch.cumprod, reference="float64",
          rtol=RTOL | {"float64": 1e-13}, tolerance="one rounding from double")
    write("cummax", cases, extremes(torch.cummax), rtol={})
    write("cummin", cases, extremes(torch.cummin), rtol={})
    floats = axis_cases(unary_operands("real", special=FLOATING), scalars=None) + axis_errors()
    write("logcumsumexp", floats, lambda x, axis: torch.logcumsumexp(
        x.double() if x.is_floating_point() else x.double(), axis).to(
            x.dtype if x.is_floating_point() else torch.float32),
          rtol=RTOL, atol=ATOL, tolerance="one rounding from double; the log of a sum near 1 is 0")
    steps = [case(c["in"], c["error"] and "ShapeError", n=[1, 2, 1, 3, 0][i % 5], **c["args"])
             for i, c in enumerate(axis_cases(unary_operands("real"), scalars="ShapeError"))]
    bad = [case(operand("float32", [3]), "ConfigError", n=-1, axis=0)]
    write("diff", steps + joined() + bad + axis_errors(n=1), diff, rtol={}, lacks={
        "0-d": "it has no neighbours, which is an error"})


main()
