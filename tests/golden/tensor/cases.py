"""Tables of cases for functions of tensors: operands, arguments, and what PyTorch or NumPy says.

A script make_FAMILY.py beside this file writes one JSON per function, one case per line:

    from cases import *
    write("cumsum", axis_cases(unary_operands("real")) + axis_errors("axis"),
          lambda x, axis: torch.cumsum(x, axis), reference="float64")

An operand is a small base array and a chain of views (flip, slice, permute, expand, select,
reshape, unsqueeze), so that it may have gaps, negative strides, strides of 0 and no axes at all.
`write` raises when a table has less than 40 cases or misses a category that the function's script
does not excuse by a reason. Values depend on nothing but kind, dtype and layout: a second run gives
the same bytes. tests/support/cases.h runs the tables.
"""
import json
import math
import pathlib
import random
import sys
import zlib

import numpy as np
import torch

DTYPES = ("bool", "uint8", "int32", "int64", "float16", "bfloat16", "float32", "float64")
INTEGRAL = DTYPES[1:4]
FLOATING = DTYPES[4:]
CATEGORIES = DTYPES + ("broadcast", "non-contiguous", "negative stride", "0-d", "size-0",
                       "size-0 on several axes", "size-1", "rank-8")
MINIMUM = 40

# What is granted when a script says nothing: the reference and Gradus round differently once or
# twice. One unit in the last place is 2^-10, 2^-7, 2^-23 and 2^-52 of the number.
RTOL = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-21, "float64": 2**-50}
RTOL_REASON = "one unit in the last place of a half, four of float32 and float64"


class Throws(Exception):
    """Raised by a reference: Gradus must throw the error of this name ("ShapeError", ...)."""


# ---- Operands ------------------------------------------------------------------------------------

class Operand:
    """`values` in `shape`, rounded to `dtype`, seen through `views`."""

    def __init__(self, dtype, shape, values, views=()):
        self.dtype = dtype
        self.base = torch.tensor(list(values), dtype=getattr(torch, dtype)).reshape(list(shape))
        self.views = []
        # Positions instead of values: NumPy has negative strides but no bfloat16.
        self.index = np.arange(self.base.numel()).reshape(list(shape))
        for view in views:
            self.index, stored = take_view(self.index, list(view))
            self.views.append(stored)

    @property
    def shape(self):
        return self.index.shape

    @property
    def rank(self):
        return self.index.ndim

    def tensor(self):
        """The elements as a contiguous tensor of PyTorch."""
        return self.base.flatten()[torch.from_numpy(self.index.copy())]

    def form(self):
        base = {"shape": list(self.base.shape), "values": numbers(self.base)}
        form = {"dtype": self.dtype, "base": base}
        return form | {"views": self.views} if self.views else form


def take_view(x, view):
    """A view of x, and its stored form, in which a slice has the numbers of slice.indices()."""
    kind, rest = view[0], view[1:]
    if kind == "flip":
        return np.flip(x, rest[0]), view
    if kind == "slice":
        axis, start, stop, step = rest
        positions = list(slice(start, stop, step).indices(x.shape[axis]))
        index = [slice(None)] * x.ndim
        index[axis] = slice(start, stop, step)
        return x[tuple(index)], ["slice", axis] + positions
    if kind == "permute":
        return x.transpose(rest[0]), view
    if kind == "expand":
        return np.broadcast_to(x, rest[0]), view
    if kind == "select":
        return x[(slice(None),) * (rest[0] % x.ndim) + (rest[1], Ellipsis)], view
    if kind == "unsqueeze":
        return np.expand_dims(x, rest[0]), view
    if kind == "reshape":
        if not x.flags.c_contiguous:
            raise ValueError("reshape in a chain of views takes contiguous elements only")
        return x.reshape(rest[0]), view
    raise ValueError(f"unknown view {view}")


def numbers(tensor):
    """Values in row-major order that JSON gives back exactly."""
    def plain(v):
        if isinstance(v, (bool, int)):
            return int(v)
        if not math.isfinite(v):
            return str(v)
        whole = v.is_integer() and abs(v) < 1e15 and not (v == 0 and math.copysign(1, v) < 0)
        return int(v) if whole else v
    flat = tensor.detach().flatten()
    return [plain(v) for v in (flat.double() if flat.is_floating_point() else flat).tolist()]


# ---- Values --------------------------------------------------------------------------------------

LIMITS = {"uint8": (0, 255), "int32": (-2**31, 2**31 - 1), "int64": (-2**63, 2**63 - 1)}
RANGES = {"real": (-3, 3), "positive": (0.1, 4), "unit": (0, 1), "unit_signed": (-1, 1),
          "ints": (-7, 7), "small": (-0.5, 0.5)}
SPECIAL = {
    "floating": [math.nan, math.inf, -0.0, 1.5, -math.inf, 0.0, -2.25, math.nan, 1.5, -0.0, 3.0,
                 -math.inf],
    "uint8": [255, 0, 200, 1, 128, 127, 255, 3, 56, 2, 0, 100],
    "int32": [2**24 + 1, 0, -1, 7, -2**24 - 1, 1, 2**24 + 1, -3, 100, 2**20, -2, 0],
    "int64": [2**53 + 1, 0, -1, 7, -2**53 - 1, 1, 2**53 + 1, -3, 100, 2**40, -2, 0],
    "bool": [1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 1],
}


def draw(kind, count, dtype, label=""):
    """`count` numbers of a kind for a dtype; about one in four is a tie with an earlier one.

    kind: "real" (negative too), "positive", "unit" [0, 1], "unit_signed" [-1, 1], "small"
    [-0.5, 0.5], "ints" -7..7, "special" (NaN, infinities, both zeros; integers beyond 2^53),
    "extreme" (ends of the integers, largest floats), or a function (rng, dtype) -> number.
    Integers of the kind "real" are -7..7, "positive" 1..7, "unit" 0 and 1; uint8 has no negative.
    """
    rng = random.Random(zlib.crc32(f"{kind if isinstance(kind, str) else ''} {dtype} {label}"
                                   .encode()))
    if kind == "special":
        pattern = SPECIAL["floating" if dtype in FLOATING else dtype]
        return [pattern[i % len(pattern)] for i in range(count)]
    drawn = []
    for _ in range(count):
        drawn.append(rng.choice(drawn) if drawn and rng.random() < 0.25 else one(kind, dtype, rng))
    return drawn


def one(kind, dtype, rng):
    if callable(kind):
        return kind(rng, dtype)
    if dtype == "bool":
        return rng.randrange(2)
    if kind == "extreme":
        if dtype in LIMITS:
            low, high = LIMITS[dtype]
            return rng.choice([low, low + 1, high, high - 1, 0])
        largest = torch.finfo(getattr(torch, dtype)).max
        return rng.choice([largest, -largest, torch.finfo(getattr(torch, dtype)).tiny, 1.0])
    low, high = RANGES[kind]
    if dtype in FLOATING:
        # Two digits make ties of another kind: numbers that differ only in a larger dtype.
        return float(rng.randint(low, high)) if kind == "ints" else round(rng.uniform(low, high), 2)
    if kind in ("real", "ints"):
        return rng.randint(0 if dtype == "uint8" else -7, 7)
    return rng.randint(1, 7) if kind == "positive" else rng.randint(0 if dtype == "uint8" else
                                                                    math.ceil(low), math.floor(high))


def operand(dtype, shape, kind="real", views=(), label=""):
    """An operand with drawn values."""
    count = math.prod(shape)
    return Operand(dtype, shape, draw(kind, count, dtype, f"{list(shape)} {list(views)} {label}"),
                   views)


# ---- Lists of operands ---------------------------------------------------------------------------

# Shape of the base and the views of it.
LAYOUTS = [
    ([2, 3], []),
    ([3, 2], [["permute", [1, 0]]]),
    ([2, 3], [["flip", 1]]),
    ([2, 6], [["slice", 1, 0, 6, 2]]),
    ([5], [["slice", 0, None, None, -2]]),
    ([2, 3, 2], [["flip", 0], ["permute", [2, 0, 1]], ["flip", 2]]),
    ([3, 1], [["expand", [3, 4]]]),
    ([4, 3], [["slice", 0, 1, 3, 1]]),
    ([], []),
    ([3], [["select", 0, 1]]),
    ([0], []),
    ([2, 0, 3], []),
    ([0, 3, 0], []),
    ([1], []),
    ([3, 1, 2], [["flip", 0]]),
    ([1, 2, 1, 2, 1, 2, 1, 2], []),
    ([2, 1, 2, 1, 2, 1, 2, 1], [["permute", [6, 1, 4, 3, 2, 5, 0, 7]], ["flip", 0]]),
    ([37], []),
    ([2, 40], [["slice", 1, 1, 40, 2], ["flip", 1]]),
]

_EXPANDED_8 = [["unsqueeze", 0], ["expand", [3, 1, 2, 1, 2, 1, 1, 1]]]
PAIRS = [
    (([2, 3], []), ([2, 3], [])),
    (([3, 2], [["permute", [1, 0]]]), ([2, 3], [["flip", 1]])),
    (([2, 6], [["slice", 1, 5, None, -2]]), ([3], [])),
    (([2, 1, 3], []), ([4, 1], [])),
    (([], []), ([2, 3], [["flip", 0]])),
    (([3, 2], [["permute", [1, 0]]]), ([], [])),
    (([], []), ([3], [["select", 0, 2]])),
    (([0, 3], []), ([1, 3], [])),
    (([1], []), ([0], [])),
    (([0, 1, 0], []), ([0, 2, 1], [])),
    (([1, 1], []), ([1], [])),
    (([3, 1], [["expand", [3, 4]]]), ([3, 8], [["slice", 1, 7, None, -2]])),
    (([1, 2, 1, 2, 1, 1, 1, 2], []), ([2, 1, 2, 1, 1, 2, 1, 1], [["flip", 2]])),
    (([1, 2, 1, 2, 1, 1, 1], _EXPANDED_8), ([2, 1, 2], [["permute", [2, 1, 0]]])),
    (([37], []), ([37], [["flip", 0]])),
    (([2, 37], []), ([2, 1], [])),
    (([40, 2], [["permute", [1, 0]]]), ([40], [])),
]


def rotate(count, dtypes, each):
    """For each of `count` layouts: the main dtype and the next `each` of the others in turn."""
    main = "float32" if "float32" in dtypes else dtypes[0]
    others = [d for d in dtypes if d != main]
    each = min(each, len(others))
    return [[main] + [others[(i * each + j) % len(others)] for j in range(each)]
            for i in range(count)]


def special_dtypes(special, dtypes):
    return dtypes if special is True else special or ()


def unary_operands(kind="real", dtypes=DTYPES, special=True, each=3):
    """About 80 operands, [x] each: every layout in several dtypes, every dtype in several layouts;
    with `special` (or in the dtypes that it lists) also NaN, infinities and large integers."""
    found = []
    for (shape, views), some in zip(LAYOUTS, rotate(len(LAYOUTS), dtypes, each)):
        found += [[operand(d, shape, kind, views)] for d in some]
    for i, d in enumerate(special_dtypes(special, dtypes)):
        found.append([operand(d, [3, 4], "special", [["flip", i % 2]])])
    return found


def binary_operands(kind="real", dtypes=DTYPES, special=True, mixed=True, each=2, kind_b=None):
    """About 80 pairs, [a, b] each: every pair of layouts in several dtypes; with `mixed` also
    each two dtypes with each other, in one order."""
    kind_b = kind_b or kind
    found = []
    for (a, b), some in zip(PAIRS, rotate(len(PAIRS), dtypes, each)):
        found += [[operand(d, a[0], kind, a[1], "a"), operand(d, b[0], kind_b, b[1], "b")]
                  for d in some]
    if mixed:
        for i, d in enumerate(dtypes):
            for j in range(i):
                left, right = (d, dtypes[j]) if (i + j) % 2 else (dtypes[j], d)
                found.append([operand(left, [3], kind, (), "a"),
                              operand(right, [2, 1], kind_b, (), "b")])
    for d in special_dtypes(special, dtypes):
        found.append([operand(d, [12, 1], "special", [["slice", 0, 0, 7, 1]]),
                      operand(d, [12], "special", [["slice", 0, 6, None, -1]])])
    return found


# ---- Cases ---------------------------------------------------------------------------------------

def case(operands, error=None, **args):
    """One call. error: the type that must be thrown, else the reference gives the result."""
    return {"in": operands if isinstance(operands, list) else [operands], "args": args,
            "error": error}


def plain_cases(lists, **args):
    return [case(operands, **args) for operands in lists]


def axes_cases(lists, keepdim=True):
    """Each operand over some axes (argument "axes", [] means all), float32 over several choices;
    with and without keepdim by turns."""
    found = []
    for i, operands in enumerate(lists):
        rank = operands[0].rank
        choices = [[]] + [[a] for a in range(-min(rank, 3), min(rank, 3))]
        if rank >= 2:
            choices += [[0, -1], [rank - 1, 0], list(range(rank))]
        if rank >= 3:
            choices += [[1, -1], [0, 1]]
        for j in range(2 if operands[0].dtype == "float32" else 1):
            chosen = choices[(5 * i + 3 * j) % len(choices)]
            if j and chosen == choices[5 * i % len(choices)]:
                continue
            flag = {"keepdim": (i + j) % 2 == 1} if keepdim else {}
            found.append(case(operands, axes=chosen, **flag))
    return found


def axis_cases(lists, name="axis", scalars="IndexError", **args):
    """Each operand along one of its axes, from either end. scalars: the error of a 0-d operand
    with axis 0, or None where it is taken as one of a single element, as in PyTorch."""
    found = []
    for i, operands in enumerate(lists):
        rank = operands[0].rank
        if rank == 0:
            found.append(case(operands, scalars, **{name: 0 if i % 2 else -1}, **args))
        else:
            found.append(case(operands, **{name: i % (2 * rank) - rank}, **args))
    return found


def axes_errors(**args):
    """Axes outside the shape, and named twice."""
    x = operand("float32", [2, 3])
    return ([case(x, "IndexError", axes=axes, **args) for axes in ([2], [-3], [0, 5])] +
            [case(x, "ConfigError", axes=axes, **args) for axes in ([1, 1], [0, -2])])


def axis_errors(name="axis", **args):
    x = operand("float32", [2, 3])
    return [case(x, "IndexError", **{name: axis}, **args) for axis in (2, -3, 2**40)]


# ---- Writing -------------------------------------------------------------------------------------

def categories(operands, throws, broadcasting):
    """What a case shows. A case that throws shows dtypes and empty shapes only."""
    found = {o.dtype for o in operands}
    for o in operands:
        empty = o.shape.count(0)
        if empty:
            found.add("size-0" if empty == 1 else "size-0 on several axes")
        if throws:
            continue
        found |= {"0-d"} if o.rank == 0 else set()
        found |= {"rank-8"} if o.rank == 8 else set()
        found |= {"size-1"} if 1 in o.shape else set()
        if empty:
            continue
        strides = [(n, s // o.index.itemsize) for n, s in zip(o.shape, o.index.strides) if n > 1]
        row_major, expected = 1, []
        for n, _ in reversed(strides):
            expected.insert(0, row_major)
            row_major *= n
        steps = [s for _, s in strides]
        if any(s == 0 for s in steps):
            found.add("broadcast")
        if any(s < 0 for s in steps):
            found.add("negative stride")
        elif steps != expected:
            found.add("non-contiguous")
    if broadcasting and not throws and len({o.shape for o in operands}) > 1:
        found.add("broadcast")
    return found


def listed(result):
    return list(result) if isinstance(result, (tuple, list)) else [result]


def results(function, tensors, args, reference):
    """Tensors of the reference, or the name of an error."""
    try:
        if reference == "own":
            return listed(function(*tensors, **args))
        wide = listed(function(*[t.double() if t.is_floating_point() else t for t in tensors],
                               **args))
        try:
            dtypes = [y.dtype for y in listed(function(*tensors, **args))]
        except (RuntimeError, NotImplementedError):  # has no such code for halves
            kinds = [t.dtype for t in tensors if t.is_floating_point()]
            common = kinds[0]
            for d in kinds[1:]:
                common = torch.promote_types(common, d)
            dtypes = [common if y.is_floating_point() else y.dtype for y in wide]
        return [y.to(d) if y.is_floating_point() else y for y, d in zip(wide, dtypes)]
    except Throws as error:
        return str(error)


def write(name, cases, function, *, reference="own", rtol=None, atol=None, tolerance=None,
          lacks=None, broadcasting=False, zero_signs=False):
    """Writes NAME.json.

    function: tensors of PyTorch (contiguous) and the arguments of the case -> tensor(s); may raise
        Throws("ShapeError").
    reference: "own": in the dtype of the operands; "float64": floating operands are made float64
        and the results rounded to the dtype that PyTorch gives.
    rtol, atol: per dtype ({} means exact), with the reason in `tolerance`; else RTOL.
    lacks: category -> reason why no case shows it.
    broadcasting: the operands are broadcast with each other; different shapes then count as such.
    zero_signs: 0 and -0 differ.
    """
    if rtol is None and atol is None:
        rtol, tolerance = RTOL, tolerance or RTOL_REASON
    rtol, atol = RTOL if rtol is None else rtol, atol or {}
    if (rtol or atol) and not tolerance:
        raise ValueError(f"{name}: a tolerance needs a reason")
    lines, covers = [], dict.fromkeys(CATEGORIES, 0)
    for c in cases:
        form = {"in": [o.form() for o in c["in"]]}
        if c["args"]:
            form["args"] = c["args"]
        given = c["error"] or results(function, [o.tensor() for o in c["in"]], c["args"], reference)
        if isinstance(given, str):
            form["error"] = given
        else:
            form["out"] = [{"dtype": str(y.dtype).removeprefix("torch."), "shape": list(y.shape),
                            "values": numbers(y)} for y in given]
        for category in categories(c["in"], isinstance(given, str), broadcasting):
            covers[category] += 1
        lines.append(json.dumps(form, separators=(",", ":"), allow_nan=False))
    lacks = lacks or {}
    problems = [f"no case shows '{k}'" for k in CATEGORIES if not covers[k] and k not in lacks]
    problems += [f"'{k}' is excused and shown" for k in lacks if covers.get(k, 1)]
    problems += [f"'{k}' is excused without a reason" for k in lacks if not lacks[k]]
    problems += [f"only {len(lines)} cases"] if len(lines) < MINIMUM else []
    problems += [f"twice: {line}" for line in sorted({l for l in lines if lines.count(l) > 1})]
    if problems:
        raise ValueError(f"{name}: " + "; ".join(problems))
    head = {"function": name, "script": pathlib.Path(sys.argv[0]).name, "reference": reference,
            "rtol": rtol, "atol": atol, "tolerance": tolerance or "exact",
            "zero_signs": zero_signs, "broadcasting": broadcasting,
            "covers": {k: v for k, v in covers.items() if v}, "lacks": lacks}
    text = json.dumps(head)[:-1] + ', "cases": [\n' + ",\n".join(lines) + "\n]}\n"
    (pathlib.Path(__file__).parent / f"{name}.json").write_text(text)
    print(f"{name}: {len(lines)} cases, {len(text) // 1024} KiB")
