"""Writes the tables of pads with elements, repeated elements, grids and diagonals.

Run: python make_arrange.py
"""
import itertools
import random

import numpy as np
import torch

from cases import DTYPES, Operand, case, operand, unary_operands, write

MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
NO_AXES = {"0-d": "it has no axis, which is an error in tests/tensor/assemble_test.cc"}
TOO_MANY = {"rank-8": "it takes one or two axes"}


def distinct(cases):
    return list({str([[o.form() for o in c["in"]], c["args"]]): c for c in cases}.values())


def pad_cases():
    rng = random.Random("pad")
    found = []
    for (x,), mode in itertools.product(unary_operands("real", special=False, each=2), MODES):
        pads = []
        for n in reversed(x.shape[-2:]):
            most = {"reflect": n - 1, "replicate": 2 if n else 0, "circular": n}[mode]
            most = max(0, min(most, 3))
            pads += [rng.randint(-1 if n > 1 and mode == "replicate" else 0, most),
                     rng.randint(0, most)]
        found.append(case(x, pads=pads, mode=mode))
    errors = [case(operand("float32", [2, 3]), "ShapeError", pads=[0, 3], mode="reflect"),
              case(operand("float32", [2, 3]), "ShapeError", pads=[4, 0], mode="circular"),
              case(operand("float32", [2, 3]), "ShapeError", pads=[1], mode="replicate")]
    return distinct(found) + errors


def pad(x, pads, mode):
    """By NumPy on positions: PyTorch pads some ranks and dtypes only."""
    numbers = np.arange(x.numel()).reshape(x.shape)
    for i in range(len(pads) // 2):
        axis = x.dim() - 1 - i
        before, after = pads[2 * i], pads[2 * i + 1]
        cut = [slice(None)] * x.dim()
        cut[axis] = slice(max(0, -before), None)
        numbers = numbers[tuple(cut)]
        widths = [(0, 0)] * x.dim()
        widths[axis] = (max(0, before), after)
        if widths[axis] != (0, 0):
            numbers = np.pad(numbers, widths, mode=MODES[mode])
    return x.flatten()[torch.from_numpy(np.array(numbers))]


def repeat_cases():
    rng = random.Random("repeat")
    found = []
    for i, (x,) in enumerate(unary_operands("real", special=False)):
        if not x.rank:
            continue
        axis = i % (2 * x.rank) - x.rank
        if i % 2:
            found.append(case(x, axis=axis, repeats=rng.randint(0, 3)))
        else:
            counts = [rng.randint(0, 2) for _ in range(x.shape[axis])]
            dtype = ("int64", "int32", "uint8")[i // 2 % 3]
            found.append(case([x, Operand(dtype, [len(counts)], counts)], axis=axis))
    return distinct(found)


def repeat_interleave(x, counts=None, *, axis, repeats=None):
    return torch.repeat_interleave(x, repeats if counts is None else counts.long(), dim=axis)


def grids():
    rng = random.Random("grid")
    layouts = [([4], []), ([2], [["flip", 0]]), ([5], [["slice", 0, 0, 5, 2]]), ([1], []),
               ([], []), ([0], []), ([1], [["expand", [3]]])]
    found = []
    for i, dtype in enumerate(DTYPES * 8):
        count = 8 if i % 8 == 7 else rng.randint(1, 3)
        vectors = []
        for j in range(count):
            shape, views = layouts[rng.choice([0, 1, 2, 3, 4, 5, 6] if count < 8 else [1, 3, 4])]
            vectors.append(operand(dtype, shape, "real", views, f"{i} {j}"))
        found.append(case(vectors, indexing="xy" if i % 3 == 0 else "ij"))
    return distinct(found)


def several():
    found = []
    for i, (x,) in enumerate(unary_operands("real", special=False)):
        smaller = [1 if j % 2 == i % 2 else n for j, n in enumerate(x.shape)][i % 2:]
        found.append(case([x, operand(DTYPES[i % 8], smaller, "real", (), f"{i}")]))
    return distinct(found) + [case([operand("float32", [2]), operand("float32", [3])],
                                   "ShapeError")]


def diagonals():
    return [case(x, k=i % 5 - 2) for i, x in enumerate(unary_operands("real"))
            if 1 <= x[0].rank <= 2 and not (x[0].rank == 2 and not -x[0].shape[0] <= i % 5 - 2 <=
                                             x[0].shape[1])]


write("pad_mode", pad_cases(), pad, rtol={}, atol={})
write("repeat_interleave", repeat_cases(), repeat_interleave, rtol={}, atol={}, lacks=NO_AXES)
write("meshgrid", grids(), lambda *x, indexing: torch.meshgrid(*x, indexing=indexing), rtol={},
      atol={}, lacks={"rank-8": "its operands are vectors; grids of eight axes are among the cases",
                      "size-0 on several axes": "its operands are vectors"})
write("broadcast_tensors", several(), lambda *x: torch.broadcast_tensors(*x), rtol={}, atol={},
      broadcasting=True)
write("diag", diagonals() + [case(operand("float32", [0, 0]), k=0)], lambda x, k: torch.diag(x, k), rtol={}, atol={},
      lacks=NO_AXES | TOO_MANY)
