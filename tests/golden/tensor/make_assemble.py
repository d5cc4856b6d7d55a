"""Writes one table for each function that makes tensors from parts: cat.json, pad.json, ...

Run: python make_assemble.py
"""
import random

import torch
import torch.nn.functional as F

from cases import DTYPES, case, operand, unary_operands, write

NO_AXES = {"0-d": "it has no axis, which is an error in tests/tensor/assemble_test.cc"}


def lists(rng, other_size):
    """x with one or two more operands: of its shape, or with another size on one axis."""
    found = []
    for i, (x,) in enumerate(unary_operands("real", special=False)):
        shape = list(x.shape)
        if other_size and not shape:
            continue
        axis = rng.randrange(len(shape)) if shape else 0
        operands = [x]
        for j in range(1 + i % 2):
            like = list(shape)
            if other_size:
                like[axis] = rng.randint(0, 3)
            dtype = x.dtype if i % 3 else rng.choice(DTYPES)
            operands.append(operand(dtype, like, "real", (), f"part {i} {j}"))
        found.append((operands, axis - len(shape) if shape and i % 2 else axis))
    return found


def cases(make, keep=lambda shape: True):
    rng = random.Random("assemble")
    return [case(x, **make(rng, list(x[0].shape)))
            for x in unary_operands("real", special=False) if keep(list(x[0].shape))]


def pads(rng, shape):
    axes = rng.randint(0, len(shape))
    found = []
    for i in range(axes):
        size = shape[-1 - i]
        before = rng.randint(-1 if size else 0, 2)
        found += [before, rng.randint(-1 if size + before > 0 else 0, 2)]
    return {"pads": found, "value": float(rng.randint(0, 1))}


def rolls(rng, shape):
    if not shape or rng.random() < 0.3:
        return {"shifts": [rng.randint(-5, 5)], "axes": []}
    axes = rng.sample(range(len(shape)), rng.randint(1, len(shape)))
    return {"shifts": [rng.randint(-5, 5) for _ in axes], "axes": axes}


def repeats(rng, shape):
    extra = rng.randint(0, 1) if len(shape) < 8 else 0
    high = 2 if len(shape) < 8 else 1
    found = [rng.randint(0 if i == 0 else 1, high + 1) for i in range(extra + len(shape))]
    return {"repeats": found}


def diagonals(rng, shape):
    return {"k": rng.randint(-2, 2)}


def main():
    rng = random.Random("lists")
    write("cat", [case(x, axis=axis) for x, axis in lists(rng, True)],
          lambda *x, axis: torch.cat(x, axis), rtol={}, lacks=NO_AXES)
    stacks = [case(x, axis=axis) for x, axis in lists(rng, False) if len(x[0].shape) < 8]
    write("stack", stacks, lambda *x, axis: torch.stack([v.to(promoted(x)) for v in x], axis),
          rtol={}, lacks={"rank-8": "the result has one more axis than eight"})
    write("repeat", cases(repeats), lambda x, repeats: x.repeat(repeats), rtol={})
    write("roll", cases(rolls), lambda x, shifts, axes: torch.roll(x, shifts, axes), rtol={})
    matrices = lambda shape: len(shape) >= 2
    flat = {"0-d": "it takes matrices"}
    twice = cases(diagonals, matrices) + [
        case(c["in"], k=-c["args"]["k"] or 3) for c in cases(diagonals, matrices)]
    write("tril", twice, lambda x, k: torch.tril(x, k), rtol={}, lacks=flat)
    write("triu", twice, lambda x, k: torch.triu(x, k), rtol={}, lacks=flat)
    write("pad", cases(pads), lambda x, pads, value: F.pad(x, pads, value=value), rtol={})
    masks = []
    for i, (x,) in enumerate(unary_operands("real", special=False)):
        shape = list(x.shape) if i % 3 else [n if j % 2 else 1 for j, n in enumerate(x.shape)]
        masks.append(case([x, operand("bool", shape, "real", (), f"mask {i}")],
                          value=float(i % 2)))
    write("masked_fill", masks, lambda x, mask, value: x.masked_fill(mask, value), rtol={})
    whole = ["uint8", "int32", "int64"]
    classes = lambda rng, dtype: rng.randint(0, 4)
    indices = [case(x, classes=5 + i % 3)
               for i, x in enumerate(unary_operands(classes, whole, special=False, each=2))
               if len(x[0].shape) < 8]
    write("one_hot", indices, lambda x, classes: F.one_hot(x.long(), classes), rtol={},
          lacks={"rank-8": "the result has one more axis than eight"} |
          {d: "an index is a whole number" for d in DTYPES if d not in whole})


def promoted(tensors):
    dtype = tensors[0].dtype
    for x in tensors:
        dtype = torch.promote_types(dtype, x.dtype)
    return dtype


main()
