"""Writes sum.json, mean.json, max.json and min.json: reductions over some axes by PyTorch.

Run: python make_reductions.py
"""
import torch

from cases import FLOATING, Throws, axes_cases, axes_errors, unary_operands, write

# Sums are compared with float64, since PyTorch adds float32 in another order.
SUM_RTOL = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 1e-6, "float64": 1e-15}
SUM_ATOL = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 1e-5, "float64": 1e-14}
SUM_REASON = ("one rounding to a half; in the others 37 numbers below 3 are added with a rounding "
              "each, at most 37 * 2^-24 * 50, and cancel")


def floating(x):
    return x if x.is_floating_point() else x.float()


def extreme(function):
    def reduce(x, axes, keepdim):
        if x.numel() > 0:
            return function(x, axes, keepdim=keepdim)
        y = torch.sum(x, axes, keepdim=keepdim).to(x.dtype)
        if y.numel() > 0:
            raise Throws("ShapeError")
        return y
    return reduce


def main():
    cases = axes_cases(unary_operands("real")) + axes_errors(keepdim=False)
    write("sum", cases, lambda x, axes, keepdim: torch.sum(x, axes, keepdim=keepdim),
          reference="float64", rtol=SUM_RTOL, atol=SUM_ATOL, tolerance=SUM_REASON)
    write("max", cases, extreme(torch.amax), rtol={})
    write("min", cases, extreme(torch.amin), rtol={})
    # Integers of both signs beyond 2^53 cancel in float32, to what depends on their order.
    cases = axes_cases(unary_operands("real", special=FLOATING)) + axes_errors(keepdim=False)
    write("mean", cases, lambda x, axes, keepdim: torch.mean(floating(x), axes, keepdim=keepdim),
          reference="float64", rtol=SUM_RTOL, atol=SUM_ATOL, tolerance=SUM_REASON)


main()
