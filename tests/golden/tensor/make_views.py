"""Writes one table for each view: permute.json, squeeze.json, flip.json, unfold.json, ...

Run: python make_views.py
"""
import random

import torch

from cases import case, unary_operands, write

NO_AXES = {"0-d": "it has no axis, which is an error in tests/tensor/view_axes_test.cc"}


def cases(make, scalars=True):
    """For each operand two cases with the arguments make(rng, shape) gives, where it gives any."""
    rng = random.Random("views")
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


def any_sign(rng, axis, rank):
    return axis - rank if rng.random() < 0.5 else axis


def permute(rng, shape):
    axes = list(range(len(shape)))
    rng.shuffle(axes)
    return {"axes": [any_sign(rng, a, len(shape)) for a in axes]}


def some_axes(rng, shape):
    axes = [a for a in range(len(shape)) if rng.random() < 0.5] or list(range(len(shape)))
    return {"axes": axes}


def flatten(rng, shape):
    if not shape:
        return {"start": 0, "end": -1}
    start, end = sorted(rng.randrange(len(shape)) for _ in range(2))
    return {"start": any_sign(rng, start, len(shape)), "end": end}


def moveaxis(rng, shape):
    count = rng.randint(1, len(shape))
    return {"source": rng.sample(range(len(shape)), count),
            "to": rng.sample(range(len(shape)), count)}


def diagonal(rng, shape):
    if len(shape) < 2:
        return None
    a, b = rng.sample(range(len(shape)), 2)
    return {"offset": rng.randint(-3, 3), "axis0": a, "axis1": any_sign(rng, b, len(shape))}


def narrow(rng, shape):
    axis = rng.randrange(len(shape))
    start = rng.randint(0, shape[axis])
    return {"axis": axis, "start": start, "length": rng.randint(0, shape[axis] - start)}


def unfold(rng, shape):
    if len(shape) == 8:
        return None
    axis = rng.randrange(len(shape))
    return {"axis": axis, "size": rng.randint(0, shape[axis]), "step": rng.randint(1, 3)}


def split(rng, shape):
    axis, sizes = rng.randrange(len(shape)), []
    while sum(sizes) < shape[axis] or not sizes:
        sizes.append(rng.randint(0, shape[axis] - sum(sizes)))
    return {"sizes": sizes, "axis": axis}


def split_every(rng, shape):
    axis = rng.randrange(len(shape))
    return {"size": rng.randint(1, shape[axis] + 1), "axis": axis}


def chunk(rng, shape):
    return {"n": rng.randint(1, 4), "axis": rng.randrange(len(shape))}


def main():
    write("permute", cases(permute), lambda x, axes: x.permute(axes), rtol={})
    write("squeeze", cases(some_axes), lambda x, axes: x.squeeze(tuple(axes)), rtol={})
    write("flip", cases(some_axes), lambda x, axes: x.flip(axes), rtol={})
    write("flatten", cases(flatten), lambda x, start, end: x.flatten(start, end), rtol={})
    write("moveaxis", cases(moveaxis, False),
          lambda x, source, to: torch.moveaxis(x, source, to), rtol={}, lacks=NO_AXES)
    write("diagonal", cases(diagonal),
          lambda x, offset, axis0, axis1: x.diagonal(offset, axis0, axis1), rtol={},
          lacks={"0-d": "it takes two axes"})
    write("narrow", cases(narrow, False),
          lambda x, axis, start, length: x.narrow(axis, start, length), rtol={}, lacks=NO_AXES)
    write("unfold", cases(unfold, False),
          lambda x, axis, size, step: x.unfold(axis, size, step), rtol={},
          lacks=NO_AXES | {"rank-8": "the result has one more axis than eight"})
    write("split", cases(split, False),
          lambda x, sizes, axis: list(x.split(sizes, axis)), rtol={}, lacks=NO_AXES)
    write("split_every", cases(split_every, False),
          lambda x, size, axis: list(x.split(size, axis)), rtol={}, lacks=NO_AXES)
    write("chunk", cases(chunk, False),
          lambda x, n, axis: list(x.chunk(n, axis)), rtol={}, lacks=NO_AXES)


main()
