"""Writes outer.json, dot.json, tensordot.json and einsum.json, by PyTorch.

Run: python make_products.py
"""
import functools

import torch

from cases import DTYPES, case, operand, rotate, write

# Sums of at most 40 products of numbers up to 3 (chains of three: up to 27), computed in float32
# also for halves, may cancel: 40 roundings of 27, each 2^-24 or 2^-53 of it.
ATOL = {"float16": 1e-4, "bfloat16": 1e-4, "float32": 1e-4, "float64": 1e-12}
RTOL = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-21, "float64": 2**-50}
REASON = "one rounding of a half, four of others; sums of products up to 27 cancel: 40 * 27 eps"


def common(tensors):
    return functools.reduce(torch.promote_types, [t.dtype for t in tensors])


def vector(dtype, n, kind, label):
    """n elements behind one of six kinds of strides."""
    shape, views = [
        ([n], []), ([n], [["flip", 0]]), ([2 * n], [["slice", 0, 0, 2 * n, 2]]),
        ([n, 2], [["select", 1, 1]]), ([1], [["expand", [n]]]),
        ([2 * n], [["slice", 0, 2 * n - 1, None, -2]]),
    ][kind % 6 if n > 0 else 0]
    return operand(dtype, shape, "real", views, label)


def vector_pairs(equal):
    found, sizes = [], [3, 1, 37, 0, 2, 5, 40, 4, 1, 6, 9, 7, 8]
    for i, some in enumerate(rotate(len(sizes), DTYPES, 3)):
        m = sizes[i] if equal else sizes[(i + 4) % len(sizes)]
        found += [[vector(d, sizes[i], i + j, "a"), vector(d, m, i // 2 + j, "b")]
                  for j, d in enumerate(some)]
    for i, d in enumerate(DTYPES):
        for j in range(i):
            left, right = (d, DTYPES[j]) if (i + j) % 2 else (DTYPES[j], d)
            found.append([vector(left, 4, i, "a"), vector(right, 4 if equal else 3, j, "b")])
    return found


def vector_errors(equal):
    x, m, s = (operand("float32", shape) for shape in ([3], [3, 1], []))
    found = [case(pair, "ShapeError") for pair in ([m, x], [x, m], [s, x], [x, s])]
    return found + ([case([x, operand("float32", [n])], "ShapeError") for n in (1, 4, 0)]
                    if equal else [])


def outer(a, b):
    return torch.outer(a, b)


def dot(a, b):
    d = common([a, b])
    if d == torch.bool:
        return torch.dot(a.long(), b.long())
    return torch.dot(a.to(d), b.to(d))


def tensordot(a, b, n=None, a_axes=None, b_axes=None):
    d = common([a, b])
    dims = n if a_axes is None else (a_axes, b_axes)
    sums = n != 0 if a_axes is None else len(a_axes) > 0
    if d.is_floating_point:
        return torch.tensordot(a.to(d), b.to(d), dims)
    # Whole numbers and bool by way of int64, where PyTorch has all it needs.
    y = torch.tensordot(a.long(), b.long(), dims)
    return y if d == torch.bool and sums else y.to(d)


LAST_FIRST = [  # base and views of a, of b, arguments
    (([2, 3], []), ([3, 4], []), {"n": 1}),
    (([3, 2], [["permute", [1, 0]]]), ([4, 3], [["permute", [1, 0]]]), {"n": 1}),
    (([2, 3], [["flip", 1]]), ([3, 4], [["flip", 0]]), {"n": 1}),
    (([2, 3, 4], []), ([3, 4, 2], []), {"n": 2}),
    (([2, 3], []), ([2, 3], [["flip", 1]]), {"n": 2}),
    (([4, 3, 2], [["permute", [2, 1, 0]]]), ([3, 8], [["slice", 1, 7, None, -2]]), {"n": 2}),
    (([2], []), ([3], []), {"n": 0}),
    (([], []), ([2, 3], []), {"n": 0}),
    (([2, 3], []), ([], []), {"n": 0}),
    (([], []), ([], []), {"n": 0}),
    (([2, 1], [["expand", [2, 3]]]), ([3, 2], []), {"n": 1}),
    (([2, 3], []), ([1, 4], []), {"n": 1}),
    (([2, 1], []), ([3, 4], []), {"n": 1}),
    (([0, 3], []), ([3, 2], []), {"n": 1}),
    (([2, 0], []), ([0, 3], []), {"n": 1}),
    (([0, 2, 0], []), ([0, 3], []), {"n": 1}),
    (([2, 1, 2, 1, 2, 1, 2, 1], []), ([2, 1, 2], []), {"a_axes": [4, 6], "b_axes": [0, 2]}),
    (([1, 2, 1, 2, 1, 2, 1, 2], [["flip", 1]]), ([1, 2, 1, 2, 1, 2, 1, 2], []),
     {"a_axes": [0, 1, 2, 3, 4, 5, 6], "b_axes": [2, 3, 0, 1, 6, 7, 4]}),
    (([2, 3, 4], []), ([4, 2, 3], []), {"a_axes": [-1, 0], "b_axes": [0, 1]}),
    (([2, 3, 4], []), ([4, 5, 3], [["flip", 0]]), {"a_axes": [1], "b_axes": [-1]}),
    (([3, 2], []), ([3, 2], []), {"a_axes": [0], "b_axes": [0]}),
    (([3, 2], []), ([2, 3], []), {"a_axes": [], "b_axes": []}),
    (([2, 20], []), ([20, 3], []), {"n": 1}),
]


def pairs_of(table, each=2):
    found = []
    for i, (some, entry) in enumerate(zip(rotate(len(table), DTYPES, each), table)):
        (a, b, args) = entry
        for d in some:
            found.append(case([operand(d, a[0], "real", a[1], f"a{i}"),
                               operand(d, b[0], "real", b[1], f"b{i}")], **args))
    for i, d in enumerate(DTYPES):
        other = DTYPES[i - 3]
        found.append(case([operand(d, [2, 3]), operand(other, [3, 2])], n=1))
    return found


def tensordot_errors():
    a, b, c = operand("float32", [2, 3]), operand("float32", [3, 4]), operand("float32", [5, 4])
    return ([case([a, c], "ShapeError", n=1), case([a, b], "ShapeError", n=2)] +
            [case([a, b], "ConfigError", n=n) for n in (3, -1, 100)] +
            [case([a, b], e, a_axes=p, b_axes=q) for e, p, q in [
                ("ConfigError", [1], [0, 1]), ("ConfigError", [1, 1], [0, 0]),
                ("ConfigError", [1, -1], [0, 1]), ("IndexError", [2], [0]),
                ("IndexError", [1], [-3]), ("ShapeError", [0], [0])]] +
            [case([operand("float32", [1] * 5), operand("float32", [1] * 6)], "ShapeError", n=1)])


def einsum(*tensors, equation):
    d = common(tensors)
    if d.is_floating_point:
        return torch.einsum(equation, *[t.to(d) for t in tensors])
    if len(tensors) == 1:
        return torch.einsum(equation, *tensors).clone()
    y = torch.einsum(equation, *[t.long() for t in tensors])
    return y if d == torch.bool and SUMS[equation] else y.to(d)


PLAIN = [[([2, 3], []), ([3, 4], [])], [([3, 2], [["permute", [1, 0]]]), ([3, 4], [["flip", 0]])]]
EQUATIONS = [  # equation, operands, whether something is summed
    ("ij,jk->ik", PLAIN[0], 1), ("ij,jk->ik", PLAIN[1], 1), ("ij,jk", PLAIN[0], 1),
    ("ij,jk->ki", PLAIN[1], 1), ("ij,jk->", PLAIN[0], 1), ("ij,jk->j", PLAIN[1], 1),
    ("ij,jk->ijk", PLAIN[0], 0), (" i j , j k -> i k ", PLAIN[0], 1),
    ("bij,bjk->bik", [([2, 3, 4], []), ([2, 4, 2], [["flip", 0]])], 1),
    ("bij,bjk->bik", [([4, 3, 2], [["permute", [2, 1, 0]]]), ([1, 4, 2], [["expand", [2, 4, 2]]])],
     1),
    ("...ij,...jk->...ik", [([2, 3, 4], []), ([3, 1, 4, 2], [])], 1),
    ("...ij,jk", [([2, 2, 3], []), ([3, 2], [])], 1),
    ("i...,...i", [([3, 1, 5], []), ([4, 1, 3], [])], 1),
    ("...i->i", [([2, 2, 3], [["flip", 2]])], 1), ("...", [([2, 3], [])], 0),
    ("...i->...", [([3, 4], [["permute", [1, 0]]])], 1), ("i->...i", [([4], [])], 0),
    ("ij->...", [([2, 3], [])], 1), ("...,...", [([2, 1, 3], []), ([4, 1], [])], 0),
    ("ii", [([3, 3], [["flip", 0]])], 1), ("ii->i", [([3, 3], [])], 0),
    ("iij->j", [([3, 3, 2], [])], 1), ("iij->ji", [([3, 3, 2], [["flip", 2]])], 0),
    ("iii", [([3, 3, 3], [])], 1), ("iijj->ij", [([2, 2, 3, 3], [])], 0),
    ("ii,i->i", [([3, 3], []), ([3], [["flip", 0]])], 0), ("ij,ij->", [([2, 3], []), ([2, 3], [])], 1),
    ("ji", [([2, 3], [])], 0), ("Ba", [([2, 3], [])], 0), ("aB", [([2, 3], [])], 0),
    ("ij->j", [([2, 6], [["slice", 1, 5, None, -2]])], 1),
    ("i,j->ij", [([3], []), ([4], [["flip", 0]])], 0), ("i,i", [([4], []), ([4], [["flip", 0]])], 1),
    ("i,->i", [([3], []), ([], [])], 0), (",", [([], []), ([], [])], 0), ("->", [([], [])], 0),
    ("", [([3], [["select", 0, 1]])], 0), ("ij,jk->ik", [([2, 1], []), ([3, 4], [])], 1),
    ("ij,jk->ik", [([2, 1], []), ([1, 4], [])], 1), ("ij,ij->ij", [([2, 1], []), ([1, 3], [])], 0),
    ("ij,jk,kl->il", [([2, 3], []), ([3, 4], [["flip", 1]]), ([4, 2], [])], 1),
    ("ij,jk,ki", [([2, 3], []), ([3, 4], []), ([4, 2], [])], 1),
    ("bi,io,bo->b", [([3, 2], []), ([2, 4], []), ([4, 3], [["permute", [1, 0]]])], 1),
    ("a,b,c,d->abcd", [([2], []), ([3], []), ([1], []), ([2], [["flip", 0]])], 0),
    ("ab,bc,cd,de->ae", [([2, 2], []), ([2, 3], []), ([3, 2], []), ([2, 2], [])], 1),
    ("i,i,i->i", [([4], []), ([1], []), ([4], [["flip", 0]])], 0),
    ("ij,k->i", [([2, 3], []), ([4], [])], 1),
    ("ij,jk->ik", [([2, 0], []), ([0, 3], [])], 1), ("ij,jk->ik", [([0, 3], []), ([3, 2], [])], 1),
    ("ij,jk->k", [([0, 2], []), ([2, 3], [])], 1), ("iji->j", [([0, 2, 0], [])], 1),
    ("ij,jk", [([0, 1], []), ([0, 2], [])], 1), ("iij,j->i", [([0, 0, 3], []), ([1], [])], 1),
    ("abcdefgh->hgfedcba", [([1, 2, 1, 2, 1, 2, 1, 2], [["flip", 1]])], 0),
    ("abcdefgh,abcdefgh->aceg", [([2, 1, 2, 1, 2, 1, 2, 1], []), ([2, 1, 2, 1, 2, 2, 1, 1], [])], 1),
    ("abcdefgh,hx->abcdefgx", [([1, 2, 1, 2, 1, 2, 1, 2], []), ([2, 3], [])], 1),
    ("ij,jk->ik", [([3, 40], []), ([40, 2], [])], 1),
    ("nchw,oc->nohw", [([2, 3, 2, 2], []), ([2, 3], [])], 1),
    ("bhqd,bhkd->bhqk", [([2, 2, 3, 2], []), ([2, 2, 4, 2], [["flip", 2]])], 1),
]
SUMS = {}
for _equation, _, _sums in EQUATIONS:
    SUMS[_equation] = bool(_sums)
SUMS["ij,jk->ki"] = True


def einsum_cases():
    found = []
    for i, (entry, some) in enumerate(zip(EQUATIONS, rotate(len(EQUATIONS), DTYPES, 2))):
        equation, operands, _ = entry
        for d in some:
            found.append(case([operand(d, s, "real", v, f"{i} {j}")
                               for j, (s, v) in enumerate(operands)], equation=equation))
    for i, d in enumerate(DTYPES):
        other = DTYPES[i - 3]
        found.append(case([operand(d, [2, 3]), operand(other, [3, 2])], equation="ij,jk->ki"))
    return found


def einsum_errors():
    m, v = operand("float32", [2, 3]), operand("float32", [4])
    found = [case(x, "ConfigError", equation=e) for e, x in [
        ("i?", m), ("..i", m), ("i......", m), ("ij-", m), ("ij->i->j", m), ("ij->i,j", m),
        ("ij->ii", m), ("ij->k", m), ("ij,jk", m), ("ij", [m, m]), ("i.j..", m), ("i. . .", m),
        ("ij->...i...", m), ("i1", m), ("ij>", m)]]
    return found + [case(x, "ShapeError", equation=e) for e, x in [
        ("ij,jk->ik", [m, m]), ("ij,j", [m, v]), ("ii", m), ("i", m), ("ijk", m), ("...ijk", m),
        ("...i,...i->...", [m, operand("float32", [4, 3])]),
        ("abcde,fghij", [operand("float32", [1] * 5)] * 2)]]


def main():
    no_matrices = {"0-d": "vectors only, others are errors", "rank-8": "vectors only",
                   "size-0 on several axes": "vectors only"}
    whole = dict(rtol=RTOL, atol=ATOL, tolerance=REASON, reference="float64")
    write("outer", [case(p) for p in vector_pairs(False)] + vector_errors(False), outer,
          lacks=no_matrices, **whole)
    write("dot", [case(p) for p in vector_pairs(True)] + vector_errors(True), dot,
          lacks=no_matrices, **whole)
    write("tensordot", pairs_of(LAST_FIRST) + tensordot_errors(), tensordot, **whole)
    write("einsum", einsum_cases() + einsum_errors(), einsum, **whole)


main()
