"""Writes op_gradients.json: derivatives of the operations of autograd/ops by PyTorch in float64.

The names are those in tests/autograd/ops/golden_test.cc.
Run: python make_op_gradients.py > op_gradients.json
"""
import json
import math
import sys

import torch

from torch_gradients import derivatives, first

INF, NAN = math.inf, math.nan
torch.manual_seed(3)
rand = lambda *shape: torch.rand(*shape, dtype=torch.float64) * 3 - 1.2
positive = lambda *shape: torch.rand(*shape, dtype=torch.float64) * 2 + 0.3
matrix = lambda *shape: rand(*shape) * 0.5 + 3 * torch.eye(shape[-2], shape[-1], dtype=torch.float64)


def symmetric(x):
    return x @ x.transpose(-1, -2) + torch.diag(torch.tensor([1.0, 3, 6], dtype=torch.float64))


def eigh(x):
    w, v = torch.linalg.eigh(symmetric(x))
    return (v * torch.exp(w * 0.1)[None, :]) @ v.T


def svd(x):
    u, s, vh = torch.linalg.svd(x, full_matrices=False)
    return (u * (s ** 3)[None, :]) @ vh


def qr(x):
    q, r = torch.linalg.qr(x)
    return torch.cat([q.flatten(), r.flatten()])


def smooth():
    x, y = rand(3, 4), rand(3, 4)
    mask = torch.tensor([True, False, True, False])
    cases = {
        "permute": (lambda x: x.permute(2, 0, 1) ** 2, rand(2, 3, 2)),
        "moveaxis": (lambda x: x.moveaxis(0, 2) ** 2, rand(2, 3, 2)),
        "flatten": (lambda x: x.flatten(1) ** 2, rand(2, 3, 2)),
        "select": (lambda x: x.select(1, -2) ** 2, x),
        "narrow": (lambda x: x.narrow(1, 1, 2) ** 2, x),
        "flip": (lambda x: x.flip(1) ** 2, x),
        "diagonal": (lambda x: x.diagonal(1) ** 2, x),
        "unfold": (lambda x: x.unfold(1, 2, 1) ** 2, x),
        "chunk": (lambda x: x.chunk(2, 1)[1] ** 2 * x.chunk(2, 1)[0], x),
        "cat": (lambda x, y: torch.cat([x, y, x], 1) ** 2, rand(2, 2), rand(2, 1)),
        "stack": (lambda x, y: torch.stack([x, y, x], -1) ** 2, rand(2, 2), rand(2, 2)),
        "repeat": (lambda x: x.repeat(2, 1, 2) ** 2, rand(2, 2)),
        "roll": (lambda x: x.roll((1, -2), (0, 1)) ** 2, x),
        "tril": (lambda x: x.tril(-1) ** 2, x),
        "triu": (lambda x: x.triu(1) ** 2, x),
        "pad": (lambda x: torch.nn.functional.pad(x, (1, -1, 0, 2), value=0.5) ** 2, x),
        "masked_fill": (lambda x: x.masked_fill(mask, 2.0) ** 2, x),
        "prod": (lambda x: x.prod(1), x),
        "prod_all": (lambda x: x.prod(), rand(2, 3)),
        "var": (lambda x: x.var(1) ** 2, x),
        "var_axes": (lambda x: x.var((0, 2), correction=0), rand(2, 3, 2)),
        "std": (lambda x: x.std(0, keepdim=True), x),
        "var_mean": (lambda x: torch.var_mean(x, 1)[0] * torch.var_mean(x, 1)[1], x),
        "std_mean": (lambda x: torch.std_mean(x, 1)[0] * torch.std_mean(x, 1)[1], x),
        "logsumexp": (lambda x: x.logsumexp((0, 1)) * x.logsumexp(1), x),
        "nansum": (lambda x: (x ** 2).nansum(1), x),
        "nanmean": (lambda x: (x ** 2).nanmean(1), x),
        "median": (lambda x: x.median() ** 2, x),
        "max_with_indices": (lambda x: x.max(1)[0] ** 2, x),
        "min_with_indices": (lambda x: x.min(0)[0] ** 2, x),
        "kthvalue": (lambda x: x.kthvalue(2, 1)[0] ** 2, x),
        "cumsum": (lambda x: x.cumsum(1) ** 2, x),
        "cumprod": (lambda x: x.cumprod(1), x),
        "cumprod_zeros": (lambda x: x.cumprod(0), torch.tensor([2.0, 0.0, 3.0, 0.0, 4.0])),
        "prod_zeros": (lambda x: x.prod(1), torch.tensor([[2.0, 0.0, 3.0], [0.0, 4.0, 0.0]])),
        "logcumsumexp": (lambda x: x.logcumsumexp(1), x),
        "cummax": (lambda x: x.cummax(1)[0] ** 2, x),
        "cummin": (lambda x: x.cummin(0)[0] ** 2, x),
        "diff": (lambda x: x.diff(n=2, dim=1) ** 2, x),
        "sort": (lambda x: x.sort(1, descending=True)[0] ** 2, x),
        "topk": (lambda x: x.topk(2, 0)[0] ** 2, x),
        "outer": (torch.outer, rand(2), rand(3)),
        "dot": (torch.dot, rand(3), rand(3)),
        "tensordot": (lambda a, b: torch.tensordot(a, b, ([1, 0], [0, 2])), rand(2, 3, 2),
                      rand(3, 2, 2)),
        "einsum": (lambda a, b, c: torch.einsum("...ij,jk,ii->k...i", a, b, c), rand(2, 2, 3),
                   rand(3, 2), rand(2, 2)),
        "solve": (torch.linalg.solve, matrix(2, 3, 3), rand(3, 2)),
        "solve_vector": (torch.linalg.solve, matrix(3, 3), rand(3)),
        "inverse": (torch.linalg.inv, matrix(2, 2, 2)),
        "det": (torch.linalg.det, matrix(2, 3, 3)),
        "slogdet": (lambda a: torch.linalg.slogdet(a)[1], matrix(3, 3)),
        "cholesky": (lambda x: torch.linalg.cholesky(symmetric(x)), rand(3, 3)),
        "eigh_values": (lambda x: torch.linalg.eigh(symmetric(x))[0], rand(3, 3)),
        "eigh": (eigh, rand(3, 3)),
        "svd_values": (lambda x: torch.linalg.svd(x, full_matrices=False)[1], matrix(3, 2)),
        "svd_tall": (svd, matrix(4, 3)),
        "svd_wide": (svd, matrix(2, 3)),
        "qr": (qr, matrix(4, 3)),
        "qr_wide": (qr, matrix(2, 3)),
        "pinv": (torch.linalg.pinv, matrix(4, 2)),
        "lstsq": (lambda a, b: torch.linalg.lstsq(a, b)[0], matrix(4, 2), rand(4, 2)),
    }
    for p in (0, 0.5, 1, 1.5, 2, 3, -1, INF, -INF):
        cases[f"norm_{p}"] = (lambda x, p=p: torch.linalg.vector_norm(x, p, 1), x)
    return {name: derivatives(f, *inputs) for name, (f, *inputs) in cases.items()}


def kinks():
    zero = [[0.0, -1.5, 0.0], [0.0, 0.0, 0.0]]
    ties = [[1.0, 2.0, 2.0, 1.0], [3.0, 3.0, 3.0, 3.0]]
    cases = {
        "max_with_indices": (lambda x: x.max(1)[0], ties),
        "min_with_indices": (lambda x: x.min(1)[0], ties),
        "median": (lambda x: x.median(), ties),
        "cummax": (lambda x: x.cummax(1)[0], ties),
        "cummin": (lambda x: x.cummin(1)[0], ties),
        "sort": (lambda x: x.sort(dim=1, stable=True)[0] * torch.arange(1, 5), ties),
        "std": (lambda x: x.std(1), [[2.0, 2.0], [1.0, 3.0]]),
        "logsumexp": (lambda x: x.logsumexp(1), [[-INF, 1.0], [2.0, -INF]]),
        "logcumsumexp": (lambda x: x.logcumsumexp(0), [1.0, -INF, 2.0, -INF]),
        "nansum": (lambda x: x.nansum(1), [[NAN, 1.0], [NAN, NAN]]),
        "nanmean": (lambda x: x.nanmean(1), [[NAN, 1.0], [2.0, 3.0]]),
        "prod": (lambda x: x.prod(1), [[0.0, 2.0, 0.0], [0.0, 3.0, 4.0]]),
        "det_rank_2": (torch.linalg.det, [[1.0, 2, 3], [4, 5, 6], [5, 7, 9]]),
    }
    for p in (0, 0.5, 1, 1.5, 2, 3, INF, -INF):
        cases[f"norm_{p}"] = (lambda x, p=p: torch.linalg.vector_norm(x, p, 1), zero)
    return {name: first(f, *inputs) for name, (f, *inputs) in cases.items()}


text = json.dumps({"smooth": smooth(), "kinks": kinks()}, separators=(",", ":"))
sys.stdout.write(text.replace('},"', '},\n"') + "\n")
