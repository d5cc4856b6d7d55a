"""Writes solve.json, lstsq.json, cholesky.json, qr.json, svd.json, eigh.json, inverse.json,
det.json, slogdet.json, matrix_rank.json and pinv.json, by torch.linalg in float64.

Run: python make_linalg.py
"""
import math
import random
import zlib

import numpy as np
import torch

from cases import DTYPES, Operand, case, operand, write

# Gradus and PyTorch both compute in float64 and round once to float32; the matrices drawn here have
# condition numbers below 1e3, so both are right to about 1e3 * 2^-52 * n of the largest entry.
RTOL = {"float32": 2**-22, "float64": 1e-11}
ATOL = {"float32": 1e-10, "float64": 1e-11}
REASON = "one rounding to float32; condition numbers below 1e3 times float64's eps, n <= 12"

# Base and views; the last two axes are the matrices, and no view mixes them with the others.
SQUARE = [
    ([3, 3], []), ([3, 3], [["permute", [1, 0]]]), ([3, 3], [["flip", 0]]),
    ([4, 4], [["flip", 1], ["flip", 0]]), ([3, 6], [["slice", 1, 0, 6, 2]]),
    ([8, 4], [["slice", 0, 7, None, -2]]), ([5, 4], [["slice", 0, 1, 4, 1], ["slice", 1, 0, 3, 1]]),
    ([2, 3, 3], []), ([3, 3, 2], [["permute", [2, 1, 0]]]), ([2, 3, 3], [["flip", 0]]),
    ([3, 3], [["unsqueeze", 0], ["expand", [2, 3, 3]]]), ([2, 1, 2, 2], []), ([1, 1], []),
    ([2, 2], []), ([0, 0], []), ([2, 0, 0], []), ([0, 2, 2], []),
    ([1, 2, 1, 2, 1, 1, 2, 2], []), ([1, 1, 2, 1, 1, 2, 3, 3], [["flip", 2], ["permute",
     [5, 0, 1, 2, 3, 4, 7, 6]]]), ([12, 12], []),
]
RECTANGULAR = [
    ([3, 2], []), ([2, 3], []), ([2, 3], [["permute", [1, 0]]]), ([3, 2], [["flip", 0]]),
    ([3, 8], [["slice", 1, 0, 8, 2]]), ([10, 4], [["slice", 0, 9, None, -2]]), ([2, 4, 3], []),
    ([3, 4, 2], [["permute", [2, 0, 1]]]), ([3, 2], [["unsqueeze", 0], ["expand", [2, 3, 2]]]),
    ([1, 2], []), ([2, 1], []), ([1, 1], []), ([3, 3], []), ([0, 1], []), ([1, 0], []),
    ([2, 0, 1], []), ([0, 0], []), ([0, 3, 2], []), ([0, 0, 2], []),
    ([1, 2, 1, 2, 1, 1, 2, 3], []), ([2, 1, 1, 1, 2, 1, 3, 2], [["flip", 4]]), ([12, 11], []),
    ([2, 2], []), ([5, 4], [["flip", 1], ["permute", [1, 0]]]),
]


def seen(dtype, shape, views, make, label):
    """An operand that shows `make(rng, [n, m])` in every matrix; 9 in the gaps."""
    x = Operand(dtype, shape, [9.0] * math.prod(shape), views)
    rng = random.Random(zlib.crc32(f"{dtype} {shape} {views} {label}".encode()))
    flat = x.base.flatten()
    index = x.index.reshape((-1,) + x.shape[-2:]) if x.index.size else []
    for positions in index:
        matrix = torch.tensor(make(rng, positions.shape), dtype=torch.float64)
        flat[torch.from_numpy(positions.copy())] = matrix.to(flat.dtype)
    x.base = flat.reshape(shape)
    return x


def drawn(rng, shape):
    return np.array([[round(rng.uniform(-3, 3), 2) for _ in range(shape[1])]
                     for _ in range(shape[0])])


def well(rng, shape):
    """A matrix whose singular values are apart and not near 0, so that it has one result."""
    while True:
        a = drawn(rng, shape)
        s = np.linalg.svd(a, compute_uv=False)
        gaps = -np.diff(s) if len(s) > 1 else np.ones(1)
        if s[-1] > 0.02 * s[0] and gaps.min() > 0.02 * s[0] / len(s):
            return a


def symmetric(rng, shape):
    """As eigh reads it; its upper triangle is another."""
    while True:
        a = drawn(rng, shape)
        low = np.tril(a) + np.tril(a, -1).T
        w = np.linalg.eigvalsh(low)
        if len(w) < 2 or np.diff(w).min() > 0.02 * abs(w).max() / len(w):
            return a


def positive(rng, shape):
    """Positive definite in its lower triangle and the diagonal."""
    a = drawn(rng, shape)
    s = a @ a.T + 0.5 * np.eye(len(a))
    return np.tril(s) + np.triu(drawn(rng, shape), 1)


def operands(table, make, label=""):
    return [seen(d, shape, views, make, label) for shape, views in table
            for d in ("float32", "float64")]


def fixed(values, dtype="float64"):
    x = torch.tensor(values, dtype=torch.float64)
    return Operand(dtype, list(x.shape), x.flatten().tolist())


def errors(square, others=(), **args):
    """dtypes that are refused, and shapes that are no matrices."""
    found = [case([operand(d, [2, 2])] + list(others), "DTypeError", **args) for d in DTYPES[:6]]
    shapes = [[], [2], [0]] + ([[2, 3], [3, 2], [2, 0]] if square else [])
    return found + [case([operand("float32", s)] + list(others), "ShapeError", **args)
                    for s in shapes]


def up(v):
    """The columns of v turned so that their first entry within 10 % of the largest is positive."""
    v = v.clone()
    for m in v.reshape((-1,) + v.shape[-2:]) if v.numel() else []:
        for j in range(m.shape[1]):
            size = m[:, j].abs()
            first = int((size >= 0.9 * size.max()).nonzero()[0])
            assert ((size / size.max() - 0.9).abs() > 1e-6).all(), "a sign that rounding decides"
            m[:, j] *= torch.sign(m[first, j])
    return v


def promoted(*tensors):
    d = torch.promote_types(tensors[0].dtype, tensors[-1].dtype)
    return [t.to(d) for t in tensors]


def solve(a, b):
    return torch.linalg.solve(*promoted(a, b))


def lstsq(a, b, rtol=None):
    a, b = promoted(a, b)
    if b.dim() == 1 or b.shape == a.shape[:-1]:
        x, r, rank, s = lstsq(a, b[..., None], rtol)
        return x[..., 0], r[..., 0] if r.dim() > 1 or r.numel() else r, rank, s
    batch = torch.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = a.expand(batch + a.shape[-2:]), b.expand(batch + b.shape[-2:])
    k = min(a.shape[-2:])
    if k == 0:  # PyTorch has no singular values here
        x, r, rank, _ = torch.linalg.lstsq(a, b, driver="gelsd")
        return x, b[..., :0, 0].flatten()[:0], torch.zeros(batch, dtype=torch.int64), \
            a.new_empty(batch + (0,))
    x, r, rank, s = torch.linalg.lstsq(a, b, rcond=rtol, driver="gelsd")
    full = a.shape[-2] > a.shape[-1] and bool((rank == a.shape[-1]).all())
    # Its residuals lack the axis k of a batch; here they are taken from the definition.
    return x, ((b - a @ x) ** 2).sum(-2) if full else b.new_empty(0), rank, s


def qr(a, mode):
    return torch.linalg.qr(a, mode=mode)


def svd(a, full_matrices):
    u, s, vh = torch.linalg.svd(a, full_matrices=full_matrices)
    k = s.shape[-1]
    turned = up(u)
    v = vh.mT.clone()
    both = slice(0, k)
    v[..., both] *= ((u[..., both] * turned[..., both]).sum(-2, keepdim=True)).sign()
    if v.shape[-1] > k:
        v[..., k:] = up(v[..., k:])
    return turned, s, v.mT


def eigh(a):
    w, v = torch.linalg.eigh(a)
    return w, up(v)


def tolerance_cases(table):
    found = []
    for i, x in enumerate(table):
        args = [{}, {"rtol": 0.3}, {"atol": 1.5}, {"atol": 0.5, "rtol": 0.1}][i % 4]
        found.append(case(x, **args))
    low = [[[1, 2], [2, 4]], [[1, 1, 1]] * 4, [[0, 0], [0, 0]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]]]
    for rows in low:
        found += [case(fixed(rows)), case(fixed(rows, "float32"))]
    return found + [case(fixed([[1, math.nan], [0, 1]]), "LinalgError"),
                    case(fixed([[[1, 0], [0, 1]], [[math.inf, 0], [0, 1]]]), "LinalgError"),
                    case(operand("float32", [2, 3]), "ConfigError", rtol=-1.0),
                    case(operand("float32", [2, 3]), "ConfigError", atol=-0.5)]


def sides(table):
    """A from the table, B by turns: matrices, vectors, a batch that A lacks, one for all of A."""
    found = []
    for i, (shape, views) in enumerate(table):
        for j, d in enumerate(("float32", "float64")):
            a = seen(d, shape, views, well, "A")
            batch, n = list(a.shape[:-2]), a.shape[-2]
            turn = (i + j) % 5
            if turn == 0 or (turn == 3 and len(batch) > 1):
                b = operand(d, batch + [n, 2], "real")
            elif turn == 1:
                b = operand(d, batch + [n], "real", [["flip", len(batch)]])
            elif turn == 2:
                b = operand(d, [n], "real")
            elif turn == 3:
                b = operand(d, [2, 1][:1] + [1] * len(batch) + [n, 3], "real")
            else:
                other = "float32" if d == "float64" else "float64"
                b = operand(other, [3, n], "real", [["permute", [1, 0]]])
            found.append([a, b])
    return found


def side_errors():
    a, b = operand("float32", [3, 3]), operand("float32", [3])
    return ([case([a, x], "ShapeError") for x in (
        operand("float32", [2]), operand("float32", [2, 3]), operand("float32", []))] +
        [case([operand("float32", [2, 3, 3]), operand("float32", [4, 3, 1])], "ShapeError"),
         case([a, operand("int64", [3])], "DTypeError"),
         case([a, operand("float16", [3, 2])], "DTypeError")] +
        errors(False, [b])[:6])


def main():
    plain = dict(reference="float64", rtol=RTOL, atol=ATOL, tolerance=REASON,
                 lacks={"0-d": "matrices have two axes"})
    nan = fixed([[1, math.nan], [2, 1]])
    singular = [fixed([[1, 2], [2, 4]]), fixed([[0]]), fixed([[[1, 0], [0, 1]], [[0, 0], [0, 0]]]),
                fixed([[1, 2, 0], [3, 4, 0], [5, 7, 0]], "float32")]
    two = operand("float64", [2])
    write("solve", [case(p) for p in sides(SQUARE)] + side_errors() +
          [case([operand("float32", [2, 3]), two], "ShapeError")] +
          [case([s, operand("float32", [s.shape[-1]])], "LinalgError") for s in singular], solve,
          **plain)
    write("inverse", [case(x) for x in operands(SQUARE, well)] + errors(True) +
          [case(s, "LinalgError") for s in singular], torch.linalg.inv, **plain)
    some = [case(x) for x in operands(SQUARE, well)] + errors(True) + \
        [case(x) for x in singular + [fixed([[-2.0, 0], [0, 1e200]]), fixed([[0, 1], [1, 0]])]]
    write("det", some, torch.linalg.det, **plain)
    write("slogdet", some, torch.linalg.slogdet, **plain)
    write("cholesky", [case(x) for x in operands(SQUARE, positive)] + errors(True) +
          [case(x, "LinalgError") for x in [fixed([[1, 2], [2, 1]]), fixed([[-1]]), nan,
                                            fixed([[math.nan]]), fixed([[0, 0], [0, 0]])]],
          torch.linalg.cholesky, **plain)
    write("qr", [case(x, mode=["reduced", "complete"][i // 2 % 2])
                 for i, x in enumerate(operands(SQUARE[1:9] + RECTANGULAR, well))] +
          errors(False, mode="reduced"), qr, **plain)
    wanted = [case(x, full_matrices=i // 2 % 3 > 0)
              for i, x in enumerate(operands(SQUARE[1:9] + RECTANGULAR, well))]
    write("svd", wanted + errors(False, full_matrices=True) +
          [case(nan, "LinalgError", full_matrices=True),
           case(fixed([[math.inf]]), "LinalgError", full_matrices=False)], svd, **plain)
    write("eigh", [case(x) for x in operands(SQUARE, symmetric)] + errors(True) +
          [case(fixed([[1, 0], [math.nan, 1]]), "LinalgError"),
           case(fixed([[-math.inf]]), "LinalgError"), case(fixed([[1, math.nan], [0, 2]]))],
          eigh, **plain)
    table = tolerance_cases(operands(RECTANGULAR, well))
    write("matrix_rank", table + errors(False),
          lambda a, **t: torch.linalg.matrix_rank(a, **t), **plain)
    write("pinv", table + errors(False), lambda a, **t: torch.linalg.pinv(a, **t), **plain)
    low = fixed([[1, 2], [2, 4], [3, 6]])
    write("lstsq", [case(p) for p in sides(RECTANGULAR)] + side_errors() +
          [case([low, operand("float64", [3, 2])]), case([low, operand("float64", [3])]),
           case([seen("float64", [4, 2], [], well, "r"), operand("float64", [4])], rtol=0.9),
           case([operand("float32", [2, 3]), operand("float32", [2])], "ConfigError", rtol=-1.0),
           case([nan, two], "LinalgError"),
           case([fixed([[1, 0], [0, 1]]), fixed([[1], [math.inf]])], "LinalgError")], lstsq, **plain)


main()
