"""Writes max_pool1d.json, max_pool2d.json, avg_pool1d.json, avg_pool2d.json and the tables of the
adaptive ones, adaptive_avg_pool1d.json ... For the poolings by the largest element the results are
values and indices; no two elements are equal, so that second derivatives exist.

Run: python make_pooling.py
"""
from module_cases import *


def of(layer, shape, size, **options):
    more = {"return_indices": True} if "Max" in layer else {}
    module = getattr(torch.nn, layer)(size, **options, **more)
    return module_case(module, [rand(*shape)], dict(size=size, **options, repr=repr(module)))


for axes, more in ((1, ()), (2, (5,))):
    def size(batch, channels, length):
        return (*batch, channels, *more, length)

    last = f"{axes}d"
    common = [
        (size((2,), 2, 6), 2, {}),
        (size((), 3, 6), 2, {}),
        (size((0,), 2, 4), 2, {}),
        (size((1,), 1, 9), 4, {}),
        (size((2,), 1, 7), 3, dict(stride=1)),
        (size((1,), 2, 7), 2, dict(stride=3)),
        (size((1,), 2, 6), 3, dict(padding=1)),
        (size((2,), 1, 5), 3, dict(stride=2, padding=1)),
        (size((1,), 2, 5), 2, dict(ceil_mode=True)),
        (size((1,), 1, 6), 3, dict(stride=2, padding=1, ceil_mode=True)),
        (size((1,), 3, 5), 1, dict(stride=2)),
        (size((2,), 1, 5), 5, {}),
    ]
    largest = common + [
        (size((1,), 1, 8), 3, dict(dilation=2, stride=1)),
        (size((1,), 2, 6), 2, dict(dilation=3, padding=1, stride=2, ceil_mode=True)),
    ]
    means = common + [
        (size((1,), 2, 6), 3, dict(padding=1, count_include_pad=False)),
        (size((1,), 1, 6), 4, dict(stride=3, padding=2, ceil_mode=True, count_include_pad=False)),
    ]
    adaptive = [(shape, windows, {}) for shape, windows in
                [(size((2,), 2, 6), 3), (size((), 2, 6), 2), (size((0,), 2, 4), 2),
                 (size((2,), 1, 7), 1), (size((1,), 2, 7), 3), (size((1,), 1, 5), 5),
                 (size((1,), 2, 3), 7), (size((2,), 1, 1), 3), (size((1,), 3, 4), 4),
                 (size((3,), 1, 2), 3), (size((1,), 1, 8), 5), (size((), 1, 5), 4)]]
    if axes == 2:
        largest += [((1, 1, 6, 5), (2, 3), dict(stride=(1, 2), padding=(1, 0))),
                    ((1, 1, 5, 6), (3, 2), dict(stride=(2, 1), dilation=(1, 2)))]
        means += [((1, 1, 6, 5), (2, 3), dict(stride=(1, 2), padding=(1, 0))),
                  ((1, 2, 4, 4), 3, dict(stride=1, divisor_override=5)),
                  ((1, 1, 5, 4), (2, 4), dict(divisor_override=-3, padding=1))]
        adaptive += [((1, 2, 5, 4), (2, 3), {}), ((2, 1, 3, 5), (1, 4), {})]
    for layer, table in (("MaxPool", largest), ("AvgPool", means), ("AdaptiveAvgPool", adaptive),
                         ("AdaptiveMaxPool", adaptive)):
        name = "".join("_" + c.lower() if c.isupper() else c for c in layer)[1:] + last
        write(name, [of(layer + last, shape, kernel, **options)
                     for shape, kernel, options in table])
