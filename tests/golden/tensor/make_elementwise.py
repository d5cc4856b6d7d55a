"""Writes one table per element-wise rule: values by PyTorch.

The rules are found in the headers of tensor/elementwise. Run: python make_elementwise.py
"""
import pathlib
import re

import torch

from cases import Throws, binary_operands, operand, plain_cases, unary_operands, write

# Still without a table; tests/house/goldens_test.cc lists them.
NOT_YET = ("pow", "sign", "sigmoid", "relu", "neg", "square", "div", "exp", "log", "sin", "cos",
           "sinh", "cosh", "tanh", "sqrt", "abs", "sub", "mul", "maximum", "minimum", "equal",
           "not_equal", "less", "less_equal", "greater", "greater_equal")
RTOL = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-20, "float64": 2**-49}
REASON = "one unit in the last place of a half, eight of float32 and float64: the libraries differ; of lerp also of its terms"


def numeric(function):
    """Rules of Domain::kNumeric take no bools alone."""
    def apply(*operands):
        if all(x.dtype == torch.bool for x in operands):
            raise Throws("DTypeError")
        return function(*operands)
    return apply


def integral(function):
    """Rules of Domain::kIntegral take no floating operand."""
    def apply(*operands):
        if any(x.is_floating_point() for x in operands):
            raise Throws("DTypeError")
        return function(*operands)
    return apply


def ternary_operands():
    """The pairs, and a third operand of the dtype of the first that broadcasts with both."""
    return [[a, b, operand(a.dtype, [1], "unit", (), "c")]
            for a, b in binary_operands("real", special=False)]


def lerp(a, b, c):
    """In PyTorch all have one floating dtype; Gradus promotes."""
    dtype = torch.promote_types(torch.result_type(a, b), c.dtype)
    dtype = dtype if dtype.is_floating_point else torch.float32
    return torch.lerp(a.double(), b.double(), c.double()).to(dtype)


def clamp(a, b, c):
    if all(x.dtype == torch.bool for x in (a, b, c)):
        raise Throws("DTypeError")
    return torch.minimum(torch.maximum(a, b), c)


def hypot(a, b):
    """PyTorch has no such function of whole numbers."""
    dtype = torch.result_type(a, b)
    dtype = dtype if dtype.is_floating_point else torch.float32
    return torch.hypot(a.double(), b.double()).to(dtype)


def main():
    headers = pathlib.Path(__file__).parents[3] / "tensor" / "elementwise"
    for header in sorted(headers.glob("*.h")):
        text = header.read_text()
        kind, name = re.search(r"^GRADUS_([A-Z]+)\(\w+, (\w+)\);", text, re.M).groups()
        if name in NOT_YET:
            continue
        function = {"lerp": lerp, "clamp": clamp, "hypot": hypot}.get(name, getattr(torch, name))
        one = kind in ("UNARY", "PREDICATE")
        operands = (ternary_operands() if kind == "TERNARY" else
                    unary_operands("real") if one else binary_operands("real"))
        wide = "Domain::kFloating" in text
        if "Domain::kNumeric" in text and name != "clamp":
            function = numeric(function)
        if kind == "INTEGRAL":
            function = integral(function)
        options = {} if one else {"broadcasting": True}
        if name == "add":
            options["zero_signs"] = True
        if name == "lerp":  # terms up to 7 may cancel
            options["atol"] = {"float16": 2**-20, "bfloat16": 2**-20, "float32": 2**-20,
                               "float64": 2**-49}
        if not wide:
            write(name, plain_cases(operands), function, rtol={}, **options)
        else:
            write(name, plain_cases(operands), function, rtol=RTOL, tolerance=REASON,
                  reference="own" if name in ("lerp", "hypot") else "float64", **options)


main()
