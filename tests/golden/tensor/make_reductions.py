"""Writes sum.json, mean.json, max.json, ... norm.json: reductions over some axes by PyTorch.

Run: python make_reductions.py
"""
import math

import torch

from cases import (FLOATING, Throws, axes_cases, axes_errors, axis_cases, axis_errors, case, operand,
                   unary_operands, write)

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

    more_reductions()
    spreads()
    positions()


def dims(x, axes):
    """The axes as PyTorch takes them: none are all."""
    return tuple(axes) if axes else tuple(range(x.dim()))


def one_after_the_other(function):
    """A reduction that PyTorch has for one axis at a time, over several."""
    def reduce(x, axes, keepdim):
        if x.dim() == 0:
            return function(x, 0, keepdim)
        for d in sorted({a % max(x.dim(), 1) for a in dims(x, axes)}, reverse=True):
            x = function(x, d, keepdim)
        return x
    return reduce


def in_rows(function, needs_elements=True):
    """A function of the last axis, over the axes joined there."""
    def reduce(x, axes, keepdim):
        chosen = sorted({a % max(x.dim(), 1) for a in dims(x, axes)})
        kept = [i for i in range(x.dim()) if i not in chosen]
        n = math.prod(x.shape[i] for i in chosen)
        shape = [x.shape[i] for i in kept]
        if needs_elements and n == 0 and math.prod(shape) > 0:
            raise Throws("ShapeError")
        rows = x.permute(kept + chosen).reshape(*shape, n)
        y = function(rows) if rows.numel() or not needs_elements else rows.new_zeros(shape)
        return y.reshape([1 if i in chosen else size for i, size in enumerate(x.shape)]) \
            if keepdim else y
    return reduce


def more_reductions():
    real = axes_cases(unary_operands("real")) + axes_errors(keepdim=False)
    small = axes_cases(unary_operands("ints", special=FLOATING)) + axes_errors(keepdim=False)
    write("prod", small, one_after_the_other(lambda x, d, keep: torch.prod(x, d, keepdim=keep)),
          reference="float64",
          rtol={"float16": 2**-10, "bfloat16": 2**-7, "float32": 40 * 2**-24, "float64": 2**-46},
          tolerance="a rounding for each of 37 factors; halves are rounded once more")
    write("nansum", real, lambda x, axes, keepdim: torch.nansum(x, axes, keepdim=keepdim)
          if x.is_floating_point() else torch.sum(x, axes, keepdim=keepdim),
          reference="float64", rtol=SUM_RTOL, atol=SUM_ATOL, tolerance=SUM_REASON)
    floats = axes_cases(unary_operands("real", special=FLOATING)) + axes_errors(keepdim=False)
    write("nanmean", floats,
          lambda x, axes, keepdim: torch.nanmean(floating(x), dims(x, axes), keepdim=keepdim),
          reference="float64", rtol=SUM_RTOL, atol=SUM_ATOL, tolerance=SUM_REASON)
    write("any", real, lambda x, axes, keepdim: torch.any(x.bool(), dims(x, axes), keepdim=keepdim)
          if x.dim() else x.bool(), rtol={})
    write("all", real, lambda x, axes, keepdim: torch.all(x.bool(), dims(x, axes), keepdim=keepdim)
          if x.dim() else x.bool(), rtol={})
    write("count_nonzero", real,
          lambda x, axes, keepdim: torch.sum(x != 0, axes, keepdim=keepdim), rtol={})
    write("median", real, in_rows(lambda rows: rows.int().median(-1).values.bool()
                                  if rows.dtype == torch.bool else rows.median(-1).values), rtol={})


def spreads():
    operands = unary_operands("real", special=FLOATING)
    errors = axes_errors(keepdim=False, correction=1)
    cases = [case(c["in"], correction=[1, 0, 2][i % 3], **c["args"])
             for i, c in enumerate(axes_cases(operands))]
    # float32 and half results are rounded once from double; PyTorch's own float64 has roundings.
    rtol = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-23, "float64": 1e-13}
    reason = "one rounding from double; float64 has one for each of 37 elements, on both sides"
    atol = {"float32": 1e-14, "float64": 1e-14}

    def spread(function):
        return lambda x, axes, keepdim, correction: function(
            floating(x), dims(x, axes), correction=correction, keepdim=keepdim)

    def with_mean(function):  # PyTorch's own var_mean says NaN where the mean is infinite
        return lambda x, *args, correction, keepdim: (
            function(x, *args, correction=correction, keepdim=keepdim),
            torch.mean(x, *args, keepdim=keepdim))
    for name, function in (("var", torch.var), ("std", torch.std),
                           ("var_mean", with_mean(torch.var)), ("std_mean", with_mean(torch.std))):
        mean = "mean" in name
        write(name, cases + errors, spread(function), reference="float64",
              rtol=rtol, atol=SUM_ATOL | {"float32": 1e-6} if mean else atol,
              tolerance=reason + ("; means cancel" if mean else ""))
    log = axes_cases(operands) + axes_errors(keepdim=False)
    write("logsumexp", log,
          lambda x, axes, keepdim: torch.logsumexp(floating(x), dims(x, axes), keepdim=keepdim)
          if x.dim() else floating(x).clone(),
          reference="float64", rtol={"float16": 2**-10, "bfloat16": 2**-7, "float32": 2e-6,
                                     "float64": 1e-14},
          atol={"float16": 2**-10, "bfloat16": 2**-7, "float32": 2e-6, "float64": 1e-14},
          tolerance="exp within 4 ulp, a rounding for each addition, and log of a sum near 1 is 0")
    powers = [2, 1, 0, "inf", "-inf", 3, 0.5, -1, 2.5]
    cases = [case(c["in"], p=powers[i % 9], **c["args"])
             for i, c in enumerate(axes_cases(operands))]

    def norm(x, p, axes, keepdim):
        p = float(p)
        n = math.prod(x.shape[a] for a in dims(x, axes))
        y = torch.sum(floating(x), axes, keepdim=keepdim)
        if n == 0 and y.numel() > 0 and (p < 0 or p == math.inf):
            raise Throws("ShapeError")
        if x.numel() == 0:
            return torch.zeros_like(y)
        return torch.linalg.vector_norm(floating(x), p, dims(x, axes), keepdim=keepdim)
    write("norm", cases + axes_errors(keepdim=False, p=2), norm, reference="float64",
          rtol=RTOL_NORM, tolerance="computed in double and rounded once; PyTorch's float64 powers")


RTOL_NORM = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-22, "float64": 1e-13}


def first_position(x, sign):
    """The first of equal extremes, NaN above all, in the last axis."""
    wide = x.double() if x.is_floating_point() else x.long()
    largest = wide.amax(-1, keepdim=True) if sign > 0 else wide.amin(-1, keepdim=True)
    hit = (wide == largest) | (wide.isnan() & largest.isnan())
    return hit.int().argmax(-1)


def along(function):
    """function(rows) -> a position in each row, along an axis."""
    def reduce(x, axis, keepdim=False):
        x = x.reshape(1) if x.dim() == 0 else x
        rows = x.movedim(axis, -1)
        if rows.shape[-1] == 0 and rows[..., :1].sum(-1).numel() > 0:
            raise Throws("ShapeError")
        y = function(rows) if rows.numel() else torch.zeros(rows.shape[:-1], dtype=torch.int64)
        return y.unsqueeze(axis) if keepdim else y
    return reduce


def positions():
    operands = unary_operands("real")
    cases = axis_cases(operands, scalars=None, keepdim=False) + axis_errors(keepdim=False)
    cases += axis_cases([[operand("float32", [3, 4, 2], "ints")], [operand("int32", [5, 1])]],
                        keepdim=True)
    for name, sign in (("max", 1), ("min", -1)):
        def position(x, axis, keepdim, sign=sign):
            y = along(lambda rows: first_position(rows, sign))(x, axis, keepdim)
            return y.reshape([]) if x.dim() == 0 else y

        def both(x, axis, keepdim, position=position):
            at = position(x, axis, keepdim)
            if x.dim() == 0:
                return x.clone(), at
            index = at if keepdim else at.unsqueeze(axis)
            values = x.gather(axis, index) if x.numel() else x.new_zeros(index.shape)
            return values if keepdim else values.squeeze(axis), at
        write("arg" + name, cases, position, rtol={})
        write(name + "_with_indices", cases, both, rtol={})


main()
