"""Writes softmax.json, log_softmax.json and layer_norm.json.

Run: python make_softmax.py
"""
import torch

from cases import (DTYPES, FLOATING, Throws, axes_cases, axes_errors, axis_cases, axis_errors, case,
                   operand, unary_operands, write)

# exp is within 4 ulp, and x - max is rounded before: numbers below 6 apart cost 3 ulp more.
RTOL = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-20, "float64": 2**-49}
# The smallest numbers of half types have fewer digits; a log of softmax near 0 has cancelled.
ATOL = {"float16": 2**-24, "bfloat16": 2**-24, "float32": 2**-22, "float64": 2**-50}
REASON = "exp within 4 ulp of a difference that was rounded; near 0 the absolute bound counts"
# In float64 the difference from the mean has cancelled, in the others there is one rounding.
NORM_RTOL = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-23, "float64": 2**-46}
NORM_ATOL = {"float16": 2**-24, "bfloat16": 2**-24, "float32": 2**-46, "float64": 2**-48}
NORM_REASON = "one rounding of a result in float64, whose difference from the mean cancels"


def wide(function):
    def of(x, axis):
        return function(x.double(), axis).to(x.dtype if x.is_floating_point() else torch.float32)
    return of


def layer_norm(x, *more, axes, eps=1e-5):
    named = sorted({a % x.dim() for a in axes}) if axes else list(range(x.dim()))
    order = [a for a in range(x.dim()) if a not in named] + named
    sizes = [x.shape[a] for a in named]
    if x.dim() == 0:
        order, sizes = [], []
    z = x.double().permute(order)
    count = len(named) if x.dim() else 0
    last = list(range(z.dim() - count, z.dim()))
    if last:
        mean = z.mean(last, keepdim=True)
        var = ((z - mean) ** 2).mean(last, keepdim=True)
    else:
        mean, var = z, z * 0
    y = (z - mean) / torch.sqrt(var + eps)
    for i, operand in enumerate(more):
        if list(operand.shape) != sizes:
            raise Throws("ShapeError")
        y = y + operand.double() if i else y * operand.double()
    back = [order.index(a) for a in range(x.dim())]
    return y.permute(back).to(x.dtype)


def norm_cases():
    plain = axes_cases(unary_operands("real", FLOATING, special=FLOATING), keepdim=False)
    found = list(plain)
    for i, c in enumerate(plain):
        x = c["in"][0]
        if x.dtype == "float32" and i % 2 == 0:
            continue
        axes = c["args"]["axes"]
        named = sorted({a % x.rank for a in axes}) if axes else range(x.rank)
        sizes = [x.shape[a] for a in named] if x.rank else []
        weight = operand(x.dtype, sizes, "real", (), "weight")
        bias = operand(x.dtype, sizes, "real", (), "bias")
        found.append(case([x, weight, bias], axes=axes, eps=0.25))
    found += [case(operand(d, [2, 3]), "DTypeError", axes=[1]) for d in DTYPES[:4]]
    x = operand("float32", [2, 3])
    found += [case([x, operand("float32", s)], "ShapeError", axes=[1]) for s in ([2], [1], [2, 3])]
    found += [case([x, operand("float64", [3])], "DTypeError", axes=[1])]
    return found + axes_errors()


def main():
    cases = axis_cases(unary_operands("real", special=FLOATING), scalars=None) + axis_errors()
    for name in ("softmax", "log_softmax"):
        write(name, cases, wide(getattr(torch, name)), rtol=RTOL, atol=ATOL, tolerance=REASON)
    write("layer_norm", norm_cases(), layer_norm, rtol=NORM_RTOL, atol=NORM_ATOL,
          tolerance=NORM_REASON)


main()
