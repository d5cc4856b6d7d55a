"""Writes ones_like.json, zeros_like.json, full_like.json, and ../construct.json.

The functions of construct.json have no operands, only arguments; expected values by PyTorch in
float64 or int64, rounded to the dtype. Run: python make_construct.py
"""
import json
import pathlib

import numpy as np
import torch

from cases import *

LIKE = unary_operands()
write("zeros_like", plain_cases(LIKE), torch.zeros_like, rtol={}, atol={})
write("ones_like", plain_cases(LIKE), torch.ones_like, rtol={}, atol={})
write("full_like", plain_cases(LIKE, value=1), lambda x, value: torch.full_like(x, value), rtol={}, atol={})


def result(x, dtype):
    x = x.to(getattr(torch, dtype))
    return {"dtype": dtype, "shape": list(x.shape), "values": numbers(x)}


def entry(function, args, x, dtype, **more):
    return {"function": function, "args": args, "dtype": dtype, "out": result(x, dtype)} | more


def main():
    found = []
    whole = [(0, 5, 1), (0, 0, 1), (3, 10, 2), (3, 9, 2), (3, 10, 3), (10, 3, -2), (10, 4, -2), (5, 5, -1),
             (-3, 4, 7), (-3, 5, 7), (2**53 + 1, 2**53 + 6, 2), (-2**63, -2**63 + 3, 1),
             (2**63 - 4, 2**63 - 1, 1), (-2**63, 2**63 - 1, 2**62), (0, 120, 17)]
    for args in whole:
        # Python's integers have no limits.
        values = list(range(*args))
        small = all(0 <= v < 256 for v in values)
        dtypes = ["int64", "float64"] + (["uint8", "int32", "float16", "bfloat16", "float32"] if small else [])
        for dtype in dtypes:
            found.append(entry("arange", args, torch.tensor(values, dtype=torch.int64), dtype))
    floating = [(0.0, 1.0, 0.1), (0.0, 1.0, 0.25), (1.0, 0.0, -0.3), (0.5, 3.0, 1.0), (-1.5, 1.6, 0.5),
                (2.0, 2.0, 1.0), (0.0, 1e-3, 3e-4), (1e6, 1e6 + 1, 0.3), (0.0, 40.0, 0.9)]
    for args in floating:
        x = torch.arange(*args, dtype=torch.float64)
        for dtype in ["float64", "float32"] + (["float16", "bfloat16"] if abs(args[1]) < 100 else []):
            found.append(entry("arange", args, x, dtype))
    spaces = [(0, 1, 5), (0, 1, 0), (0, 1, 1), (-3, 7, 11), (5, -5, 4), (2, 2, 3), (0.1, 0.7, 7), (-1e3, 1e3, 6),
              (0, 10, 100), (1, 2, 2)]
    for args in spaces:
        for dtype in ["float64", "float32", "float16", "bfloat16"]:
            found.append(entry("linspace", args, torch.linspace(*args, dtype=torch.float64), dtype))
    for args in [(0, 10, 5), (0, 100, 7), (-5, 5, 4)]:
        x = torch.linspace(*args, dtype=torch.float64).trunc()
        for dtype in ["int32", "int64"] + (["uint8"] if args[0] >= 0 else []):
            found.append(entry("linspace", args, x, dtype))
    for args in [(0, 3, 4, 10), (-2, 2, 9, 10), (0, 10, 11, 2), (1, 0, 5, 3), (0, 1, 0, 10), (0, 1, 1, 10), (-1, 1, 7, 2.5),
                 (2, 2, 3, 10), (0, 0.5, 6, 7), (0, 4, 3, 0.5)]:
        x = torch.tensor(np.logspace(args[0], args[1], args[2], base=args[3]))
        for dtype in ["float64", "float32", "float16", "bfloat16"]:
            found.append(entry("logspace", args, x, dtype))
    for args in [(0, 0), (1, 1), (3, 3), (2, 5), (5, 2), (0, 4), (4, 0)]:
        for dtype in DTYPES:
            found.append(entry("eye", args, torch.eye(*args), dtype))
    for shape in [(), (0,), (3,), (2, 0, 3), (1, 2, 1, 2, 1, 2, 1, 2)]:
        for dtype in DTYPES:
            for value in [0, 1, 3] + ([2**53 + 1] if dtype == "int64" else []):
                x = torch.full(shape, value, dtype=getattr(torch, dtype))
                found.append(entry("full", list(shape) + [value], x, dtype))
    text = "[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in found) + "\n]\n"
    (pathlib.Path(__file__).parent.parent / "construct.json").write_text(text)
    print({f: sum(c["function"] == f for c in found) for f in {c["function"] for c in found}})


main()
