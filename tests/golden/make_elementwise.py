"""Writes elementwise.json: values of the element-wise rules by PyTorch in float64.

Run: python make_elementwise.py > elementwise.json
"""
import json
import math
import sys

import torch

from references import function, rules

INF, NAN = math.inf, math.nan
XS = [-INF, -750.0, -30.0, -2.5, -1.0, -0.3, -1e-9, -0.0, 0.0, 1e-300, 1e-9, 0.25, 0.5, 1.0,
      1.75, 3.0, 20.0, 700.0, 1e10, INF, NAN]
AS = [-INF, -2.0, -0.5, -0.0, 0.0, 0.7, 1.0, 3.0, INF, NAN]
INTS = [-7, -1, 0, 2, 5]

def numbers(tensor):
    plain = lambda v: v if isinstance(v, bool) or math.isfinite(v) else str(v)
    return [plain(v) for v in tensor.flatten().tolist()]


def main():
    x = torch.tensor(XS, dtype=torch.float64)
    a = torch.tensor(AS, dtype=torch.float64)
    left, right = a[:, None], a[None, :]
    ints = torch.tensor(INTS)
    golden = {"x": numbers(x), "a": numbers(a), "ints": INTS, "unary": {}, "binary": {},
              "int64": {}}
    for rule in rules():
        f, name = function(rule.name), rule.name
        if rule.kind == "UNARY":
            golden["unary"][name] = numbers(f(x))
            if rule.domain == "Numeric":
                golden["int64"][name] = f(ints).tolist()
        elif rule.kind in ("BINARY", "COMPARISON"):
            golden["binary"][name] = numbers(f(left, right))
            if rule.domain in ("Numeric", "Comparison"):
                b = ints.abs() + 1 if rule.checks_b else ints
                golden["int64"][name] = f(ints[:, None], b[None, :]).flatten().tolist()
    lines = json.dumps(golden, separators=(",", ":")).replace("],", "],\n").replace("},", "},\n")
    sys.stdout.write(lines + "\n")


main()
