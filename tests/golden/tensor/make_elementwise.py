"""Writes one table per element-wise rule, and those of allclose and array_equal, by PyTorch.

The rules are found in the headers of tensor/elementwise, what they are compared with in
../references.py. Run: python make_elementwise.py
"""
import math
import pathlib
import sys

import torch

sys.path.append(str(pathlib.Path(__file__).parents[1]))

from references import function, isclose, rules
from cases import (DTYPES, FLOATING, Operand, Throws, binary_operands, case, operand, plain_cases,
                   unary_operands, write)

RTOL = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-20, "float64": 2**-49}
REASON = "one unit in the last place of a half, eight of float32 and float64: the libraries differ"
# Sums whose terms cancel: the error is that of the terms.
ATOL = {
    "digamma": {"float32": 2**-24, "float64": 2**-48},
    "lerp": {"float16": 2**-20, "bfloat16": 2**-20, "float32": 2**-20, "float64": 2**-49},
    "lgamma": {"float64": 2**-50},
    "polygamma": {"float32": 2**-24, "float64": 2**-48},
    # For targets that are no probabilities.
    "log_loss": dict.fromkeys(("float16", "bfloat16", "float32"), 2**-18) | {"float64": 2**-47},
    "logistic_loss": dict.fromkeys(("float16", "bfloat16", "float32"), 2**-18) |
                     {"float64": 2**-47},
    "logaddexp": {"float16": 2**-12, "float32": 2**-21, "float64": 2**-50},
}
# For x = -7 the rounding of the argument of erfc or exp is enlarged by x^2.
STEEP = ("gelu", "gelu_tanh")
# Rules that PyTorch computes exactly, whatever the dtype.
EXACT = ("abs", "add", "ceil", "clamp", "clamp_max", "clamp_min", "floor", "hardtanh", "maximum",
         "minimum", "mul", "nan_to_num", "neg", "relu", "relu6", "round", "sign", "square", "sub",
         "trunc")
# PyTorch has these in fewer dtypes, or not of two different ones.
WIDENED = ("celu", "digamma", "elu", "gelu", "gelu_tanh", "hardshrink", "hardsigmoid", "hardswish",
           "huber", "hypot", "leaky_relu", "lerp", "lgamma", "log_loss", "logaddexp",
           "logistic_loss", "logsigmoid", "mish", "polygamma", "prelu", "selu", "silu", "softplus",
           "softshrink", "softsign", "threshold", "xlogy")
PARAMETERS = {
    "celu": [{"alpha": 1.0}, {"alpha": 0.5}, {"alpha": 2.25}],
    "elu": [{"alpha": 1.0}, {"alpha": 0.5}, {"alpha": -2.25}],
    "hardshrink": [{"lambd": 0.5}, {"lambd": 1.25}, {"lambd": 0.0}, {"lambd": -1.0}],
    "hardtanh": [{"min_value": -1.0, "max_value": 1.0}, {"min_value": -2.0, "max_value": 3.0},
                 {"min_value": 1.0, "max_value": 1.0}],
    "isclose": [{"rtol": 1e-5, "atol": 1e-8, "equal_nan": False},
                {"rtol": 0.3, "atol": 0.0, "equal_nan": True},
                {"rtol": 0.0, "atol": 1.1, "equal_nan": False}],
    "huber": [{"delta": 1.0}, {"delta": 0.5}, {"delta": 2.25}],
    "leaky_relu": [{"negative_slope": 0.01}, {"negative_slope": 0.25}, {"negative_slope": -2.0}],
    "nan_to_num": [{}, {"nan": 1.5, "posinf": 7.0, "neginf": -5.0}],
    "polygamma": [{"n": 1}, {"n": 2}, {"n": 3}, {"n": 0}],
    "softplus": [{"beta": 1.0, "threshold": 20.0}, {"beta": 0.5, "threshold": 20.0},
                 {"beta": 3.0, "threshold": 2.0}],
    "softshrink": [{"lambd": 0.5}, {"lambd": 1.25}, {"lambd": 0.0}],
    "threshold": [{"threshold": 0.0, "value": 0.0}, {"threshold": 0.5, "value": 7.0},
                  {"threshold": -1.25, "value": -3.0}],
}
BAD = {"celu": [{"alpha": 0.0}],
       "hardtanh": [{"min_value": 1.0, "max_value": 0.5}, {"min_value": "nan", "max_value": 1.0}],
       "huber": [{"delta": 0.0}, {"delta": "nan"}],
       "isclose": [{"rtol": -1.0, "atol": 0.0, "equal_nan": False},
                   {"rtol": 0.0, "atol": "nan", "equal_nan": True}],
       "polygamma": [{"n": -1}, {"n": 101}],
       "softshrink": [{"lambd": -0.5}, {"lambd": "nan"}]}


def common(*operands):
    """The dtype of a result; 0-d tensors give way."""
    if len(operands) == 3:
        return torch.promote_types(torch.result_type(*operands[:2]), operands[2].dtype)
    return torch.result_type(*operands) if len(operands) == 2 else operands[0].dtype


def numeric(function):
    """Rules of Domain::kNumeric take no bools alone."""
    def apply(*operands, **args):
        dtype = common(*operands)
        if dtype == torch.bool:
            raise Throws("DTypeError")
        return function(*[x.to(dtype) for x in operands], **args)
    return apply


def integral(function):
    """Rules of Domain::kIntegral take no floating operand; PyTorch shifts no bools."""
    def apply(*operands):
        dtype = common(*operands)
        if dtype.is_floating_point:
            raise Throws("DTypeError")
        if dtype == torch.bool and len(operands) == 2:
            return function(*[x.long() for x in operands]) != 0
        return function(*[x.to(dtype) for x in operands])
    return apply


def widened(function):
    """In float64; the result has the common dtype, or float32."""
    def apply(*operands, **args):
        dtype = common(*operands)
        dtype = dtype if dtype.is_floating_point else torch.float32
        return function(*[x.double() for x in operands], **args).to(dtype)
    return apply


def of_whole_numbers(name, function):
    """Whole numbers as they are, floating ones in float64; some second operands are refused."""
    def apply(a, b):
        dtype = a.dtype
        if dtype.is_floating_point:
            return function(a.double(), b.double()).to(dtype)
        if (b < 0 if name == "pow" else b == 0).any():
            raise Throws("DTypeError")
        return function(a, b)
    return apply


def second_operand(name):
    """Mostly numbers that are taken, negative ones too."""
    def draw(rng, dtype):
        if dtype in FLOATING:
            return float(rng.randint(-3, 3)) if rng.random() < 0.4 else round(rng.uniform(-3, 3), 2)
        if dtype == "bool":
            return int(rng.random() < 0.9)
        if name == "pow":
            return rng.randint(0, 7)
        return rng.randint(1, 7) * (1 if dtype == "uint8" else rng.choice((-1, 1)))
    return draw


def ternary_operands():
    """The pairs, and a third operand of the dtype of the first that broadcasts with both."""
    return [[a, b, operand(a.dtype, [1], "unit", (), "c")]
            for a, b in binary_operands("real", special=False)]


def clamp(a, b, c):
    return torch.minimum(torch.maximum(a, b), c)


def sign(x):
    """In PyTorch that of NaN is 0."""
    return torch.where(x == x, torch.sign(x), x)


def limited(x, min_value=0, max_value=6):
    """PyTorch refuses a limit that the dtype does not have."""
    wide = x if x.is_floating_point() else x.long()
    return torch.clamp(wide, min_value, max_value).to(x.dtype)


OWN = {"clamp": clamp, "sign": sign, "relu6": limited, "hardtanh": limited}


def cases_of(rule):
    one = rule.kind in ("UNARY", "PREDICATE", "INTEGRAL_UNARY")
    if rule.kind == "TERNARY":
        operands = ternary_operands()
    elif one:
        operands = unary_operands("real")
        if rule.domain == "Integral":
            operands = unary_operands("real", DTYPES[:4]) + [[operand(d, [2])] for d in FLOATING]
    else:
        ints = rule.name == "isclose" or "shift" in rule.name
        operands = binary_operands("ints" if ints else "real", kind_b=second_operand(rule.name)
                                   if rule.checks_b else None)
    if not rule.has_parameters:
        return plain_cases(operands), one
    choices = PARAMETERS[rule.name]
    found = [case(o, **choices[i % len(choices)]) for i, o in enumerate(operands)]
    x = [operand("float32", [2])] * (1 if one else 2)
    return found + [case(x, "ConfigError", **args) for args in BAD.get(rule.name, [])], one


def write_rule(rule):
    name = rule.name
    f = OWN.get(name, function(name))
    cases, one = cases_of(rule)
    options = {} if one else {"broadcasting": True}
    if name == "add":
        options["zero_signs"] = True
    reference = "own"
    if rule.domain == "Integral":
        f = integral(f)
    elif rule.checks_b:
        f = numeric(of_whole_numbers(name, f))
    elif rule.domain == "Numeric":
        f = numeric(f)
    elif name in WIDENED:
        f = widened(f)
    elif rule.domain == "Floating":
        reference = "float64"
    exact = rule.domain in ("Integral", "Comparison") or name in EXACT
    if exact:
        write(name, cases, f, rtol={}, **options)
    else:
        reason = REASON + ("; where terms cancel, that of the terms" if name in ATOL else "")
        reason += "; times x^2 = 49 where steep" if name in STEEP else ""
        rtol = RTOL | {"float32": 2**-17} if name in STEEP else RTOL
        write(name, cases, f, rtol=rtol, atol=ATOL.get(name), tolerance=reason,
              reference=reference, **options)


def copies(operands):
    """Each operand beside the same elements in a row, and with one of them changed."""
    found = []
    for i, [x] in enumerate(operands):
        values = x.tensor().flatten().tolist()
        found.append([x, Operand(x.dtype, x.shape, values)])
        if values and i % 2:
            near = list(values)
            near[-1] = (not near[-1]) if x.dtype == "bool" else near[-1] + 1 if near[-1] < 100 else 3
            found.append([Operand(x.dtype, x.shape, near), x])
    return found


def array_equal(a, b):
    dtype = torch.promote_types(a.dtype, b.dtype)
    return torch.tensor(a.shape == b.shape and bool((a.to(dtype) == b.to(dtype)).all()))


def main():
    for rule in rules():
        write_rule(rule)
    pairs = copies(unary_operands("real"))
    other = binary_operands("unit", special=False)
    write("array_equal", plain_cases(pairs + other), array_equal, rtol={}, broadcasting=True)
    choices = PARAMETERS["isclose"]
    cases = [case(o, **choices[i % len(choices)]) for i, o in enumerate(pairs + other)]
    cases.append(case([operand("float32", [2]), operand("float32", [3])], "ShapeError", **choices[0]))
    write("allclose", cases, lambda a, b, **args: isclose(a, b, **args).all(), rtol={},
          broadcasting=True)


main()
