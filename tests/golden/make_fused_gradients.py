"""Writes fused_gradients.json: derivatives of operations that are several in one recorded step, by
PyTorch in float64.

The names are those in tests/autograd/ops/fused_golden_test.cc.
Run: python make_fused_gradients.py > fused_gradients.json
"""
import json
import math
import sys

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from torch_gradients import derivatives, first

INF, NAN = math.inf, math.nan
torch.manual_seed(5)
rand = lambda *shape: torch.rand(shape, dtype=torch.float64) * 3 - 1.2
number = lambda *values: torch.tensor(values, dtype=torch.float64)

CLASSES = {"": torch.tensor([2, 0, 3, 2]), "_ignored": torch.tensor([2, 1, 3, 1]),
           "_planes": torch.tensor([[[1, 0], [2, 2]], [[0, 0], [1, 2]]]), "_vector": torch.tensor(1)}
WEIGHT = {3: number(0.5, 2, 1), 4: number(0.5, 2, 1, 0.25)}


def attention(q, k, v, mask=None, **options):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, **options)


def causal_and_mask(q, k, v, mask):
    seen = mask & torch.ones(mask.shape, dtype=torch.bool).tril()
    return F.scaled_dot_product_attention(q, k, v, attn_mask=seen)


def norm(x, weight=None, bias=None, eps=1e-5):
    """PyTorch's second derivative wants a weight."""
    n = x.shape[-1:]
    weight = torch.ones(n, dtype=torch.float64) if weight is None else weight
    return F.layer_norm(x, n, weight, bias, eps)


def moved_norm(x, weight, bias):
    """Over the axes 0 and 2 of x."""
    y = F.layer_norm(x.permute(1, 0, 2), (x.shape[0], x.shape[2]), weight, bias, 0.01)
    return y.permute(1, 0, 2)


def smooth():
    x = rand(3, 4)
    cases = {
        "softmax": (lambda x: x.softmax(1), x),
        "softmax_middle": (lambda x: x.softmax(1), rand(2, 3, 2)),
        "softmax_long": (lambda x: x.softmax(-1), rand(2, 37)),
        "softmax_number": (lambda x: x.softmax(0), rand()),
        "softmax_far": (lambda x: x.softmax(0), number(800, 801, 0, -900)),
        "softmax_hidden": (lambda x: x.softmax(0), number(-INF, 1, 0.5, -INF)),
        "log_softmax": (lambda x: x.log_softmax(1), x),
        "log_softmax_first": (lambda x: x.log_softmax(0), rand(3, 2, 2)),
        "log_softmax_long": (lambda x: x.log_softmax(-1), rand(2, 37)),
        "log_softmax_far": (lambda x: x.log_softmax(0), number(800, 801, 0, -900)),
        "layer_norm": (lambda x, w, b: F.layer_norm(x, (4,), w, b), rand(3, 4), rand(4), rand(4)),
        "layer_norm_plain": (lambda x: norm(x, eps=0.1), rand(3, 4)),
        "layer_norm_weight": (lambda x, w: F.layer_norm(x, (2, 3), w), rand(2, 2, 3), rand(2, 3)),
        "layer_norm_bias": (lambda x, b: norm(x, None, b), rand(2, 3), rand(3)),
        "layer_norm_axes": (moved_norm, rand(2, 3, 4), rand(2, 4), rand(2, 4)),
        "layer_norm_long": (lambda x, w, b: F.layer_norm(x, (37,), w, b), rand(3, 37), rand(37),
                            rand(37)),
        "layer_norm_one": (lambda x, w, b: F.layer_norm(x, (1,), w, b), rand(2, 1), rand(1),
                           rand(1)),
        "layer_norm_far": (norm, rand(2, 4) + 300),
        "linear": (F.linear, rand(3, 2), rand(4, 2), rand(4)),
        "linear_batch": (F.linear, rand(2, 3, 2), rand(4, 2), rand(4)),
        "linear_vector": (F.linear, rand(2), rand(3, 2), rand(3)),
        "linear_plain": (lambda x, w: F.linear(x, w) ** 2, rand(2, 2, 2), rand(3, 2)),
        "embedding": (lambda w: F.embedding(torch.tensor([[1, 3, 1], [0, 1, 3]]), w) ** 2,
                      rand(5, 2)),
        "embedding_padding": (lambda w: F.embedding(torch.tensor([1, 3, 1, 4]), w,
                                                    padding_idx=-4) ** 2, rand(5, 2)),
        "attention": (attention, rand(2, 3), rand(4, 3), rand(4, 2)),
        "attention_heads": (attention, rand(2, 2, 2, 3), rand(2, 2, 3, 3), rand(2, 2, 3, 2)),
        "attention_shared": (attention, rand(2, 2, 3), rand(1, 3, 3), rand(1, 3, 2)),
        "attention_scale": (lambda q, k, v: attention(q, k, v, scale=0.3), rand(2, 3), rand(4, 3),
                            rand(4, 2)),
        "attention_causal": (lambda q, k, v: attention(q, k, v, is_causal=True), rand(4, 3),
                             rand(4, 3), rand(4, 2)),
        "attention_causal_wide": (lambda q, k, v: attention(q, k, v, is_causal=True), rand(2, 3),
                                  rand(4, 3), rand(4, 2)),
        "attention_mask": (lambda q, k, v: attention(
            q, k, v, torch.tensor([[1, 0, 1, 1], [0, 0, 1, 0]]).bool()), rand(2, 3), rand(4, 3),
            rand(4, 2)),
        "attention_hidden": (lambda q, k, v: attention(
            q, k, v, torch.tensor([[1, 0, 1], [0, 0, 0]]).bool()), rand(2, 2), rand(3, 2),
            rand(3, 2)),
        "attention_hidden_causal": (lambda q, k, v: causal_and_mask(
            q, k, v, torch.tensor([[0, 1, 1], [1, 1, 1], [1, 0, 1]]).bool()), rand(3, 2),
            rand(3, 2), rand(3, 2)),
        "attention_added": (attention, rand(2, 3), rand(4, 3), rand(4, 2), rand(2, 4)),
        "attention_added_heads": (attention, rand(2, 2, 3), rand(2, 3, 3), rand(2, 3, 2),
                                  rand(3)[None, :].expand(1, 3).clone()),
        "attention_added_hidden": (attention, rand(2, 3), rand(3, 3), rand(3, 2),
                                   number(-INF, 0.5, -INF, -INF, -INF, -INF).reshape(2, 3)),
    }
    for reduction in ("none", "mean", "sum"):
        for smoothing in (0, 0.3):
            for weighted in (False, True):
                tail = f"_{reduction}" + ("_smooth" if smoothing else "") + (
                    "_weight" if weighted else "")
                for kind, classes in CLASSES.items():
                    def loss(x, kind=kind, classes=classes, reduction=reduction,
                             smoothing=smoothing, weighted=weighted):
                        n = x.shape[0] if x.dim() == 1 else x.shape[1]
                        return F.cross_entropy(x, classes, WEIGHT[n] if weighted else None,
                                               ignore_index=1 if kind == "_ignored" else -100,
                                               reduction=reduction, label_smoothing=smoothing)
                    size = {"_planes": (2, 3, 2, 2), "_vector": (3,)}.get(kind, (4, 4))
                    cases["cross_entropy" + kind + tail] = (loss, rand(*size))

                def soft(x, p, reduction=reduction, smoothing=smoothing, weighted=weighted):
                    return F.cross_entropy(x, p, WEIGHT[3] if weighted else None,
                                           reduction=reduction, label_smoothing=smoothing)
                cases["soft_cross_entropy" + tail] = (soft, rand(2, 3), rand(2, 3))
                cases["soft_cross_entropy_planes" + tail] = (soft, rand(2, 3, 2), rand(2, 3, 2))
    cases["soft_cross_entropy_vector"] = (F.cross_entropy, rand(3), rand(3))
    return {name: derivatives(f, *inputs) for name, (f, *inputs) in cases.items()}


def kinks():
    every = torch.tensor([1, 1])
    cases = {
        "softmax_nan": (lambda x: x.softmax(1), [[NAN, 1.0], [INF, 1.0], [-INF, -INF], [1.0, 2.0]]),
        "log_softmax_nan": (lambda x: x.log_softmax(1),
                            [[NAN, 1.0], [INF, 1.0], [-INF, -INF], [1.0, 2.0]]),
        "layer_norm_equal": (lambda x: norm(x) * number(3, 1, 2),
                             [[2.0, 2, 2], [1, 2, 4]]),
        "cross_entropy_all_ignored": (lambda x: F.cross_entropy(x, every, ignore_index=1),
                                      [[1.0, 2], [3, 5]]),
        "cross_entropy_all_ignored_weight": (
            lambda x: F.cross_entropy(x, every, number(1, 2), ignore_index=1, label_smoothing=0.1),
            [[1.0, 2], [3, 5]]),
        "cross_entropy_no_weight": (lambda x: F.cross_entropy(x, every, number(1, 0)),
                                    [[1.0, 2], [3, 5]]),
        "cross_entropy_hidden": (lambda x: F.cross_entropy(x, every), [[-INF, 2.0], [3, -INF]]),
        "cross_entropy_certain": (lambda x: F.cross_entropy(x, every), [[0.0, 2000], [2000, 0]]),
    }
    return {name: first(f, *inputs) for name, (f, *inputs) in cases.items()}


with sdpa_kernel(SDPBackend.MATH):  # the others have no second derivative
    text = json.dumps({"smooth": smooth(), "kinks": kinks()}, separators=(",", ":"))
sys.stdout.write(text.replace('},"', '},\n"') + "\n")
