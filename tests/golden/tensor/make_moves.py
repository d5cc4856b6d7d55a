"""Writes clone, contiguous, reshape, transpose, slice, select, expand, unsqueeze, to, where and
sum_to.json: what moves elements, converts them, and undoes an expand, by PyTorch.

Run: python make_moves.py
"""
import math
import random

import torch

from cases import (DTYPES, FLOATING, INTEGRAL, LAYOUTS, LIMITS, PAIRS, Operand, axis_errors, case,
                   operand, plain_cases, rotate, unary_operands, write)

NO_AXES = {"0-d": "it has no axis, which is an IndexError here"}
INT64 = LIMITS["int64"]


def cases(make, scalars=True):
    """For each operand two cases with the arguments make(rng, shape) gives, where it gives any."""
    rng = random.Random("moves")
    found, seen = [], set()
    for operands in unary_operands("real", special=False):
        shape = list(operands[0].shape)
        if not shape and not scalars:
            continue
        for _ in range(2):
            args = make(rng, shape)
            key = (id(operands[0]), str(args))
            if args is not None and key not in seen:
                seen.add(key)
                found.append(case(operands, **args))
    return found


def any_axis(rng, rank):
    return rng.randrange(-rank, rank)


# ---- Views ---------------------------------------------------------------------------------------

def factors(rng, n):
    """Sizes with the product n, some of them 1."""
    sizes = []
    while n > 1:
        divisor = rng.choice([d for d in range(2, n + 1) if n % d == 0])
        sizes.append(divisor)
        n //= divisor
    sizes += [1] * rng.randint(0, min(2, 8 - len(sizes)))
    rng.shuffle(sizes)
    return sizes


def reshape(rng, shape):
    n = math.prod(shape)
    if n == 0:
        return {"shape": rng.choice([[0], [-1], [3, 0], [0, 2, 0], [-1, 2], [5, -1, 1], [1, 0, 7],
                                     [0] * 8, [2, 0, 1, 3, 1, 1, 1, 2]])}
    sizes = factors(rng, n)
    if sizes and rng.random() < 0.5:
        sizes[rng.randrange(len(sizes))] = -1
    return {"shape": sizes}


def reshape_errors():
    x, none = operand("float32", [2, 6], views=[["flip", 1]]), operand("int32", [0, 2])
    return ([case(x, "ShapeError", shape=s) for s in (
        [5], [12, 0], [0], [-1, 5], [-1, -1], [-2, -6], [-1, 0], [], [2**62, 2**62], [13, -1],
        [0, 2**62, 2**62], [2**32, 2**32], [-1, 2**62, 4])] +
            [case(none, "ShapeError", shape=s) for s in (
                [-1, 0], [1], [], [0, -1], [0, 2**62, 2**62], [2**40, 2**40, 0], [-3, 0])])


def transpose(rng, shape):
    return {"axis0": any_axis(rng, len(shape)), "axis1": any_axis(rng, len(shape))}


def transpose_errors():
    x, scalar = operand("float32", [2, 3]), operand("float32", [])
    return ([case(x, "IndexError", axis0=a, axis1=b) for a, b in
             ((2, 0), (0, 2), (-3, 1), (1, -3), (2**31 - 1, 0), (0, -2**31))] +
            [case(scalar, "IndexError", axis0=a, axis1=b) for a, b in ((0, 0), (-1, -1), (0, -1))] +
            [case(operand("float32", [4]), "IndexError", axis0=-2, axis1=-1)])


def slice_arguments(rng, shape):
    axis = any_axis(rng, len(shape))
    n = shape[axis]
    bounds = [None, 0, 1, -1, n, n - 1, -n, -n - 1, n + 3, -n - 4, INT64[0], INT64[1]]
    steps = [1, 1, 2, 3, -1, -1, -2, -3, n + 1, -n - 1, INT64[0], INT64[1]]
    return {"axis": axis, "start": rng.choice(bounds), "stop": rng.choice(bounds),
            "step": rng.choice(steps)}


def slice_errors():
    x = operand("float32", [2, 3])
    return ([case(x, "ConfigError", axis=a, start=None, stop=None, step=0) for a in (0, -1)] +
            axis_errors(start=None, stop=None, step=1)[:2] +
            [case(operand("float32", []), "IndexError", axis=a, start=None, stop=None, step=1)
             for a in (0, -1)])


def sliced(x, axis, start, stop, step):
    positions = range(x.shape[axis])[slice(start, stop, step)]
    return x.index_select(axis, torch.tensor(list(positions), dtype=torch.int64))


def select(rng, shape):
    axes = [a for a in range(-len(shape), len(shape)) if shape[a] > 0]
    if not axes:
        return None
    axis = rng.choice(axes)
    return {"axis": axis, "index": rng.randrange(-shape[axis], shape[axis])}


def select_errors():
    x = operand("float32", [2, 3])
    return ([case(x, "IndexError", axis=a, index=i) for a, i in
             ((0, 2), (0, -3), (1, 3), (1, -4), (-1, INT64[0]), (-1, INT64[1]), (2, 0), (-3, 0))] +
            [case(operand("float32", []), "IndexError", axis=a, index=0) for a in (0, -1)] +
            [case(operand("float32", [0, 3, 0]), "IndexError", axis=0, index=i) for i in (0, -1)])


def expand(rng, shape):
    sizes = [rng.choice([n, 0, 1, 2, 3, -1]) if n == 1 else rng.choice([n, n, -1]) for n in shape]
    leading = [rng.choice([1, 2, 3]) for _ in range(rng.randint(0, min(2, 8 - len(shape))))]
    return {"shape": leading + sizes}


def expand_errors():
    x, column = operand("float32", [2, 3]), operand("float32", [2, 1])
    return ([case(x, "ShapeError", shape=s) for s in
             ([3], [], [2], [3, 2], [1, 3], [2, 6], [2, 0], [2, 3, 1], [-1, 2, 3], [-2, 3],
              [2**60, 2, 3])] +
            [case(column, "ShapeError", shape=s) for s in
             ([2], [3, 4], [2, -2], [2, 2**62], [0, 1], [4, -1, 2, 1])])


def expanded(x, shape):
    """Copied, since expand() to no elements has no strides that NumPy and PyTorch agree on."""
    return x.expand(shape).clone()


def unsqueeze(rng, shape):
    rank = len(shape)
    return {"axis": rng.randint(-rank - 1, rank)} if rank < 8 else None


def unsqueeze_errors():
    x, full = operand("float32", [2, 3]), operand("float32", [1, 2, 1, 2, 1, 2, 1, 2])
    return ([case(x, "IndexError", axis=a) for a in (3, -4, 2**31 - 1, -2**31)] +
            [case(operand("float32", []), "IndexError", axis=a) for a in (1, -2)] +
            [case(full, "ShapeError", axis=a) for a in (0, 8, -9)])


# ---- Conversion ----------------------------------------------------------------------------------

# Numbers that are rounded, cut, too large or not numbers, by source.
TO_HALVES = [0.1, -0.0, 65504.0, 65519.9, 65520.0, 1e5, 2049.0, 2051.0, 257.0, 259.0, 6e-8, 2.9e-8,
             3e-8, 1e-40, 3.4e38, math.inf, -math.inf, math.nan]
TO_SINGLE = [2.0**24 + 1, 2.0**24 + 3, 1e300, -1e300, 1e-46, 1e-45, 7e-46, 0.1, 3.4028235e38,
             3.40282357e38, -0.0, math.nan]
WHOLE_ENDS = {  # floating numbers that have a whole one once they are cut, and that have none
    "uint8": ([255.0, 255.9, -0.9, 0.0, -0.0, 254.5], [256.0, -1.0, 1e9, -255.0]),
    "int32": ([2.0**31 - 1, 2.0**31 - 0.25, -2.0**31, -2.0**31 - 0.5, -7.9],
              [2.0**31, -2.0**31 - 1, 1e18]),
    "int64": ([2.0**63 - 1024, -2.0**63, 2.0**53 + 2, -0.5], [2.0**63, -2.0**63 - 2048]),
}


def conversions():
    """Every dtype to every dtype, checked and wrapping, from changing layouts."""
    found = []
    layouts = [(shape, views) for shape, views in LAYOUTS]
    for i, source in enumerate(DTYPES):
        for j, to in enumerate(DTYPES):
            for wrap in (False, True):
                shape, views = layouts[(3 * i + 8 * j + 5 * wrap) % len(layouts)]
                low = source in FLOATING + INTEGRAL[1:] and to == "uint8" and not wrap
                x = operand(source, shape, "positive" if low else "real", views, f"{to} {wrap}")
                found.append(case(x, dtype=to, wrap=wrap))
    return found


def ends():
    """Numbers at and beyond the ends of the dtypes."""
    found = []
    for source in INTEGRAL:
        for to in DTYPES:
            x = operand(source, [9], "extreme", [["flip", 0]])
            outside = [int(v) for v in x.tensor() if to in LIMITS and not
                       LIMITS[to][0] <= int(v) <= LIMITS[to][1]]
            found.append(case(x, "DTypeError" if outside else None, dtype=to, wrap=False))
            found.append(case(x, dtype=to, wrap=True))
    for to in ("float16", "bfloat16"):
        for source in FLOATING:
            values = [v for v in TO_HALVES if source == "float64" or to != "float16" or v < 1e30]
            found.append(case(Operand(source, [len(values)], values), dtype=to, wrap=False))
    found.append(case(Operand("float64", [len(TO_SINGLE)], TO_SINGLE), dtype="float32", wrap=False))
    for to, (inside, outside) in WHOLE_ENDS.items():
        for source in ("float32", "float64"):
            inner = [v for v in inside if float(torch.tensor(v, dtype=getattr(torch, source))) == v]
            found.append(case(Operand(source, [len(inner), 1], inner), dtype=to, wrap=False))
            for v in outside + [math.nan, math.inf, -math.inf]:
                if v != v or float(torch.tensor(v, dtype=getattr(torch, source))) == v:
                    x = Operand(source, [2, 2], [0.0, 1.0, v, 2.0], [["permute", [1, 0]]])
                    found.append(case(x, "DTypeError", dtype=to, wrap=False))
        for source in ("float16", "bfloat16"):
            for v in (math.nan, math.inf):
                found.append(case(Operand(source, [1], [v]), "DTypeError", dtype=to, wrap=False))
    cut = [300.0, -1.0, 256.5, -256.5, 1e4, 511.0, -0.5]
    for source in FLOATING:
        found.append(case(Operand(source, [7], cut), dtype="uint8", wrap=True))
    found += [case(Operand(source, [3], [2.0**31, -2.0**31 - 2.0**10, 2.0**40]), dtype="int32",
                   wrap=True) for source in ("float32", "float64")]
    return found + [case(Operand(source, [6], [math.nan, math.inf, -0.0, 0.0, 1e-6, -0.5]),
                         dtype="bool", wrap=False) for source in FLOATING]


def to(x, dtype, wrap):
    dtype = getattr(torch, dtype)
    if wrap and x.is_floating_point() and dtype in (torch.uint8, torch.int32):
        return x.trunc().to(torch.int64).to(dtype)  # PyTorch leaves what is too large to the machine
    return x.to(dtype)


# ---- Several operands ----------------------------------------------------------------------------

CONDITIONS = [([2, 3], []), ([3], [["flip", 0]]), ([], []), ([2, 1], []), ([1, 1], []),
              ([2, 6], [["slice", 1, 5, None, -2]]), ([3, 2], [["permute", [1, 0]]])]


def wheres():
    found = []
    for i, ((a, b), some) in enumerate(zip(PAIRS, rotate(len(PAIRS), DTYPES, 2))):
        for d in some:
            left = operand(d, a[0], "real", a[1], "a")
            right = operand(d, b[0], "real", b[1], "b")
            shape = list(torch.broadcast_shapes(left.shape, right.shape))
            cond = [operand("bool", shape, views=[["flip", 0]] if shape and i % 2 else [])]
            if len(shape) > 1:
                cond.append(operand("bool", shape[-1:], label="row"))
            found += [case([c, left, right]) for c in cond]
    for i, d in enumerate(DTYPES):
        for j, other in enumerate(DTYPES):
            shape, views = CONDITIONS[(i + 3 * j) % len(CONDITIONS)]
            cond = operand("bool", shape, views=views)
            a = operand(d, [2, 3] if j % 3 else [3], label="a")
            b = operand(other, [[3], [], [2, 1]][(i + j) % 3], label="b")
            found.append(case([cond, a, b]))
    specials = [case([operand("bool", [12]), operand(d, [12], "special"),
                      operand(d, [12], "special", [["flip", 0]])]) for d in DTYPES]
    x, y = operand("float32", [2, 3]), operand("float32", [2, 2])
    cond = operand("bool", [2, 3])
    errors = [case([operand(d, [2, 3]), x, x], "DTypeError") for d in DTYPES[1:]]
    errors += [case(operands, "ShapeError") for operands in (
        [cond, x, y], [operand("bool", [4]), x, x], [operand("bool", [2, 2]), x, x],
        [cond, y, operand("float32", [])])]
    return found + specials + errors


def sum_to(rng, shape):
    kept = shape[rng.randint(0, len(shape)):] if rng.random() < 0.6 else shape
    return {"shape": [1 if rng.random() < 0.5 else n for n in kept]}


def summed_to(x, shape):
    # PyTorch makes int64 of a uint8 of shape [] where there is nothing to sum, but not of other
    # shapes; here x stays as it is.
    return x.clone() if list(x.shape) == shape else x.sum_to_size(shape)


def sum_to_errors():
    x = operand("float32", [2, 3])
    return ([case(x, "ShapeError", shape=s) for s in
             ([2], [3, 3], [2, 2], [1, 2, 3], [6], [0, 3], [-1, 3], [2, -1], [1, 1, 1])] +
            [case(operand("float32", [0, 3]), "ShapeError", shape=s) for s in ([2, 3], [0, 2])] +
            [case(operand("float32", []), "ShapeError", shape=s) for s in ([1], [0])])


# Sums are compared with float64, since PyTorch adds float32 in another order.
SUM_RTOL = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 1e-6, "float64": 1e-15}
SUM_ATOL = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 1e-5, "float64": 1e-14}
SUM_REASON = ("one rounding to a half; in the others 37 numbers below 3 are added with a rounding "
              "each, at most 37 * 2^-24 * 50, and cancel")


def main():
    exact = dict(rtol={}, zero_signs=True)
    write("clone", plain_cases(unary_operands("real")), torch.clone, **exact)
    write("contiguous", plain_cases(unary_operands("real")), lambda x: x.contiguous(), **exact)
    write("reshape", cases(reshape) + reshape_errors(), lambda x, shape: x.reshape(shape), **exact)
    write("transpose", cases(transpose, False) + transpose_errors(),
          lambda x, axis0, axis1: x.transpose(axis0, axis1), lacks=NO_AXES, **exact)
    write("slice", cases(slice_arguments, False) + slice_errors(), sliced, lacks=NO_AXES, **exact)
    write("select", cases(select, False) + select_errors(),
          lambda x, axis, index: x.select(axis, index),
          lacks=NO_AXES, **exact)
    write("expand", cases(expand) + expand_errors(), expanded, **exact)
    write("unsqueeze", cases(unsqueeze) + unsqueeze_errors(), lambda x, axis: x.unsqueeze(axis),
          lacks={"rank-8": "there are no nine axes, which is a ShapeError here"}, **exact)
    write("to", conversions() + ends(), to, **exact)
    write("where", wheres(), torch.where, broadcasting=True, **exact)
    write("sum_to", cases(sum_to) + sum_to_errors(), summed_to,
          reference="float64", rtol=SUM_RTOL, atol=SUM_ATOL, tolerance=SUM_REASON)


main()
