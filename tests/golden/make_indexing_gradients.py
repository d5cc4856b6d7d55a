"""Writes indexing_gradients.json: derivatives of indexing and its kin by PyTorch in float64.

The names are those in tests/autograd/ops/indexing_golden_test.cc.
Run: python make_indexing_gradients.py > indexing_gradients.json
"""
import json
import sys

import torch
from torch.nn.functional import pad

from torch_gradients import derivatives

torch.manual_seed(4)
rand = lambda *shape: torch.rand(shape, dtype=torch.float64) * 3 - 1.2
long = torch.tensor
MASK = torch.tensor([[1, 0, 0, 1], [0, 0, 1, 1], [0, 1, 0, 0]]).bool()
ROWS = torch.tensor([1, 0, 1]).bool()
GRID = long([[0, 2, 0], [1, 1, 1]])  # for axis 0 of [3, 4] or axis 1 of [2, 3]
ONCE = long([[0, 2, 1], [1, 0, 2]])


def put(x, items, value):
    y = x.clone()
    y[items] = value
    return y


def product(variables):
    y = variables[0] ** 2
    for v in variables[1:]:
        y = y * v
    return y


def cases():
    x, cube = rand(3, 4), rand(2, 3, 4)
    rows, row, one = rand(2, 4), rand(4), rand()
    pair = (long([0, 2, 0]), long([1, -1, 1]))
    dots = ...
    return {
        "index_slices": (lambda x: x[1:, ::2], x),
        "index_backwards": (lambda x: x.flip(1)[:, ::2], x),
        "index_number_and_none": (lambda x: x[-1, None, ..., 1:], cube),
        "index_rows": (lambda x: x[long([2, 0, 2, -1])], x),
        "index_pairs": (lambda x: x[pair], x),
        "index_grid": (lambda x: x[long([[0], [-1]]), long([[1, 1, 3]])], x),
        "index_apart": (lambda x: x[long([0, 1, 0]), :, long([3, 0, 3])], cube),
        "index_last": (lambda x: x[..., long([[3, 3], [0, -2]])], cube),
        "index_mask": (lambda x: x[MASK], x),
        "index_mask_and_slice": (lambda x: x[ROWS, 1:], x),
        "index_number": (lambda x: x[()], one),
        "index_put_slice": (lambda x, v: put(x, (slice(1, None), slice(None, None, 2)), v), x,
                            rand(2, 2)),
        "index_put_number": (lambda x, v: put(x, (dots, 1), v), x, one),
        "index_put_rows": (lambda x, v: x.index_put((long([2, 0]),), v), x, rows),
        "index_put_row": (lambda x, v: x.index_put((long([2, 0]),), v), x, row),
        "index_put_mask": (lambda x, v: x.index_put((MASK,), v), x, rand(5)),
        "index_put_mask_number": (lambda x, v: x.index_put((MASK,), v), x, one),
        "index_put_add": (lambda x, v: x.index_put(pair, v, accumulate=True), x, rand(3)),
        "index_put_add_rows": (lambda x, v: x.index_put((long([1, 1, -2]),), v, accumulate=True),
                               x, row),
        "index_put_add_slice": (lambda x, v: put(x, slice(1, None), x[1:] + v), x, row),
        "index_select": (lambda x: x.index_select(1, long([3, 0, 3, 3])), x),
        "index_add": (lambda x, s: x.index_add(0, long([2, 0, 2]), s, alpha=-1.5), x, rand(3, 4)),
        "index_add_1": (lambda x, s: x.index_add(1, long([2, 0, 2]), s), x, rand(3, 3)),
        "index_fill": (lambda x: x.index_fill(1, long([2, 0, 2]), 0.5), x),
        "gather": (lambda x: x.gather(0, GRID), x),
        "gather_last": (lambda x: x.gather(-1, long([[3, 3, 0, 3, 1]])), x),
        "scatter": (lambda x, s: x.scatter(0, ONCE, s), x, rand(2, 3)),
        # PyTorch differentiates no source that is larger than its index.
        "scatter_larger": (lambda x, s: x.scatter(0, ONCE, s[:2, :3]), x, rand(3, 4)),
        "scatter_number": (lambda x: x.scatter(1, GRID, 0.7), x),
        "scatter_add": (lambda x, s: x.scatter_add(0, GRID, s), x, rand(2, 3)),
        "scatter_add_larger": (lambda x, s: x.scatter_add(1, GRID, s[:, :3]), x, rand(2, 4)),
        "take": (lambda x: x.take(long([[11, 0, 11], [-1, 5, 0]])), x),
        "take_along_axis": (lambda x: torch.take_along_dim(x, ONCE, 1), x[:2]),
        "take_along_axis_wide": (lambda x: torch.take_along_dim(x, long([[[0], [2]]]), 1),
                                 rand(2, 3, 2)),
        "take_along_axis_narrow": (lambda x: torch.take_along_dim(x, ONCE, 1), rand(1, 3)),
        "masked_select": (lambda x: x.masked_select(MASK), x),
        "masked_select_row": (lambda x: x.masked_select(MASK), row),
        "masked_select_rows": (lambda x: x.masked_select(ROWS[:, None]), x),
        "pad_reflect": (lambda x: pad(x, (2, 3, 1, 0), mode="reflect"), cube),
        "pad_replicate": (lambda x: pad(x, (2, 5, 0, 3), mode="replicate"), cube),
        "pad_circular": (lambda x: pad(x, (4, 1, 2, 3), mode="circular"), cube),
        "repeat_interleave": (lambda x: x.repeat_interleave(3, 0), x),
        "repeat_interleave_each": (lambda x: x.repeat_interleave(long([2, 0, 1, 3]), 1), x),
        "meshgrid": (lambda a, b, c: product(torch.meshgrid(a, b, c, indexing="ij")), rand(2),
                     rand(3), rand()),
        "meshgrid_xy": (lambda a, b: product(torch.meshgrid(a, b, indexing="xy")), rand(2),
                        rand(3)),
        "diag": (lambda x: x.diag(-1), row),
        "diag_of_matrix": (lambda x: x.diag(1), x),
        "broadcast_tensors": (lambda *v: product(torch.broadcast_tensors(*v)), rand(2, 1), rand(3),
                              rand()),
    }


def squared(f):
    return lambda *inputs: f(*inputs) ** 2


golden = {name: derivatives(squared(f), *inputs) for name, (f, *inputs) in cases().items()}
sys.stdout.write(json.dumps(golden, separators=(",", ":")).replace('},"', '},\n"') + "\n")
