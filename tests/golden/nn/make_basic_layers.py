"""Writes the tables of the layers without structure: bilinear, embedding, shapes, dropout (what of
it is not random), activations and activations_by_parts. Each class of torch.nn has 12 cases or
more; `layer` in the arguments is its name. Run: python make_basic_layers.py
"""
import collections

import torch
from torch import nn

from module_cases import *

SHAPES = [(4,), (3, 2), (1,), (0,), (2, 0), (1, 1, 3), (2, 1, 2), ()]


def spread(*shape):
    """Numbers between -4 and 4, none of them near a kink of the classes below."""
    n = math.prod(shape)
    return ((torch.arange(n) * 2.37 + 0.713) % 7.9 - 3.93).reshape(shape)


def check_counts(name, cases):
    counts = collections.Counter(c["args"].get("layer", name) for c in cases)
    few = {layer: n for layer, n in counts.items() if n < 12}
    if few:
        raise SystemExit(f"fewer than 12 cases: {few}")
    write(name, cases)


def layer_case(cls, x, kwargs, **options):
    return module_case(cls(**kwargs), [x], {"layer": cls.__name__} | kwargs, **options)


def activation_cases(classes):
    """Each with all its choices of arguments, over the shapes, at least 12 times."""
    cases = []
    for cls, choices in classes.items():
        n = max(12, 4 * len(choices))
        for i in range(n):
            kwargs = choices[i % len(choices)]
            x = spread(*SHAPES[(i // len(choices)) % len(SHAPES)])
            cases.append(layer_case(cls, x, kwargs, train=i % 2 == 0))
    return cases


def along_axis(cls, even):
    """Layers that work along one axis."""
    size = 4 if even else 3
    cases = []
    for shape, dims in [((size,), (0, -1)), ((2, size), (1, -1)), ((size, 1), (0, -2)),
                        ((2, size, 2), (1, -2)), ((0, size), (1,)), ((size, 0), (0,)),
                        ((1, 1, size), (2, -1))]:
        for dim in dims:
            kwargs = {"dim": dim}
            cases.append(layer_case(cls, spread(*shape), kwargs))
    return cases


def activations():
    smooth = {
        nn.Sigmoid: [{}], nn.Tanh: [{}], nn.SiLU: [{}], nn.Mish: [{}], nn.Softsign: [{}],
        nn.LogSigmoid: [{}], nn.Tanhshrink: [{}],
        nn.Softplus: [{}, {"beta": 0.5, "threshold": 20.0}, {"beta": 2.5, "threshold": 3.0}],
        nn.GELU: [{"approximate": "none"}, {"approximate": "tanh"}],
    }
    cases = activation_cases(smooth)
    for cls in (nn.Softmax, nn.LogSoftmax, nn.Softmin):
        cases += along_axis(cls, False)
    cases += along_axis(nn.GLU, True)
    check_counts("activations", cases)


def by_parts():
    classes = {
        nn.ReLU: [{}], nn.ReLU6: [{}], nn.SELU: [{}], nn.Hardswish: [{}],
        nn.LeakyReLU: [{}, {"negative_slope": 0.3}],
        nn.ELU: [{}, {"alpha": 0.6}, {"alpha": 2.25}],
        # With an alpha that float32 does not have, PyTorch is right to 1e-7 only.
        nn.CELU: [{}, {"alpha": 0.625}, {"alpha": -2.25}],
        nn.Hardtanh: [{}, {"min_val": -2.0, "max_val": 0.5}],
        nn.Hardshrink: [{}, {"lambd": 1.5}],
        nn.Softshrink: [{}, {"lambd": 1.5}],
        nn.Threshold: [{"threshold": 0.5, "value": 7.0}, {"threshold": -1.0, "value": -2.0}],
    }
    cases = activation_cases(classes)
    # PyTorch's own derivative is a float32 1/6 in float64 too, and it has no second one.
    cases += [layer_case(nn.Hardsigmoid, spread(*SHAPES[i % len(SHAPES)]), {}, train=i % 2 == 0,
                         call=lambda m, x: nn.functional.relu6(x + 3) / 6) for i in range(12)]
    for shape in SHAPES:
        cases.append(layer_case(nn.PReLU, spread(*shape), {"num_parameters": 1}))
    for shape in [(2, 3), (4, 3), (0, 3), (1, 3, 2), (2, 3, 1, 2), (2, 3, 0)]:
        cases.append(layer_case(nn.PReLU, spread(*shape), {"num_parameters": 3}))
    check_counts("activations_by_parts", cases)


def shapes():
    cases = []
    for shape in SHAPES + [(2, 3, 2, 1), (1, 2, 1, 2), (5, 1), (2, 2)]:
        cases.append(layer_case(nn.Identity, spread(*shape), {}))
    for shape, start, end in [((2, 3, 2), 1, -1), ((2, 3, 2), 0, -1), ((2, 3, 2), 0, 1),
                              ((2, 3, 2), -2, -1), ((2, 3, 2), 1, 1), ((4,), 0, -1), ((), 0, -1),
                              ((0, 3, 2), 1, -1), ((2, 0, 3), 1, 2), ((2, 1, 2, 1, 2), 1, 3),
                              ((1, 1), 0, 1), ((3, 2), 1, -1)]:
        cases.append(layer_case(nn.Flatten, spread(*shape), {"start_dim": start, "end_dim": end}))
    for shape, dim, sizes in [((2, 6), 1, (2, 3)), ((2, 6), 1, (-1, 3)), ((2, 6), -1, (6,)),
                              ((6, 2), 0, (3, 2)), ((6, 2), -2, (1, 6, 1)), ((4,), 0, (2, 2)),
                              ((0, 4), 1, (2, 2)), ((0, 4), 1, (2, -1)), ((2, 0), 1, (0, 3)),
                              ((2, 4, 2), 1, (2, 2)), ((1, 8), 1, (2, 2, -1)), ((3, 1), 1, (1, 1))]:
        module = nn.Unflatten(dim, sizes)
        cases.append(module_case(module, [spread(*shape)],
                                 {"layer": "Unflatten", "dim": dim, "unflattened_size": sizes}))
    check_counts("shapes", cases)


def dropout():
    """What does not depend on random numbers: eval, p = 0 and p = 1."""
    cases = []
    for cls, some in [(nn.Dropout, SHAPES[:4]), (nn.AlphaDropout, SHAPES[:4]),
                      (nn.Dropout1d, [(2, 2, 2), (1, 2, 3), (2, 3), (0, 2, 2)]),
                      (nn.Dropout2d, [(2, 2, 1, 2), (1, 1, 2, 2), (2, 2, 1, 1), (0, 2, 2, 1)])]:
        for shape in some:
            cases.append(layer_case(cls, spread(*shape), {"p": 0.5}, train=False))
            cases.append(layer_case(cls, spread(*shape), {"p": 0.0}))
            cases.append(layer_case(cls, spread(*shape), {"p": 1.0}))
    check_counts("dropout", cases)


def bilinear():
    cases = []
    for batch in [(4,), (1,), (0,), (2, 3), (), (2, 1, 2)]:
        for bias, sizes in ((True, (3, 2, 2)), (False, (2, 3, 1)), (True, (1, 1, 2))):
            module = nn.Bilinear(*sizes, bias=bias)
            args = dict(in1_features=sizes[0], in2_features=sizes[1], out_features=sizes[2],
                        bias=bias)
            inputs = [rand(*batch, sizes[0]), rand(*batch, sizes[1])]
            cases.append(module_case(module, inputs, args))
    check_counts("bilinear", cases)


def embedding():
    cases = []
    for kwargs in [{}, {"padding_idx": 1}, {"padding_idx": -1}, {"max_norm": 0.8},
                   {"max_norm": 0.7, "norm_type": 1.0},
                   {"max_norm": 0.5, "norm_type": 3.0, "padding_idx": 0}]:
        for indices in ([[0, 2, 1], [2, 2, 3]], [], [3], 1):
            x = torch.tensor(indices, dtype=torch.int64 if indices != [3] else torch.int32)
            module = nn.Embedding(4, 3, **kwargs)
            # PyTorch's second derivative fails for no indices.
            # max_norm changes the weight, which `state` shows as it was.
            cases.append(module_case(module, [x], kwargs, smooth=indices != []))
    check_counts("embedding", cases)


activations()
by_parts()
shapes()
dropout()
bilinear()
embedding()
