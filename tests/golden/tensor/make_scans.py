"""Writes cumsum.json, cumprod.json, logcumsumexp.json, cummax.json, cummin.json and diff.json.

Run: python make_scans.py
"""
import torch

from cases import FLOATING, Throws, axis_cases, axis_errors, case, operand, unary_operands, write

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


def diff(x, n, axis):
    if x.dim() == 0:
        raise Throws("ShapeError")
    if n < 0:
        raise Throws("ConfigError")
    return torch.diff(x, n, axis)


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
    write("diff", steps + bad + axis_errors(n=1), diff, rtol={}, lacks={
        "0-d": "it has no neighbours, which is an error"})


main()
