"""Writes elementwise.json: values of the element-wise rules by PyTorch in float64.

Run: python make_elementwise.py > elementwise.json
"""
import json
import math
import pathlib
import re
import sys

import torch

INF, NAN = math.inf, math.nan
XS = [-INF, -750.0, -30.0, -2.5, -1.0, -0.3, -1e-9, -0.0, 0.0, 1e-300, 1e-9, 0.25, 0.5, 1.0,
      1.75, 3.0, 20.0, 700.0, 1e10, INF, NAN]
AS = [-INF, -2.0, -0.5, -0.0, 0.0, 0.7, 1.0, 3.0, INF, NAN]
INTS = [-7, -1, 0, 2, 5]

# Where the name in PyTorch is another one, or a function is not one of torch itself.
OTHER = {"equal": torch.eq, "not_equal": torch.ne, "relu": torch.relu}


def function(name):
    return OTHER.get(name, getattr(torch, name, None))


def numbers(tensor):
    plain = lambda v: v if isinstance(v, bool) or math.isfinite(v) else str(v)
    return [plain(v) for v in tensor.flatten().tolist()]


def main():
    rules = {"UNARY": [], "BINARY": [], "COMPARISON": []}
    numeric = []
    headers = pathlib.Path(__file__).parents[2] / "tensor" / "elementwise"
    for header in sorted(headers.glob("*.h")):
        text = header.read_text()
        for kind, name in re.findall(r"^GRADUS_([A-Z]+)\(\w+, (\w+)\);", text, re.M):
            rules.setdefault(kind, []).append(name)
            if "Domain::kNumeric" in text:
                numeric.append(name)
    binary = rules["BINARY"] + rules["COMPARISON"]

    x = torch.tensor(XS, dtype=torch.float64)
    a = torch.tensor(AS, dtype=torch.float64)
    left, right = a[:, None], a[None, :]
    ints = torch.tensor(INTS)
    golden = {"x": numbers(x), "a": numbers(a), "ints": INTS, "unary": {}, "binary": {},
              "int64": {}}
    for name in rules["UNARY"]:
        golden["unary"][name] = numbers(function(name)(x))
        if name in numeric:
            golden["int64"][name] = function(name)(ints).tolist()
    for name in binary:
        golden["binary"][name] = numbers(function(name)(left, right))
        if name in numeric or name in rules["COMPARISON"]:
            golden["int64"][name] = function(name)(ints[:, None], ints[None, :]).flatten().tolist()
    lines = json.dumps(golden, separators=(",", ":")).replace("],", "],\n").replace("},", "},\n")
    sys.stdout.write(lines + "\n")


main()
