"""Writes print.json: tensors and their text by PyTorch.

Gradus leaves the word "torch." out of dtypes and prints shapes of one axis alike.
Run: python make_print.py > print.json
"""
import json
import math
import sys

import torch

F32, F64, I64, BOOL = torch.float32, torch.float64, torch.int64, torch.bool
F16, BF16, I32, U8 = torch.float16, torch.bfloat16, torch.int32, torch.uint8
INF, NAN = math.inf, math.nan

CASES = [
    (1.5, F32), (3.0, F32), (-0.0, F32), (1e-5, F64), (7, I64), (True, BOOL), (NAN, F32),
    ([1.0, 2.0, 3.0], F32), ([1.0, -2.5, 3.25], F32), ([0.1, 0.2], F64), ([1, -20, 300], I64),
    ([True, False], BOOL), ([1.0, 10000.0], F32), ([1.0, 1e9], F32), ([1e-5, 1.0], F32),
    ([1.0, 999.0, 1000.0], F32), ([0.5, 5000.0], F32), ([INF, 1.0, -INF, NAN], F32),
    ([INF, 1.5, NAN], F32), ([NAN, NAN], F32), ([0.0, 0.0], F32), ([-1e-10, 1e10], F64),
    ([123456.789, 1000.0], F64), ([99999.5], F32), ([2**53 + 1, 1], I64),
    ([[1.0, 2.0], [3.0, 4.0]], F32), ([[0.25, -1.0], [100.0, 7.5]], F32), ([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], I64),
    ([[True], [False]], BOOL),
    (0.1, F16), ([0.1, 1.0, -3.14159], F16), ([65504.0, 1.0], F16), ([INF, NAN, 6e-8], F16),
    (0.1, BF16), ([0.1, 1.0, -3.14159], BF16), ([3e38, 1.0], BF16), ([[1.0, 2.0], [3.0, 4.0]], BF16),
    (7, I32), ([1, -20, 300], I32), ([-2**31, 2**31 - 1], I32), (200, U8), ([0, 255], U8),
    ([-2**63, 2**63 - 1], I64), ([[[[[[[[1.5, 2.5]]]], [[[[3.5, 4.5]]]]]]]], F32),
]

# Values, dtype and options.
WITH_OPTIONS = [
    ([0.123456789, 1.0], F64, {"precision": 8}), ([0.5, 100.0], F32, {"precision": 0}),
    ([1.5, 2.5], F32, {"sci_mode": True}), ([1.0, 20.0, 0.0], F32, {"sci_mode": True}),
    ([1e-7, 1.0], F32, {"sci_mode": False}), ([1.0, 1e9], F64, {"sci_mode": False}),
    ([NAN, -INF, 2.5], F16, {"sci_mode": True, "precision": 2}),
    (list(range(20)), I64, {"linewidth": 30}), ([0.25] * 15, F32, {"linewidth": 40}),
    (list(range(20)), I32, {"linewidth": 5}), ([0.5] * 9, BF16, {"linewidth": 60}),
    (list(range(12)), U8, {"threshold": 10}), (list(range(12)), I64, {"threshold": 12}),
    (list(range(12)), F32, {"threshold": 5, "edgeitems": 1}),
    (list(range(12)), F16, {"threshold": 5, "edgeitems": 2}),
    ([list(range(9))] * 9, I64, {"threshold": 20, "edgeitems": 2}),
    ([[[0.5] * 4] * 7] * 5, F32, {"threshold": 20, "edgeitems": 1}),
    ([[1, 2]] * 20, I64, {"threshold": 10, "edgeitems": 2, "linewidth": 20}),
    (list(range(12)), I64, {"threshold": 5, "edgeitems": 0}),
]


def plain(v):
    return v if isinstance(v, (bool, int)) or math.isfinite(v) else str(v)


def case(x, options=None):
    text = str(x).replace("torch.", "")
    return {"shape": list(x.shape), "dtype": str(x.dtype).replace("torch.", ""),
            "values": [plain(v) for v in x.flatten().tolist()], "text": text}


def main():
    cases = [case(torch.tensor(v, dtype=d)) for v, d in CASES]
    for shape in [(0,), (0, 3), (2, 0, 1)]:
        for dtype in [F32, I64, BOOL, F64, F16, U8]:
            cases.append(case(torch.zeros(shape, dtype=dtype)))
    # Long rows are broken into lines; the numbers 0 .. n - 1, times a factor.
    for n, shape, factor, dtype in [(30, (30,), 1, I64), (50, (2, 25), 0.5, F32),
                                    (40, (40,), 0.125, F64), (12, (12,), 1.37, F64),
                                    (13, (1, 13), 1, F64), (1001, (1001,), 1, I64),
                                    (2000, (20, 100), 1, F32), (3000, (10, 3, 100), 0.5, F64),
                                    (1000, (1000, 1), 1, BOOL)]:
        x = (torch.arange(n) * factor).to(dtype).reshape(shape)
        entry = case(x)
        del entry["values"]
        entry["factor"] = factor
        cases.append(entry)
    for values, dtype, options in WITH_OPTIONS:
        torch.set_printoptions(profile="default")
        torch.set_printoptions(**options)
        cases.append(case(torch.tensor(values, dtype=dtype)) | {"options": options})
    sys.stdout.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")


main()
