"""Writes batch_norm.json: y, mean and variance of each channel, in float64 from the numbers given.

Run: python make_batch_norm.py
"""
import torch

from cases import DTYPES, FLOATING, Throws, case, operand, write

# In float64 the difference from the mean has cancelled, in the others there is one rounding.
RTOL = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-23, "float64": 2**-46}
ATOL = {"float16": 2**-24, "bfloat16": 2**-24, "float32": 2**-46, "float64": 2**-47}
REASON = "one rounding of a result in float64, whose difference from the mean cancels"

# Shape of the base and the views of it; channels of few and of many elements.
LAYOUTS = [
    ([4, 3], []),
    ([3, 4], [["permute", [1, 0]]]),
    ([2, 3, 4], [["flip", 2]]),
    ([2, 3, 18], [["slice", 2, 17, None, -2]]),
    ([2, 1, 3, 5], []),
    ([3, 5, 2, 2], [["permute", [2, 0, 3, 1]]]),
    ([2, 1, 4], [["expand", [2, 3, 4]]]),
    ([1, 1, 37], []),
    ([1, 1], []),
    ([3, 1, 2, 1, 2, 1, 1, 2], [["flip", 0]]),
    ([0, 2, 3], []),
    ([2, 0, 3], []),
    ([2, 2, 0], []),
    ([0, 2, 0], []),
    ([20, 2], []),
]


def batch_norm(x, *more, eps=1e-5):
    if x.dim() < 2:
        raise Throws("ShapeError")
    z = x.double().transpose(0, 1).flatten(1)
    mean = z.sum(1) / z.shape[1]
    var = ((z - mean[:, None]) ** 2).sum(1) / z.shape[1]
    along = [1, -1] + [1] * (x.dim() - 2)
    y = (x.double() - mean.reshape(along)) / torch.sqrt(var + eps).reshape(along)
    for i, operand in enumerate(more):
        if list(operand.shape) != [x.shape[1]]:
            raise Throws("ShapeError")
        operand = operand.double().reshape(along)
        y = y + operand if i else y * operand
    return y.to(x.dtype), mean, var


def size_of(shape, views):
    for view in views:
        if view[0] == "permute":
            shape = [shape[a] for a in view[1]]
        if view[0] == "expand":
            shape = view[1]
    return shape[1]


found = []
for i, (shape, views) in enumerate(LAYOUTS):
    for j in range(2):
        d = FLOATING[(2 * i + j) % len(FLOATING)]
        x = operand(d, shape, "real", views)
        found.append(case([x]))
        channels = [size_of(shape, views)]
        more = [operand(d, channels, "real", (), name) for name in ("weight", "bias")]
        found.append(case([x] + more[:1 + (i + j) % 2], eps=0.25))
found += [case([operand(d, [3, 4], "special", [["flip", 0]])]) for d in FLOATING]
found += [case([operand(d, [2, 3])], "DTypeError") for d in DTYPES[:4]]
found += [case([operand("float32", shape)], "ShapeError") for shape in ([], [4])]
x = operand("float32", [4, 3])
found += [case([x, operand("float32", s)], "ShapeError") for s in ([2], [1], [1, 3])]
found += [case([x, operand("float64", [3])], "DTypeError")]
write("batch_norm", found, batch_norm, rtol=RTOL, atol=ATOL, tolerance=REASON,
      lacks={"0-d": "a batch has at least two axes"})
