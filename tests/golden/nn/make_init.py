"""Writes init.json: fans, gains and bounds of torch.nn.init, and what it makes without random
numbers. Run: python make_init.py"""
import json
import math
import pathlib

import torch
from torch.nn import init

SHAPES = [(3, 5), (6, 4, 3), (8, 2, 3, 5), (4, 6, 1, 2, 2), (1, 1), (7, 1, 9)]


def bound(f, shape, **options):
    """The largest number that a uniform initialisation may draw."""
    kept = {}

    class Probe(torch.Tensor):
        def uniform_(self, a, b, generator=None):
            kept["k"] = b
            return self

        def normal_(self, mean, std, generator=None):
            kept["k"] = std
            return self

    original = init._no_grad_uniform_, init._no_grad_normal_
    init._no_grad_uniform_ = lambda t, a, b, generator=None: kept.setdefault("k", b)
    init._no_grad_normal_ = lambda t, m, s, generator=None: kept.setdefault("k", s)
    f(torch.empty(shape).as_subclass(Probe), **options)
    init._no_grad_uniform_, init._no_grad_normal_ = original
    return kept["k"]


def main():
    golden = {"fans": [], "gains": [], "xavier": [], "kaiming": [], "eye": [], "dirac": []}
    for shape in SHAPES:
        fan_in, fan_out = init._calculate_fan_in_and_fan_out(torch.empty(shape))
        golden["fans"].append({"shape": shape, "in": fan_in, "out": fan_out})
        for gain in (1.0, 2.5):
            golden["xavier"].append({"shape": shape, "gain": gain,
                                     "uniform": bound(init.xavier_uniform_, shape, gain=gain),
                                     "normal": bound(init.xavier_normal_, shape, gain=gain)})
        for mode in ("fan_in", "fan_out"):
            for name, a in (("leaky_relu", 0.0), ("leaky_relu", math.sqrt(5)), ("relu", 0.0),
                            ("tanh", 0.0), ("linear", 0.0), ("selu", 0.0)):
                options = dict(a=a, mode=mode, nonlinearity=name)
                golden["kaiming"].append({"shape": shape} | options |
                                         {"uniform": bound(init.kaiming_uniform_, shape, **options),
                                          "normal": bound(init.kaiming_normal_, shape, **options)})
    for name in ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
                 "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
        golden["gains"].append({"name": name, "gain": float(init.calculate_gain(name))})
    golden["gains"].append({"name": "leaky_relu", "a": 0.2,
                            "gain": init.calculate_gain("leaky_relu", 0.2)})
    for shape in ((3, 3), (2, 4), (4, 2), (1, 3)):
        x = init.eye_(torch.empty(shape))
        golden["eye"].append({"shape": shape, "values": x.flatten().tolist()})
    for shape, groups in (((3, 2, 3), 1), ((4, 2, 2), 2), ((2, 4, 3, 2), 1), ((4, 1, 3, 3), 4),
                          ((6, 2, 1, 3, 2), 3)):
        x = init.dirac_(torch.empty(shape), groups)
        golden["dirac"].append({"shape": shape, "groups": groups, "values": x.flatten().tolist()})
    text = json.dumps(golden, separators=(",", ":")).replace("},", "},\n")
    pathlib.Path(__file__).with_name("init.json").write_text(text + "\n")


main()
