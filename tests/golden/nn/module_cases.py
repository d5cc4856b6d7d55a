"""Tables of cases for modules and losses, by PyTorch in float64, which tests/support/module_cases.h
runs. A script make_X.py beside this file says

    from module_cases import *
    cases = [module_case(torch.nn.Linear(3, 2, bias=b), [rand(4, 3)],
                         dict(in_features=3, out_features=2, bias=b)) for b in (True, False)]
    write("linear", cases)

The first derivatives are those of the sum of w y^2 over all results, with weights w = 1, 1/2,
1/3, ... in each; the second ones those of the sum of w g over all first ones.
"""
import json
import math
import pathlib

import torch

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)


def rand(*shape):
    return torch.rand(shape) * 3 - 1.2


def stored(x):
    if x is None:
        return None
    values = x.detach().flatten().tolist()
    values = [v if math.isfinite(v) else str(v) for v in values]
    form = {"shape": list(x.shape), "values": values}
    name = str(x.dtype).removeprefix("torch.")
    return form if name == "float64" else form | {"dtype": name}


def weighted_sum(tensors, squared):
    total = 0
    for x in tensors:
        w = (1 / torch.arange(1, x.numel() + 1)).reshape(x.shape)
        total = total + ((x * x if squared else x) * w).sum()
    return total


def derivatives(outputs, leaves, smooth):
    """{"first": {name: ...}, "second": {name: ...}}"""
    names, xs = list(leaves), list(leaves.values())
    outputs = [y for y in outputs if y.dtype == torch.float64]
    total = weighted_sum(outputs, True)
    if not xs or not (torch.is_tensor(total) and total.requires_grad):
        return {}
    first = torch.autograd.grad(total, xs, create_graph=smooth, allow_unused=True)
    first = [torch.zeros_like(x) if g is None else g for x, g in zip(xs, first)]
    answer = {"first": {n: stored(g) for n, g in zip(names, first)}}
    if smooth:
        again = weighted_sum(first, False)
        second = [None] * len(xs)
        if again.requires_grad:
            second = torch.autograd.grad(again, xs, allow_unused=True)
        answer["second"] = {n: stored(torch.zeros_like(x) if g is None else g)
                            for n, x, g in zip(names, xs, second)}
    return answer


def as_list(y):
    if torch.is_tensor(y):
        return [y]
    return [t for part in y for t in as_list(part)]


def module_case(module, inputs, args, *, call=None, train=True, smooth=True, gradients=True):
    """One call of a module of PyTorch. args: what the C++ test builds its module from.
    inputs: tensors (floating ones get gradients) or None; call(module, *inputs) if it is not
    module(*inputs), its results flattened. smooth: whether second derivatives are compared."""
    module = module.double().train(train)
    for p in module.parameters():  # defaults have zeros and ones, which hide mistakes
        p.data = torch.rand(p.shape) * 1.6 - 0.8
    for name, b in module.named_buffers():
        if b.dtype == torch.float64:
            b.data = torch.rand(b.shape) + 0.5
    state = {n: stored(t.clone()) for n, t in module.state_dict().items()}
    inputs = [x if x is None or not x.is_floating_point() else
              x.detach().double().clone().requires_grad_() for x in inputs]
    outputs = as_list((call or (lambda m, *xs: m(*xs)))(module, *inputs))
    leaves = {f"input {i}": x for i, x in enumerate(inputs) if x is not None and x.requires_grad}
    leaves |= dict(module.named_parameters())
    case = {"args": args, "train": train, "state": state, "inputs": [stored(x) for x in inputs],
            "outputs": [stored(y) for y in outputs]}
    buffers = {n: stored(b) for n, b in module.named_buffers()}
    if buffers:
        case["buffers"] = buffers
    return case | (derivatives(outputs, leaves, smooth) if gradients else {})


def function_case(f, inputs, args, *, smooth=True, gradients=True):
    """One call of a function of tensors."""
    inputs = [x if x is None or not x.is_floating_point() else
              x.detach().double().clone().requires_grad_() for x in inputs]
    outputs = as_list(f(*inputs))
    leaves = {f"input {i}": x for i, x in enumerate(inputs) if x is not None and x.requires_grad}
    case = {"args": args, "inputs": [stored(x) for x in inputs],
            "outputs": [stored(y) for y in outputs]}
    return case | (derivatives(outputs, leaves, smooth) if gradients else {})


def write(name, cases):
    """tests/golden/nn/<name>.json, one case per line."""
    if len(cases) < 12:
        raise SystemExit(f"{name}: {len(cases)} cases; expected 12 at least")
    path = pathlib.Path(__file__).with_name(name + ".json")
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    path.write_text("[" + lines + "]\n")
