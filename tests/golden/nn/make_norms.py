"""Writes batch_norm1d.json, batch_norm2d.json, instance_norm1d.json, instance_norm2d.json,
layer_norm.json, group_norm.json, rms_norm.json, local_response_norm.json.

"steps": the module was called so often with other numbers (inputs 1, 2, ...) before input 0.

Run: python make_norms.py
"""
from module_cases import *


def steps_then_first(module, x, *before):
    with torch.no_grad():
        for each in before:
            module(each)
    return module(x)


def running(layer, shape, features, train=True, steps=0, **options):
    module = getattr(torch.nn, layer)(features, **options)
    given = {k: v for k, v in options.items() if v is not None}
    args = dict(num_features=features, steps=steps, **given, repr=repr(module))
    if "momentum" in options and options["momentum"] is None:
        args["cumulative"] = True
    if module.num_batches_tracked is not None:
        module.num_batches_tracked += 3
    return module_case(module, [rand(*shape) for _ in range(steps + 1)], args, train=train,
                       call=steps_then_first)


def other(layer, shape, sizes, **options):
    module = getattr(torch.nn, layer)(*sizes, **options)
    return module_case(module, [rand(*shape)], dict(sizes=sizes, **options, repr=repr(module)))


for axes, more in ((1, (3,)), (2, (2, 3))):
    layer = f"BatchNorm{axes}d"
    cases = [
        running(layer, (2, 2, *more), 2),
        running(layer, (2, 2, *more), 2, train=False),
        running(layer, (3, 1, *more), 1, steps=3, momentum=0.3),
        running(layer, (2, 2, *more), 2, steps=3, momentum=None),
        running(layer, (2, 2, *more), 2, momentum=1.0, eps=0.1),
        running(layer, (2, 1, *more), 1, momentum=0.0),
        running(layer, (2, 2, *more), 2, affine=False),
        running(layer, (2, 2, *more), 2, affine=False, train=False),
        running(layer, (2, 2, *more), 2, bias=False),
        running(layer, (1, 3, *more), 3, track_running_stats=False),
        running(layer, (2, 2, *more), 2, track_running_stats=False, train=False, affine=False),
        running(layer, (1, 2, *more), 2, train=False, momentum=None, bias=False, eps=0.0),
        running(layer, (1, 1, 12) if axes == 1 else (1, 1, 4, 5), 1),
    ]
    if axes == 1:
        cases += [running(layer, (4, 3), 3), running(layer, (3, 2), 2, train=False),
                  running(layer, (20, 2), 2, steps=1, affine=False)]
    write(f"batch_norm{axes}d", cases)

    layer = f"InstanceNorm{axes}d"
    track = dict(track_running_stats=True)
    write(f"instance_norm{axes}d", [
        running(layer, (2, 2, *more), 2),
        running(layer, (2, *more), 2),
        running(layer, (2, 2, *more), 2, train=False),
        running(layer, (2, 2, *more), 2, affine=True),
        running(layer, (2, *more), 2, affine=True, bias=False),
        running(layer, (3, 1, *more), 1, affine=True, eps=0.1),
        running(layer, (2, 2, *more), 2, **track),
        running(layer, (2, 2, *more), 2, **track, steps=2, momentum=0.4),
        running(layer, (3, 2, *more), 2, **track, affine=True, train=False),
        running(layer, (2, *more), 2, **track, train=False),
        running(layer, (2, *more), 2, **track, affine=True),
        running(layer, (1, 1, *more), 1, **track, momentum=None, affine=True),
    ])

one = ((3,), (5,), (1,), (2, 3), (2, 2, 2))
write("layer_norm", [
    *(other("LayerNorm", (2, *s), [s]) for s in one),
    other("LayerNorm", (5,), [[5]]),
    other("LayerNorm", (2, 2, 3), [[3]]),
    other("LayerNorm", (0, 3), [[3]]),
    other("LayerNorm", (2, 4), [[4]], eps=0.5),
    other("LayerNorm", (2, 4), [[4]], bias=False),
    other("LayerNorm", (2, 4), [[4]], elementwise_affine=False),
    other("LayerNorm", (3, 2, 2), [[2, 2]], elementwise_affine=False, eps=0.0),
])
write("rms_norm", [
    *(other("RMSNorm", (2, *s), [s]) for s in one),
    other("RMSNorm", (5,), [[5]]),
    other("RMSNorm", (2, 2, 3), [[3]], eps=1e-6),
    other("RMSNorm", (0, 3), [[3]]),
    other("RMSNorm", (2, 4), [[4]], eps=0.5),
    other("RMSNorm", (1, 17), [[17]]),
    other("RMSNorm", (2, 4), [[4]], elementwise_affine=False),
    other("RMSNorm", (3, 2, 2), [[2, 2]], elementwise_affine=False, eps=0.25),
])
write("group_norm", [
    other("GroupNorm", shape, sizes, **options) for shape, sizes, options in [
        ((2, 4, 3), [2, 4], {}), ((2, 4), [2, 4], {}), ((1, 3, 2, 2), [3, 3], {}),
        ((2, 3, 2, 2), [1, 3], {}), ((0, 4, 3), [2, 4], {}), ((2, 4, 3), [4, 4], {}),
        ((2, 4, 3), [2, 4], dict(eps=0.5)), ((2, 4, 3), [2, 4], dict(affine=False)),
        ((2, 4, 3), [2, 4], dict(bias=False)), ((1, 6, 2), [3, 6], dict(affine=False, eps=0.0)),
        ((1, 2, 2, 1, 2), [1, 2], {}), ((3, 2), [1, 2], dict(bias=False, eps=0.1))]])
write("local_response_norm", [
    other("LocalResponseNorm", shape, [size], **options) for shape, size, options in [
        ((2, 4, 3), 3, {}), ((1, 5, 2, 2), 5, {}), ((1, 3, 4), 1, {}), ((1, 4, 3), 2, {}),
        ((2, 3, 2), 4, {}), ((1, 2, 2), 7, {}), ((0, 3, 2), 3, {}),
        ((1, 4, 3), 3, dict(alpha=0.5)), ((1, 4, 3), 3, dict(alpha=2.0, beta=0.5)),
        ((1, 4, 3), 2, dict(alpha=1.5, beta=1.0, k=2.0)), ((2, 2, 2, 2), 2, dict(k=0.5)),
        ((1, 3, 1, 2, 2), 3, dict(alpha=1.0, beta=2.0))]])
