"""Writes softmax.json and log_softmax.json.

Run: python make_softmax.py
"""
import torch

from cases import FLOATING, axis_cases, axis_errors, unary_operands, write

# exp is within 4 ulp, and x - max is rounded before: numbers below 6 apart cost 3 ulp more.
RTOL = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-20, "float64": 2**-49}
# The smallest numbers of half types have fewer digits; a log of softmax near 0 has cancelled.
ATOL = {"float16": 2**-24, "bfloat16": 2**-24, "float32": 2**-22, "float64": 2**-50}
REASON = "exp within 4 ulp of a difference that was rounded; near 0 the absolute bound counts"


def wide(function):
    def of(x, axis):
        return function(x.double(), axis).to(x.dtype if x.is_floating_point() else torch.float32)
    return of


def main():
    cases = axis_cases(unary_operands("real", special=FLOATING), scalars=None) + axis_errors()
    for name in ("softmax", "log_softmax"):
        write(name, cases, wide(getattr(torch, name)), rtol=RTOL, atol=ATOL, tolerance=REASON)


main()
