"""Writes one table for each function that chooses elements: index.json, gather.json, ...

Run: python make_indexing.py
"""
import itertools
import random

import numpy as np
import torch

from cases import DTYPES, Operand, Throws, axis_cases, axis_errors, case, operand, unary_operands, write

INDEX_DTYPES = ("int64", "int32")
NO_AXES = {"0-d": "it has no axis, which is an error in tests/tensor/indexing_test.cc"}


def positions(rng, shape, size, dtype=None, views=()):
    """An index operand with positions of an axis of `size`, negative ones too."""
    count = int(np.prod(shape))
    return Operand(dtype or rng.choice(INDEX_DTYPES), shape,
                   [rng.randint(-size, size - 1) for _ in range(count)], views)


def mask(rng, shape):
    return Operand("bool", shape, [rng.randrange(2) for _ in range(int(np.prod(shape)))])


def wrapped(index, size):
    index = index.long()
    return torch.where(index < 0, index + size, index)


# ---- x.index({...}) ------------------------------------------------------------------------------

def items_for(rng, shape, operands):
    """A list of items for x of `shape`; index tensors and masks are appended to operands."""
    items, axis = [], 0
    common = [[2], [2, 1], [1, 3], [], [0], [3, 1, 2]][rng.randrange(6)]
    while axis < len(shape):
        kind = rng.choice(["int", "slice", "slice", "none", "tensor", "tensor", "mask", "dots",
                           "end"])
        size = shape[axis]
        if kind == "int" and size:
            items.append(rng.randint(-size, size - 1))
            axis += 1
        elif kind == "slice":
            bound = lambda: rng.choice([None, rng.randint(-size - 1, size + 1)])
            items.append({"slice": [bound(), bound(), rng.choice([1, 1, 2, -1, -2])]})
            axis += 1
        elif kind == "none" and len(shape) + items.count("none") < 8:
            items.append("none")
        elif kind == "tensor" and (size or 0 in common):
            own = [n if rng.random() < 0.8 else 1 for n in common[rng.randint(0, len(common)):]]
            operands.append(positions(rng, own, max(size, 1)))
            items.append({"tensor": len(operands) - 1})
            axis += 1
        elif kind == "mask":
            rank = rng.randint(1, min(2, len(shape) - axis))
            operands.append(mask(rng, shape[axis:axis + rank]))
            items.append({"tensor": len(operands) - 1})
            axis += rank
        elif kind == "dots" and "dots" not in items:
            items.append("dots")
            axis = rng.randint(axis, len(shape))
            if axis == len(shape):
                break
            # What is left is spoken of axis by axis.
            for n in shape[axis:]:
                items.append({"slice": [None, None, -1]} if rng.random() < 0.5 or not n else -1)
            break
        elif kind == "end":
            break
    return items


def chosen(numbers, items, tensors):
    """Positions that the items choose: numbers, slices and None first, then tensors."""
    plain, advanced = [], []
    for item in items:
        if item == "none":
            plain.append(None)
            advanced.append(slice(None))
        elif item == "dots":
            plain.append(Ellipsis)
            advanced.append(Ellipsis)
        elif isinstance(item, int):
            plain.append(item)
        elif "slice" in item:
            plain.append(slice(*item["slice"]))
            advanced.append(slice(None))
        else:
            index = tensors[item["tensor"]].numpy()
            plain += [slice(None)] * (index.ndim if index.dtype == bool else 1)
            advanced.append(index)
    return numbers[tuple(plain)][tuple(advanced)]


def all_positions(x):
    return np.arange(x.numel()).reshape(x.shape)


def index(x, *tensors, items):
    try:
        found = chosen(all_positions(x), items, (None,) + tensors)
    except IndexError as error:
        raise Throws("IndexError" if "out of bounds" in str(error) else "ShapeError")
    return x.flatten()[torch.from_numpy(np.array(found))]


def index_cases():
    rng = random.Random("index")
    found = []
    for x, _ in itertools.product(unary_operands("real", special=False), range(2)):
        operands = list(x)
        items = items_for(rng, list(x[0].shape), operands)
        found.append(case(operands, items=items))
    unique = {str([[o.form() for o in c["in"]], c["args"]]): c for c in found}
    x = operand("float32", [3, 4])
    errors = [case(x, "IndexError", items=items) for items in
              ([3], [0, -5], [0, 0, 0], ["dots", "dots"], [{"slice": [None, None, 1]}] * 3)]
    errors.append(case([x, operand("float32", [2])], "DTypeError", items=[{"tensor": 1}]))
    errors.append(case([x, operand("uint8", [2])], "DTypeError", items=[{"tensor": 1}]))
    errors.append(case([x, mask(rng, [4])], "ShapeError", items=[{"tensor": 1}]))
    errors.append(case([x, Operand("int64", [2], [0, 3])], "IndexError", items=[{"tensor": 1}]))
    errors.append(case([x, positions(rng, [2], 3), positions(rng, [3], 3)], "ShapeError",
                       items=[{"tensor": 1}, {"tensor": 2}]))
    errors.append(case([x, operand("float32", [3, 4])], "ConfigError",
                       items=[{"slice": [None, None, 0]}]))
    return list(unique.values()) + errors


def index_put(x, value, *tensors, items, accumulate):
    try:
        found = chosen(all_positions(x), items, (None, None) + tensors)
    except IndexError:
        raise Throws("ShapeError")
    y = x.clone()
    flat = y.view(-1)
    values = value.to(x.dtype).expand(found.shape).flatten()
    for position, v in zip(found.flatten().tolist(), values):
        flat[position] = flat[position] + v if accumulate else v
    return y


def index_put_cases():
    rng = random.Random("index_put")
    found = []
    for i, (x, _) in enumerate(itertools.product(unary_operands("ints", special=False), range(2))):
        if 0 in [s for n, s in zip(x[0].shape, x[0].index.strides) if n > 1]:
            continue
        operands = [x[0], None]
        items = items_for(rng, list(x[0].shape), operands)
        try:
            shape = list(chosen(np.arange(int(np.prod(x[0].shape))).reshape(x[0].shape), items,
                                [o and o.tensor() for o in operands]).shape)
        except IndexError:
            continue
        for axis in range(len(shape)):
            if rng.random() < 0.2:
                shape[axis] = 1
        if rng.random() < 0.2:
            shape = shape[1:]
        operands[1] = operand(x[0].dtype, shape, "ints", (), f"value {i}")
        found.append(case(operands, items=items, accumulate=i % 2 == 1 and x[0].dtype != "bool"))
    x, v = operand("float32", [3, 4]), operand("float32", [])
    errors = [case([x, v], "IndexError", items=[3], accumulate=False),
              case([x, operand("float32", [3])], "ShapeError", items=[0], accumulate=False),
              case([operand("uint8", [3]), Operand("int32", [], [300])], "DTypeError", items=[0],
                   accumulate=False),
              case([operand("float32", [3, 1], "real", [["expand", [3, 4]]]), v], "ShapeError",
                   items=["dots"], accumulate=False)]
    unique = {str([[o.form() for o in c["in"]], c["args"]]): c for c in found}
    return list(unique.values()) + errors


# ---- One axis ------------------------------------------------------------------------------------

def one_axis_cases(with_source=False, **args):
    rng = random.Random("one axis")
    found = []
    for i, (x,) in enumerate(unary_operands("ints", special=False)):
        rank = x.rank
        if not rank:
            continue
        axis = i % (2 * rank) - rank
        size = x.shape[axis]
        shape = [rng.randint(0, 5)] if size else [0]
        views = [["flip", 0]] if i % 3 == 0 else []
        operands = [x, positions(rng, shape, max(size, 1), views=views)]
        if with_source:
            like = list(x.shape)
            like[axis] = shape[0]
            operands.append(operand(x.dtype, like, "ints", (), f"source {i}"))
        found.append(case(operands, axis=axis, **args))
    unique = {str([[o.form() for o in c["in"]], c["args"]]): c for c in found}
    return list(unique.values())


def index_select(x, i, axis):
    return torch.index_select(x, axis, wrapped(i, x.shape[axis]))


def index_add(x, i, source, axis, alpha):
    y = x.clone()
    for k, position in enumerate(wrapped(i, x.shape[axis]).tolist()):
        y.select(axis, position).add_((source.select(axis, k) * alpha).to(x.dtype))
    return y


def index_fill(x, i, axis, value):
    return torch.index_fill(x, axis, wrapped(i, x.shape[axis]), value)


# ---- An index of the rank of x -------------------------------------------------------------------

def gather_cases(source=False):
    rng = random.Random("gather")
    found = []
    for i, (x,) in enumerate(unary_operands("ints", special=False)):
        rank = x.rank
        axis = (i % (2 * rank) - rank) if rank else i % 2 - 1
        shape = [rng.randint(min(n, 1), n) for n in x.shape]
        if rank:
            shape[axis] = rng.randint(0, 4) if x.shape[axis] else 0
        size = x.shape[axis] if rank else 1
        flipped = [["flip", rank - 1]] if rank and i % 3 == 0 else []
        operands = [x, positions(rng, shape, max(size, 1), views=flipped)]
        if source:
            larger = [n + rng.randint(0, 1) for n in shape]
            operands.append(operand(x.dtype, larger if i % 4 or not rank else [], "ints", flipped if
                                    i % 4 else (), f"source {i}"))
        found.append(case(operands, axis=axis))
    x = operand("float32", [2, 3])
    more = [operand("float32", [2, 3])] if source else []
    errors = [case([x, positions(rng, [2, 3], 2)] + more, "IndexError", axis=2),
              case([x, Operand("int64", [1, 2], [0, 3])] + more, "IndexError", axis=1),
              case([x, positions(rng, [2], 2)] + more, "ShapeError", axis=0),
              case([x, positions(rng, [1, 4], 2)] + more, "ShapeError", axis=0),
              case([x, operand("float32", [1, 1])] + more, "DTypeError", axis=0)]
    unique = {str([[o.form() for o in c["in"]], c["args"]]): c for c in found}
    return list(unique.values()) + errors


def size_of(x, axis):
    return x.shape[axis] if x.dim() else 1


def gather(x, i, axis):
    return torch.gather(x, axis, wrapped(i, size_of(x, axis)))


def scatter(adds):
    def function(x, i, source, axis):
        if x.dim() == 0:
            y = x.reshape(1).clone()
            for v in source.reshape(-1)[:i.numel()]:
                y[0] = y[0] + v if adds else v
            return y.reshape(())
        y, i = x.clone(), wrapped(i, x.shape[axis])
        if source.dim() == 0:
            source = source.expand(i.shape)
        for at in itertools.product(*[range(n) for n in i.shape]):
            to = list(at)
            to[axis] = int(i[at])
            to = tuple(to)
            y[to] = y[to] + source[at] if adds else source[at]
        return y
    return function


def take_along_cases():
    rng = random.Random("take along")
    found = []
    for i, (x,) in enumerate(unary_operands("real", special=False)):
        if not x.rank:
            continue
        axis = i % (2 * x.rank) - x.rank
        shape = [n if rng.random() < 0.6 else 1 for n in x.shape]
        shape[axis] = rng.randint(0, 4) if x.shape[axis] else 0
        found.append(case([x, positions(rng, shape, max(x.shape[axis], 1))], axis=axis))
    unique = {str([[o.form() for o in c["in"]], c["args"]]): c for c in found}
    return list(unique.values())


def take_along_axis(x, i, axis):
    return torch.take_along_dim(x, wrapped(i, x.shape[axis]), axis)


def take_cases():
    rng = random.Random("take")
    found = []
    for i, (x,) in enumerate(unary_operands("real", special=False)):
        count = int(np.prod(x.shape))
        shape = [[3], [2, 2], [], [0, 2], [1, 2, 1, 2, 1, 2, 1, 1]][i % 5] if count else [0]
        found.append(case([x, positions(rng, shape, max(count, 1))]))
    unique = {str([o.form() for o in c["in"]]): c for c in found}
    return list(unique.values())


def masked_cases():
    rng = random.Random("masked")
    found = []
    for i, (x,) in enumerate(unary_operands("real", special=False)):
        shape = [n if rng.random() < 0.8 else 1 for n in x.shape]
        found.append(case([x, mask(rng, shape[rng.randint(0, 1):])]))
    unique = {str([o.form() for o in c["in"]]): c for c in found}
    return list(unique.values()) + [
        case([operand("float32", [2]), mask(rng, [3])], "ShapeError"),
        case([operand("float32", [2]), operand("uint8", [2])], "DTypeError")]


write("index", index_cases(), index, rtol={}, atol={})
write("index_put", index_put_cases(), index_put,
      lacks={"broadcast": "an expanded tensor cannot be written, which is one of the errors"})
write("index_select", one_axis_cases() + [
    case([operand("float32", [2, 3]), Operand("int64", [1], [0])], "IndexError", axis=2)],
      index_select, rtol={}, atol={}, lacks=NO_AXES)
write("index_add", one_axis_cases(True, alpha=1) + [
    case([operand("float64", [3, 2]), Operand("int64", [2], [1, 1]), operand("float64", [2, 2])],
         axis=0, alpha=0.5)], index_add, lacks=NO_AXES)
write("index_fill", one_axis_cases(value=1), index_fill, rtol={}, atol={}, lacks=NO_AXES)
write("gather", gather_cases(), gather, rtol={}, atol={})
write("scatter", gather_cases(True), scatter(False), rtol={}, atol={})
write("scatter_add", gather_cases(True), scatter(True))
write("take_along_axis", take_along_cases(), take_along_axis, rtol={}, atol={}, lacks=NO_AXES)
write("take", take_cases(), lambda x, i: x.flatten()[wrapped(i, x.numel())],
      rtol={}, atol={})
write("masked_select", masked_cases(), torch.masked_select, rtol={}, atol={}, broadcasting=True)
write("nonzero", [case(x) for x in unary_operands("unit")], torch.nonzero, rtol={}, atol={})
