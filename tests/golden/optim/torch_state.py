"""Optimizer states between torch and the files of optim/torch_state.h.

As a module: save(optimizer.state_dict(), path) and load(path, optimizer).
As a program: python torch_state.py FOLDER writes the fixtures of tests/optim/torch_state_test.cc:
RULE.safetensors is a state after 7 steps, and trajectories.json holds the parameters then and
after 7 more steps. python torch_state.py --check FILE RULE loads a file that Gradus exported.
"""
import json
import math
import sys

import torch
from safetensors import safe_open
from safetensors.torch import save_file

HALF = 7
START = {"a": [0.7, -1.2, 0.05], "b": [0.4, 0.9]}
MATRICES = {"a": [[0.7, -1.2, 0.05], [0.3, 0.2, -0.6]], "b": [[0.4, 0.9]]}


def flat(name, value):
    """betas = (0.9, 0.99) becomes two entries; what is no number is left out."""
    if isinstance(value, (tuple, list)):
        for i, each in enumerate(value):
            yield from flat(f"{name}.{i}", each)
    elif isinstance(value, (int, float)):
        yield name, repr(float(value))


def save(state_dict, path):
    tensors, metadata = {}, {}
    for index, state in state_dict["state"].items():
        for name, value in state.items():
            if value is None:
                continue
            value = value if torch.is_tensor(value) else torch.tensor(value, dtype=torch.float32)
            tensors[f"state.{index}.{name}"] = value.contiguous()
    for k, group in enumerate(state_dict["param_groups"]):
        for name, value in group.items():
            if name != "params":
                metadata.update(flat(f"group.{k}.{name}", value))
        metadata[f"group.{k}.params"] = ",".join(map(str, group["params"]))
    save_file(tensors, path, metadata)


def load(path, optimizer):
    """Puts tensors into the state of an optimizer of the same kind; its settings stay."""
    state = {}
    with safe_open(path, "pt") as file:
        for key in file.keys():
            _, index, name = key.split(".")
            state.setdefault(int(index), {})[name] = file.get_tensor(key)
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def gradient(i, t):
    return (1 if t <= 8 else -0.01) * (math.sin(0.9 * i + 0.37 * t) + 0.2)


O = torch.optim
RULES = {
    "SGD": (O.SGD, {"lr": 0.1, "weight_decay": 0.3}),
    "Momentum": (O.SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.4}),
    "Nesterov": (O.SGD, {"lr": 0.1, "momentum": 0.8, "nesterov": True}),
    "AdaGrad": (O.Adagrad, {"lr": 0.1, "lr_decay": 0.2, "initial_accumulator_value": 0.1}),
    "Adadelta": (O.Adadelta, {"lr": 0.5, "rho": 0.8, "eps": 1e-2}),
    "RMSProp": (O.RMSprop, {"lr": 0.1, "alpha": 0.9, "eps": 1e-2}),
    "Adam": (O.Adam, {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-2, "weight_decay": 0.3}),
    "AdamW": (O.AdamW, {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-2, "weight_decay": 0.3}),
    "RMSPropMomentum": (O.RMSprop, {"lr": 0.01, "alpha": 0.9, "eps": 1e-2, "momentum": 0.7}),
    "CenteredRMSProp": (O.RMSprop, {"lr": 0.01, "alpha": 0.9, "eps": 1e-2, "centered": True}),
    "CenteredRMSPropMomentum": (O.RMSprop, {"lr": 0.01, "alpha": 0.9, "eps": 1e-2,
                                            "momentum": 0.7, "centered": True}),
    "NAdam": (O.NAdam, {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-2, "weight_decay": 0.3,
                        "decoupled_weight_decay": True, "momentum_decay": 0.5}),
    "RAdam": (O.RAdam, {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-2, "weight_decay": 0.3}),
    "Adamax": (O.Adamax, {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-2, "weight_decay": 0.3}),
    "Adafactor": (O.Adafactor, {"lr": 0.1, "beta2_decay": -0.7, "d": 1.2, "eps": (None, 1e-2),
                                "weight_decay": 0.3}),
    "Muon": (O.Muon, {"lr": 0.1, "momentum": 0.8, "ns_steps": 4, "weight_decay": 0.3}),
    "AMSGrad": (O.Adam, {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-2, "amsgrad": True}),
}


def run(rule, after_half=None):
    """Parameter b gets its first gradient in step 3, so that the steps differ."""
    make, settings = RULES[rule]
    start = (MATRICES if rule in ("Adafactor", "Muon") else START).values()
    parameters = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in start]
    optimizer = make(parameters, **settings)
    values = []
    for t in range(1, 2 * HALF + 1):
        for p in parameters[:1 if t < 3 else 2]:
            g = [gradient(i, t) for i in range(p.numel())]
            p.grad = torch.tensor(g, dtype=torch.float64).reshape(p.shape)
        optimizer.step()
        if t == HALF:
            values.append([p.tolist() for p in parameters])
            if after_half:
                after_half(optimizer)
    values.append([p.tolist() for p in parameters])
    return values


def main():
    if sys.argv[1] == "--check":
        plain = run(sys.argv[3])
        got = run(sys.argv[3], lambda optimizer: load(sys.argv[2], optimizer))
        print("the same" if got == plain else f"differs: {got} against {plain}")
        return
    all_values = {}
    for rule in RULES:
        path = f"{sys.argv[1]}/{rule}.safetensors"
        all_values[rule] = run(rule, lambda o, path=path: save(o.state_dict(), path))
    with open(f"{sys.argv[1]}/trajectories.json", "w") as file:
        json.dump(all_values, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
