"""Writes matmul.json, by PyTorch.

Run: python make_matmul.py
"""
import torch

from cases import DTYPES, FLOATING, INTEGRAL, case, operand, rotate, write

NUMBERS = DTYPES[1:]

# Sums of at most 40 products of numbers up to 3, computed in float32 also for halves, may cancel:
# 40 roundings of 9 * 40, each 2^-24 or 2^-53 of it, at most.
ATOL = {"float16": 1e-4, "bfloat16": 1e-4, "float32": 1e-4, "float64": 1e-12}
RTOL = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-21, "float64": 2**-50}
REASON = "one rounding of a half, four of others; sums of 40 products up to 9 cancel: 40 * 360 eps"

PAIRS = [  # shape of the base and views of a; of b
    # Vectors and matrices.
    (([3], []), ([3], [])),
    (([3], [["flip", 0]]), ([6], [["slice", 0, 5, None, -2]])),
    (([40], []), ([40, 2], [["select", 1, 1]])),
    (([1], []), ([1], [])),
    (([0], []), ([0], [])),
    (([3], []), ([3, 4], [])),
    (([2, 3], [["select", 0, 1]]), ([4, 3], [["permute", [1, 0]]])),
    (([4, 3], []), ([3], [["flip", 0]])),
    (([3, 4], [["permute", [1, 0]]]), ([1], [["expand", [3]]])),
    (([0], []), ([0, 3], [])),
    (([0, 3], []), ([3], [])),
    (([2, 0], []), ([0], [])),
    # Matrices behind all kinds of strides.
    (([2, 3], []), ([3, 4], [])),
    (([3, 2], [["permute", [1, 0]]]), ([3, 4], [])),
    (([2, 3], []), ([4, 3], [["permute", [1, 0]]])),
    (([3, 2], [["permute", [1, 0]]]), ([4, 3], [["permute", [1, 0]]])),
    (([2, 3], [["flip", 0]]), ([3, 4], [["flip", 1]])),
    (([2, 3], [["flip", 1]]), ([3, 4], [["flip", 0]])),
    (([3, 2], [["permute", [1, 0]], ["flip", 0]]), ([4, 3], [["permute", [1, 0]], ["flip", 1]])),
    (([2, 6], [["slice", 1, 0, 6, 2]]), ([6, 4], [["slice", 0, 5, None, -2]])),
    (([4, 6], [["slice", 0, 0, 4, 2], ["slice", 1, 1, 4, 1]]), ([3, 8], [["slice", 1, 2, 6, 1]])),
    (([2, 1], [["expand", [2, 3]]]), ([1, 4], [["expand", [3, 4]]])),
    (([1, 3], [["expand", [2, 3]]]), ([3, 1], [["expand", [3, 4]]])),
    (([1, 1], [["expand", [2, 3]]]), ([3, 4], [])),
    (([1, 1], []), ([1, 1], [])),
    (([1, 3], []), ([3, 1], [])),
    (([3, 1], []), ([1, 4], [])),
    (([20, 30], []), ([30, 20], [])),
    (([30, 20], [["permute", [1, 0]], ["flip", 1]]), ([20, 30], [["permute", [1, 0]]])),
    # No elements.
    (([0, 3], []), ([3, 4], [])),
    (([2, 3], []), ([3, 0], [])),
    (([2, 0], []), ([0, 4], [])),
    (([0, 3], []), ([3, 0], [])),
    (([0, 0], []), ([0, 0], [])),
    (([0, 2, 3], []), ([3, 4], [])),
    (([2, 3], []), ([0, 3, 4], [["flip", 1]])),
    (([2, 2, 0], []), ([2, 0, 3], [])),
    (([0, 0, 3], []), ([1, 3, 2], [])),
    # Batches.
    (([2, 2, 3], []), ([2, 3, 4], [])),
    (([2, 2, 3], []), ([3, 4], [])),
    (([2, 3], []), ([2, 3, 4], [])),
    (([2, 2, 3], []), ([3], [])),
    (([3], []), ([2, 3, 4], [])),
    (([3, 1, 2, 3], []), ([2, 3, 2], [["flip", 0]])),
    (([1, 2, 3], []), ([3, 3, 2], [])),
    (([2, 3, 2], [["permute", [0, 2, 1]]]), ([2, 4, 3], [["permute", [0, 2, 1]]])),
    (([3, 2, 2], [["permute", [2, 1, 0]]]), ([2, 3, 4], [["flip", 0], ["flip", 2]])),
    (([2, 3], [["unsqueeze", 0], ["expand", [3, 2, 3]]]), ([3, 3, 2], [])),
    (([4, 2, 3], [["slice", 0, 3, None, -2]]), ([2, 3, 8], [["slice", 2, 0, 8, 3]])),
    (([3, 2, 3], [["flip", 0], ["permute", [1, 0, 2]]]), ([3, 2], [["unsqueeze", 0]])),
    (([1, 2, 1, 2, 1, 1, 2, 3], []), ([2, 1, 1, 2, 1, 2, 3, 2], [["flip", 1]])),
    (([2, 1, 2, 1, 2, 1, 2, 2], [["permute", [6, 1, 4, 3, 2, 5, 0, 7]]]), ([2, 3], [])),
    (([3], []), ([1, 2, 1, 1, 2, 1, 3, 2], [["flip", 7]])),
]


def matmul(a, b):
    dtype = torch.promote_types(a.dtype, b.dtype)
    return torch.matmul(a.to(dtype), b.to(dtype))


def products():
    found = []
    for i, ((a, b), some) in enumerate(zip(PAIRS, rotate(len(PAIRS), NUMBERS, 2))):
        found += [case([operand(d, a[0], "real", a[1], f"a{i}"),
                        operand(d, b[0], "real", b[1], f"b{i}")]) for d in some]
    for kinds in (INTEGRAL, FLOATING):
        for d in kinds:
            for other in kinds:
                if d != other:
                    found.append(case([operand(d, [2, 3], label="a"),
                                       operand(other, [3, 2], label="b")]))
    for d in INTEGRAL:  # which wrap around
        found.append(case([operand(d, [2, 9], "extreme"), operand(d, [9, 2], "extreme")]))
        found.append(case([operand(d, [9], "extreme"), operand(d, [9], "special")]))
    # Infinities, NaN and, in halves, sums that no half has.
    for d in FLOATING:
        found.append(case([operand(d, [3, 4], "special"), operand(d, [4, 2], "ints")]))
    found.append(case([operand("float16", [1, 2], lambda rng, _: 300.0),
                       operand("float16", [2, 1], lambda rng, _: 300.0)]))
    return found


def errors():
    found = [case([operand("float32", a), operand("float32", b)], "ShapeError") for a, b in (
        ([3], [4]), ([2, 3], [2, 3]), ([2, 3], [4]), ([3], [2, 3]), ([2, 3], [3, 2, 3]),
        ([], [3]), ([3], []), ([], []), ([], [2, 3]), ([2, 3], []), ([2, 2, 3], [3, 3, 4]),
        ([2, 0], [3, 0]), ([0], [1]), ([3, 2, 2, 3], [2, 2, 3, 4]), ([2, 1], [3, 4]),
        ([1, 3], [1, 3]))]
    for d in DTYPES:
        if d not in FLOATING:
            found.append(case([operand(d, [2, 3]), operand("float32", [3, 2])], "DTypeError"))
            found.append(case([operand("float64", [2, 3]), operand(d, [3, 2])], "DTypeError"))
    return found + [case([operand("bool", [2, 3]), operand(d, [3, 2], label="b")], "DTypeError")
                    for d in ("bool", "int64")]


def main():
    write("matmul", products() + errors(), matmul, reference="float64", rtol=RTOL, atol=ATOL,
          tolerance=REASON, lacks={"0-d": "it has no axis to sum over, which is a ShapeError here"})


main()
